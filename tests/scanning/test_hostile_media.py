"""Three hundred broken media files in a library: each is recorded with a sentence, no look inside
takes longer than ten seconds or more memory than a gibibyte, and the worker goes on.
"""

import asyncio
import os
import random
import time
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.media.domain import FailureReason, ProbeFailure
from app.media.service.prober import GIB
from app.media.service.wire import AnyRequest
from app.media.service.worker import Found, Worker
from tests.media.material import EBML, UNKNOWN_SIZE, element, make_video
from tests.scanning.stage import Stage
from workers.main import WorkerProcess

FILES = 300 if os.environ.get("SCALE") == "full" else 30
SUFFIXES = {".mkv": "libx264", ".mp4": "libx264", ".avi": "mpeg4", ".ts": "mpeg2video",
            ".mov": "mpeg4", ".webm": "libvpx-vp9"}  # fmt: skip
TIB = 1 << 40
Ask = Callable[[Worker, AnyRequest], Awaitable[Found]]
PLAYLISTS = {
    "hls.mkv": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n",
    "address.mp4": b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:1/secret.ts\n#EXT-X-ENDLIST\n",
    "concat.avi": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "dash.mkv": b"<?xml version='1.0'?><MPD><Period><BaseURL>/etc/passwd</BaseURL></Period></MPD>",
    "session.ts": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n",
}


class Broken:
    """Makes broken files out of good ones, the same ones for the same seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._good = [
            (suffix, make_video(folder / f"good{suffix}", codec).read_bytes())
            for suffix, codec in SUFFIXES.items()
        ]
        self._chance = random.Random(seed)

    def special(self) -> Iterator[tuple[str, bytes, int]]:
        """Name, content, and the size that the file is drawn out to without any content."""
        good = dict(self._good)
        yield "empty.mkv", b"", 0
        yield "one byte.mkv", b"\x1a", 0
        yield "zeros.mp4", bytes(100_000), 0
        yield "sparse.mkv", b"", TIB
        yield "endless.mkv", EBML + element(0x18538067, size=UNKNOWN_SIZE), TIB
        yield "endless box.mp4", b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\0mdat", TIB
        yield "good and then nothing.mkv", good[".mkv"], TIB
        yield "nested.mkv", EBML + element(0x18538067) * 20_000, 0
        yield "text.mkv", b"this is no film\n" * 1000, 0
        yield "picture.mp4", b"\x89PNG\r\n\x1a\n" + bytes(500), 0
        yield "bomb.avi", zlib.compress(bytes(20_000_000)), 0
        yield "another.mkv", good[".mp4"], 0
        yield "another.mp4", good[".mkv"], 0
        for name, content in PLAYLISTS.items():
            yield name, content, 0

    def mutated(self, count: int) -> Iterator[tuple[str, bytes, int]]:
        """Cut off, changed at the head, changed anywhere, with holes."""
        for number in range(count):
            suffix, data = self._good[number % len(self._good)]
            way = (self._cut, self._head, self._anywhere, self._hole)[number // 6 % 4]
            yield f"{way.__name__} {number}{suffix}", way(data), 0

    def _cut(self, data: bytes) -> bytes:
        return data[: len(data) * self._chance.randrange(64) // 64]

    def _head(self, data: bytes) -> bytes:
        return self._changed(data, 512)

    def _anywhere(self, data: bytes) -> bytes:
        return self._changed(data, len(data))

    def _changed(self, data: bytes, span: int) -> bytes:
        changed = bytearray(data)
        for _ in range(self._chance.choice((1, 4, 30))):
            at = self._chance.randrange(min(span, len(data)))
            at = len(data) - 1 - at if self._chance.random() < 0.3 else at  # an index may be last
            changed[at] = self._chance.choice((0, 0xFF, 0x7F, 0x80, self._chance.randrange(256)))
        return bytes(changed)

    def _hole(self, data: bytes) -> bytes:
        at, length = self._chance.randrange(len(data)), self._chance.randrange(1, 4000)
        return data[:at] + self._chance.choice((b"", bytes(length))) + data[at + length :]


class Measured:
    """Every look inside a file: how long it took, how big its child has ever been."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.slowest, self.biggest = 0.0, 0
        self.limits: set[str] = set()
        self.outcomes: Counter[str] = Counter()

    async def ask(self, worker: Worker, request: AnyRequest) -> Found:
        started = time.monotonic()
        probe = await self._ask(worker, request)
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.outcomes[probe.reason if isinstance(probe, ProbeFailure) else "probed"] += 1
        with suppress(OSError):  # it may have ended
            self._measure(Path(f"/proc/{worker.process.pid}"))
        return probe

    def _measure(self, process: Path) -> None:
        for line in (process / "status").read_text().splitlines():
            if line.startswith("VmPeak:"):
                self.biggest = max(self.biggest, int(line.split()[1]) * 1024)
        for line in (process / "limits").read_text().splitlines():
            if line.startswith("Max address space"):
                self.limits.add(line.split()[3])


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    """What looks inside files in this test."""
    watched = Measured(Worker.ask)

    async def ask(worker: Worker, request: AnyRequest) -> Found:
        return await watched.ask(worker, request)

    monkeypatch.setattr(Worker, "ask", ask)
    return watched


async def _settled(stage: Stage) -> list[Any]:
    """All files, when none waits for a look inside."""
    async with asyncio.timeout(400):
        while True:
            files = list((await stage.files()).values())
            if files and not any(row["probe"] == "pending" for row in files):
                return files
            await asyncio.sleep(0.2)


async def test_broken_media_are_recorded_and_the_worker_goes_on(
    stage: Stage, measured: Measured, worker: WorkerProcess, tmp_path: Path
) -> None:
    broken = Broken(tmp_path, 20261121)
    special = list(broken.special())
    for name, content, size in (*special, *broken.mutated(FILES - len(special))):
        path = stage.put(f"{name.replace('.', ' ')} (1990)/{name}", content)
        if size:
            os.truncate(path, size)
    await stage.make()
    await stage.start()
    files = await _settled(stage)
    print(dict(measured.outcomes), f"{measured.slowest:.1f} s, {measured.biggest >> 20} MiB")
    assert len(files) == FILES
    assert measured.outcomes.total() == FILES, "each is looked into once"
    for row in files:
        if row["probe"] == "failed":
            assert row["problem"].endswith("."), row["name"]
            assert "/" not in row["problem"]
        else:
            assert (row["probe"], row["problem"]) == ("done", None), row["name"]
    assert measured.slowest < 10
    assert measured.limits == {str(GIB)}
    assert 0 < measured.biggest <= GIB
    assert not {FailureReason.CRASHED, FailureReason.UNAVAILABLE} & set(measured.outcomes)
    failed = {row["name"] for row in files if row["probe"] == "failed"}
    assert {*PLAYLISTS, "empty.mkv", "zeros.mp4", "sparse.mkv", "text.mkv"} <= failed
    assert "another.mkv" not in failed, "what is in a file counts, not what it is called"
    await _works_on(stage, tmp_path / "good.mkv")
    assert not await stage.rows("select kind, errors from jobs where failures + rescues > 0")


async def _works_on(stage: Stage, good: Path) -> None:
    """The next scan finds the next film, and nothing of the broken ones is looked into again."""
    before = {row["id"]: row["probe"] for row in (await stage.files()).values()}
    stage.put("Good (1991)/Good (1991).mkv", good.read_bytes())
    await stage.start()
    async with asyncio.timeout(60):
        while len(files := await _settled(stage)) == len(before):
            await asyncio.sleep(0.1)
    (added,) = [row for row in files if row["id"] not in before]
    assert (added["name"], added["probe"]) == ("Good (1991).mkv", "done")
    assert {row["id"]: row["probe"] for row in files if row["id"] in before} == before
