import asyncio
import errno
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from app.media.domain import FailureReason, Probed, ProbeFailure
from app.media.service.inspection import inspect
from app.media.service.prober import Prober
from app.media.service.worker import Worker
from tests.conftest import wait_until
from tests.media.material import EBML, UNKNOWN_SIZE, box, element, make_video

MIB = 1024 * 1024
TIB = 2**40


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("video") / "a.mkv")


def probing() -> list[int]:
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in found if "app.media.service.child" in _proc(int(pid), "cmdline")]


OTHERS: set[int] = set()  # those that other probers have had before a test: they keep some for long


@pytest.fixture(autouse=True)
def others() -> None:
    OTHERS.clear()
    OTHERS.update(probing())


def children() -> list[int]:
    """The probing children of a test, dead ones that nobody waited for included."""
    return [pid for pid in probing() if pid not in OTHERS]


def running(pid: int) -> bool:
    status = _proc(pid, "status")
    return bool(status) and "State:\tZ" not in status


def _proc(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


async def idle_pid(prober: Prober, video: Path) -> int:
    assert isinstance(await prober.probe(str(video)), Probed)
    return prober._idle[-1].process.pid


async def failure(prober: Prober, path: Path | str) -> FailureReason:
    probe = await prober.probe(str(path))
    assert isinstance(probe, ProbeFailure), probe
    return probe.reason


async def test_what_is_no_readable_file(prober: Prober, tmp_path: Path) -> None:
    (tmp_path / "empty.mkv").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe.mkv")
    expected = {
        tmp_path / "missing.mkv": FailureReason.MISSING,
        tmp_path / "empty.mkv" / "below.mkv": FailureReason.MISSING,
        tmp_path / ("a" * 300): FailureReason.MISSING,
        tmp_path: FailureReason.NOT_A_FILE,
        tmp_path / "pipe.mkv": FailureReason.NOT_A_FILE,
        Path("/dev/zero"): FailureReason.NOT_A_FILE,
        tmp_path / "loop": FailureReason.UNREADABLE,
        tmp_path / "empty.mkv": FailureReason.EMPTY,
    }
    started = time.monotonic()
    assert {path: await failure(prober, path) for path in expected} == expected
    assert time.monotonic() - started < 2
    assert len(children()) == 1  # none of them cost a child


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EACCES, FailureReason.DENIED),
        (errno.ESTALE, FailureReason.VANISHED),
        (errno.EIO, FailureReason.UNREADABLE),
    ],
)
@pytest.mark.parametrize("call", ["open", "pread"])
def test_errors_of_the_file_system(
    video: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, reason: FailureReason
) -> None:
    # Injected: root, as whom tests often run, is denied nothing.
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, fail)
    probe = inspect(bytes(video), 5)
    assert isinstance(probe, ProbeFailure)
    assert probe.reason is reason


@pytest.mark.parametrize(
    "name", ["a.mkv", "-i", "http://127.0.0.1/a.mkv", "file:///etc/passwd", "a\0b", "", "/" * 9000]
)
async def test_only_absolute_paths(prober: Prober, name: str) -> None:
    reason = await failure(prober, name)
    assert reason in {FailureReason.MISSING, FailureReason.NOT_A_FILE}


async def test_names_that_are_no_text(prober: Prober, video: Path, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe\n-i concat:a|b.mkv"
    os.link(video, path)
    assert isinstance(await prober.probe(os.fsdecode(path)), Probed)
    assert await failure(prober, "/\ud800") is FailureReason.MISSING


async def test_children_are_reused_and_limited(video: Path) -> None:
    prober = Prober(2)
    probes = await asyncio.gather(*(prober.probe(str(video)) for _ in range(40)))
    assert all(isinstance(probe, Probed) for probe in probes)
    assert len(set(probes)) == 1
    assert len(children()) == 2
    await prober.aclose()
    assert children() == []
    with pytest.raises(RuntimeError):
        await prober.probe(str(video))


async def test_children_are_recycled(
    prober: Prober, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.media.service.prober._FILES_PER_CHILD", 2)
    pids = {await idle_pid(prober, video)}
    assert isinstance(await prober.probe(str(video)), Probed)
    pids.add(await idle_pid(prober, video))
    assert len(pids) == 2


async def test_resting_children_go_home(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.media.service.prober._IDLE", 0.05)
    prober = Prober(1)
    pid = await idle_pid(prober, video)
    await asyncio.sleep(0.2)
    assert not running(pid)
    assert isinstance(await prober.probe(str(video)), Probed)
    await prober.aclose()


async def test_a_child_killed_at_work_is_a_result(prober: Prober, video: Path) -> None:
    pid = await idle_pid(prober, video)
    os.kill(pid, signal.SIGSTOP)
    task = asyncio.create_task(prober.probe(str(video)))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    probe = await task
    assert isinstance(probe, ProbeFailure)
    assert probe.reason is FailureReason.CRASHED
    assert probe.detail is not None
    assert "SIGKILL" in probe.detail
    assert await idle_pid(prober, video) != pid


async def test_a_child_killed_at_rest_costs_no_file(prober: Prober, video: Path) -> None:
    pid = await idle_pid(prober, video)
    os.kill(pid, signal.SIGSEGV)
    await asyncio.sleep(0.1)
    assert await idle_pid(prober, video) != pid


@pytest.mark.alone
async def test_a_hanging_child_is_killed_in_time(video: Path) -> None:
    prober = Prober(1, timeout=0.5)
    pid = await idle_pid(prober, video)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    assert await failure(prober, video) is FailureReason.TIMEOUT
    assert time.monotonic() - started < 1
    assert await idle_pid(prober, video) != pid
    assert not running(pid)
    await prober.aclose()


async def test_garbage_is_a_result(
    prober: Prober, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def garbage(worker: Worker) -> bytes:
        return b"\xc1garbage"

    await idle_pid(prober, video)
    monkeypatch.setattr(Worker, "_answer", garbage)
    assert await failure(prober, video) is FailureReason.CRASHED
    monkeypatch.undo()
    assert await idle_pid(prober, video)


async def test_no_child_to_be_had(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prober = Prober(1, memory=32 * MIB)  # too little for an interpreter with libraries
    assert await failure(prober, video) is FailureReason.UNAVAILABLE
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert await failure(prober, video) is FailureReason.UNAVAILABLE
    await prober.aclose()
    assert children() == []


async def test_memory_is_limited(prober: Prober, video: Path, tmp_path: Path) -> None:
    """An index of 60 million samples, which FFmpeg reads into memory at once, twice."""
    path, samples = tmp_path / "index.mp4", 60_000_000
    boxes = b"stsz" + bytes(8) + samples.to_bytes(4, "big")
    size = len(boxes) + 4 + 4 * samples
    boxes = size.to_bytes(4, "big") + boxes
    for kind in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        size += 8
        boxes = size.to_bytes(4, "big") + kind + boxes
    head = box(b"ftyp", b"isom", bytes(4)) + boxes
    with path.open("wb") as file:
        file.write(head)
        file.truncate(16 + size)
    small = Prober(1, memory=320 * MIB)
    pid = await idle_pid(small, video)
    assert await failure(small, path) is FailureReason.MEMORY
    assert await idle_pid(small, video) != pid
    await small.aclose()
    assert await failure(prober, path) is FailureReason.TRUNCATED  # a gibibyte is enough


@pytest.mark.parametrize("kind", ["zeros", "endless segment", "void", "mp4", "mdat", "ts"])
async def test_endless_files_end(prober: Prober, tmp_path: Path, kind: str) -> None:
    head = {
        "zeros": b"",
        "endless segment": EBML + element(0x18538067, size=UNKNOWN_SIZE),
        "void": EBML + element(0x18538067, element(0xEC, size=TIB - 1000), size=UNKNOWN_SIZE),
        "mp4": b"\0\0\0\x14ftypisom\0\0\0\0isom" + b"\0\0\0\1moov" + (2**50).to_bytes(8, "big"),
        "mdat": b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\0mdat",
        "ts": (b"G\x1f\xff\x10" + bytes(184)) * 1000,
    }[kind]
    path = tmp_path / "endless.mkv"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(TIB)
    started = time.monotonic()
    assert isinstance(await prober.probe(str(path)), ProbeFailure)
    assert time.monotonic() - started < 10


async def test_cancelled_callers_leave_no_child(video: Path) -> None:
    prober = Prober(2)
    for delay in [step * 0.02 for step in range(15)]:
        tasks = [asyncio.create_task(prober.probe(str(video))) for _ in range(3)]
        await asyncio.sleep(delay)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await wait_until(lambda: len(children()) <= 4)  # two at work, two that are ending
    assert isinstance(await prober.probe(str(video)), Probed)  # no slot was lost
    await prober.aclose()
    assert children() == []


async def test_cancelling_ends_the_child_at_work(prober: Prober, video: Path) -> None:
    pid = await idle_pid(prober, video)
    os.kill(pid, signal.SIGSTOP)
    task = asyncio.create_task(prober.probe(str(video)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await wait_until(lambda: not running(pid))


async def test_close_during_work(video: Path) -> None:
    prober = Prober(2)
    tasks = [asyncio.create_task(prober.probe(str(video))) for _ in range(6)]
    await asyncio.sleep(0.01)
    await prober.aclose()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(r, RuntimeError | ProbeFailure | Probed) for r in results)
    assert children() == []


async def test_children_are_poor(prober: Prober, video: Path) -> None:
    pid = await idle_pid(prober, video)
    names = {entry.split("=")[0] for entry in _proc(pid, "environ").split("\0") if entry}
    assert names <= {"LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH"}
    assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 10
    limits = _proc(pid, "limits")
    values = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert values["Max address space"] == [str(2**30)] * 2
    assert values["Max file size"] == values["Max core file size"] == ["0", "0"]
    assert "pdeathsig" in prober._idle[-1].walls
    assert "no_new_privs" in prober._idle[-1].walls


async def test_children_die_with_their_parent(video: Path) -> None:
    script = (
        "import asyncio, os, sys\nfrom app.media.service.prober import Prober\n"
        "async def main():\n p = Prober(1)\n await p.probe(sys.argv[1])\n"
        " print(p._idle[0].process.pid, flush=True)\n os.kill(os.getpid(), 9)\nasyncio.run(main())"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(video), stdout=-1, cwd=Path(__file__).parents[2]
    )
    output, _ = await process.communicate()
    for _ in range(100):
        if not running(int(output)):
            return
        await asyncio.sleep(0.02)
    pytest.fail("The child outlived its parent.")


async def test_uvloop(video: Path) -> None:
    script = (
        "import asyncio, sys, uvloop\nfrom app.media.service.prober import Prober\n"
        "async def main():\n p = Prober(2, timeout=5)\n"
        " asyncio.get_running_loop().slow_callback_duration = 60\n"  # a busy machine is no error
        " probes = await asyncio.gather(*(p.probe(sys.argv[1]) for _ in range(10)))\n"
        " task = asyncio.ensure_future(p.probe(sys.argv[1]))\n await asyncio.sleep(0)\n"
        " task.cancel()\n await asyncio.gather(task, return_exceptions=True)\n"
        " await p.aclose()\n print(sum(hasattr(p, 'info') for p in probes))\nuvloop.run(main())"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "dev", "-W", "error", "-c", script, str(video)),
        stdout=-1,
        stderr=-1,
        cwd=Path(__file__).parents[2],
    )
    output, errors = await process.communicate()
    assert (output.strip(), errors) == (b"10", b"")
