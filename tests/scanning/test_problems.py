"""Files with something wrong inside: recorded with a sentence, and everything else goes on."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.errors import Unavailable
from app.core.jobs import Snooze
from app.media.domain import FailureReason, Probe, ProbeFailure
from app.scanning.jobs import ProbeLibrary
from app.scanning.service import probes, progress
from tests.scanning.stage import Stage, StubProber, completed, file_id, touch_later
from tests.support.found_media import MEDIA
from tests.support.statements import caused


async def test_broken_files_are_recorded_with_a_reason(
    stage: Stage, samples: Path, app: Container
) -> None:
    good = samples / "Two Rivers (1998)/Two Rivers (1998) cd1.mkv"
    whole = good.read_bytes()
    stage.put("Good (1990)/Good (1990).mkv", whole)
    stage.put("Empty (1991)/Empty (1991).mkv", b"")
    stage.put("Half (1992)/Half (1992).mkv", whole[: len(whole) // 2])
    stage.put("Head (1993)/Head (1993).mkv", whole[:100])
    stage.put("Text (1994)/Text (1994).mkv", "this is no film " * 1000)
    stage.put("Zeros (1995)/Zeros (1995).mp4", bytes(100_000))
    stage.put("Endless (1996)/Endless (1996).mkv", whole[:60] + b"\x1a\x45\xdf\xa3" * 50_000)
    sparse = stage.put("Sparse (1997)/Sparse (1997).mkv", b"x")
    os.truncate(sparse, 1 << 40)
    await stage.make()
    scan = completed(await stage.scan())
    assert (scan.added, scan.failed) == (8, 0)
    assert await stage.probe() == 1
    files = {name.split(" (")[0]: row for name, row in (await stage.files()).items()}
    assert files["Good"]["probe"] == "done"
    assert files["Good"]["problem"] is None
    for name in ("Empty", "Head", "Text", "Zeros", "Endless", "Sparse"):
        assert files[name]["probe"] == "failed", name
        assert files[name]["problem"].endswith("."), name
    assert files["Empty"]["problem"] == "The file is empty."
    assert files["Half"]["probe"] in {"done", "failed"}
    assert len(await stage.films()) == 8, "a film with an unreadable file is still listed"
    assert completed(await stage.scan()).unchanged == 8
    assert await stage.probe() == 0, "what could not be read is not tried for ever"


async def test_a_disk_that_goes_before_the_look_inside(stage: Stage, prober: StubProber) -> None:
    """ "There is no such file" says something of the disk: it is no fact about the film."""
    path = stage.put("Film (1990)/Film (1990).mkv")
    await stage.make()
    await stage.scan()
    prober.answers[path.name] = ProbeFailure(reason=FailureReason.MISSING)
    assert await stage.probe() == 1
    assert len(prober.asked) == 1, "asked once per job"
    (row,) = (await stage.files()).values()
    assert (row["probe"], row["problem"]) == ("pending", None)
    prober.readable(path)
    assert completed(await stage.scan()).unchanged == 1
    assert await stage.probe() == 1
    (row,) = (await stage.files()).values()
    assert row["probe"] == "done"


async def test_what_failed_and_went_is_asked_again_when_it_returns(
    stage: Stage, prober: StubProber
) -> None:
    path = stage.put("Film (1990)/Film (1990).mkv")
    stage.put("Other (1991)/Other (1991).mkv")
    await stage.make()
    await stage.scan()
    await stage.probe()
    away = shutil.move(path, stage.root.parent / "away.mkv")
    await stage.scan()
    shutil.move(away, path)
    await stage.scan()
    prober.asked.clear()
    await stage.probe()
    assert prober.asked == [str(path)]


async def test_without_probing_processes_the_job_is_tried_again(
    stage: Stage, prober: StubProber
) -> None:
    path = stage.put("Film (1990)/Film (1990).mkv")
    await stage.make()
    await stage.scan()
    prober.answers[path.name] = ProbeFailure(reason=FailureReason.UNAVAILABLE)
    with pytest.raises(Unavailable):
        await stage.probe()
    (row,) = (await stage.files()).values()
    assert row["probe"] == "pending"


async def test_a_film_in_parts_is_as_long_as_all_of_them(stage: Stage, prober: StubProber) -> None:
    paths = [stage.put(f"Film (1990)/Film (1990) cd{n}.mkv", b"x" * n) for n in (1, 2, 3)]
    await stage.make()
    await stage.scan()
    for number, path in enumerate(paths, 1):
        info = structs.replace(MEDIA, duration=600.0 * number)
        prober.readable(path, info)
    prober.answers[paths[1].name] = ProbeFailure(reason=FailureReason.VANISHED)
    await stage.probe()
    (version,) = await stage.rows("select * from item_versions")
    assert version["duration"] is None, "as long as a part is unknown, so is the whole"
    assert version["hdr"] == "hdr10"
    info = structs.replace(MEDIA, duration=1200.0)
    prober.readable(paths[1], info)
    await stage.scan()
    await stage.probe()
    (version,) = await stage.rows("select * from item_versions")
    assert version["duration"] == 3600
    (movie,) = await stage.rows("select * from movies")
    assert movie["runtime"] == 3600
    ids = [movie["id"]]
    assert await stage.app.watch._durations.durations(ids) == {movie["id"]: 3600}


async def test_a_file_that_changed_while_it_was_looked_into(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stage.put("Film (1990)/Film (1990).mkv", "one")
    await stage.make()
    await stage.scan()
    prober.readable(path)
    looked = prober.probe

    async def late(path: str) -> Probe:
        await stage.rows("update library_files set mtime_ns = mtime_ns + 1")  # by another scan
        return await looked(path)

    monkeypatch.setattr(prober, "probe", late)
    await stage.probe()
    (row,) = (await stage.files()).values()
    assert (row["probe"], row["media"]) == ("pending", None)


async def test_a_file_that_was_written_to_after_the_scan(stage: Stage, prober: StubProber) -> None:
    """The look inside saw newer content than the scan: same size, other time. It is asked again."""
    path = stage.put("Film (1990)/Film (1990).mkv", "one")
    await stage.make()
    await stage.scan()
    touch_later(path)
    prober.readable(path)
    await stage.probe()
    (row,) = (await stage.files()).values()
    assert (row["probe"], row["media"]) == ("pending", None)
    assert completed(await stage.scan()).updated == 1
    await stage.probe()
    (row,) = (await stage.files()).values()
    assert row["probe"] == "done"
    assert len(prober.asked) == 2


async def test_a_file_that_became_unreadable_has_no_streams(
    stage: Stage, prober: StubProber, app: Container
) -> None:
    path = stage.put("Film (1990)/Film (1990).mkv")
    await stage.make()
    await stage.scan()
    prober.readable(path)
    await stage.probe()
    (version,) = await stage.rows("select * from item_versions")
    assert (version["hdr"], version["duration"]) == ("hdr10", MEDIA.duration)
    (row,) = (await stage.files()).values()
    assert (await app.file_repository.by_ids(EVERYTHING, [file_id(row)]))[row["id"]].media == MEDIA
    path.write_bytes(b"broken in the download")
    prober.answers[path.name] = ProbeFailure(reason=FailureReason.TRUNCATED)
    await stage.scan()
    await stage.probe()
    (row,) = (await stage.files()).values()
    assert (row["probe"], row["media"], row["content_hash"]) == ("failed", None, None)
    assert row["problem"] == FailureReason.TRUNCATED.sentence
    assert (await app.file_repository.by_ids(EVERYTHING, [file_id(row)]))[row["id"]].media is None
    (version,) = await stage.rows("select * from item_versions")
    assert (version["hdr"], version["duration"], version["resolution"]) == (None, None, None)


async def test_statements_do_not_grow_with_the_files_looked_into(
    stage: Stage, prober: StubProber
) -> None:
    counts = {}
    for number in (2, 38):
        for film in range(number):
            name = f"Film {film} of {number} (1990)"
            stage.put(f"{number}/{name}/{name}.mkv")
    await stage.make()
    await stage.scan()
    for path in stage.root.rglob("*.mkv"):
        prober.readable(path)
    for number in (38, 2):
        await stage.rows("update library_files set probe = 'done'")
        await stage.rows(
            "update library_files set probe = 'pending' where dir like $1", f"{number}/%"
        )
        async with stage.app.db.write(SYSTEM) as tx:
            tx.enqueue(ProbeLibrary(stage.library.id))
        with statements_of(stage) as seen:
            await stage.probe()
        counts[number] = len(seen)
        done = "select count(*) as n from library_files where media is not null and dir like $1"
        assert (await stage.rows(done, f"{number}/%"))[0]["n"] == number
    assert counts[38] <= counts[2] + 2, counts


async def test_every_problem_is_measured_by_its_kind(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, not only those that are kept; also of a scan that fails."""
    monkeypatch.setattr(progress, "KEPT_ERRORS", 2)
    stage.put("Good (1990)/Good (1990).mkv")
    stage.put("Bad (1991)/Bad (1991).mkv")
    stage.put("Bad (1991)/movie.nfo", "<movie")
    stage.put(".45 (2006).mkv")
    os.mkfifo(stage.root / "pipe.mkv")
    for number in range(4):
        (stage.root / f"gone {number}.mkv").symlink_to("nowhere")
    library = await stage.make()

    async def fail(*_: object) -> None:
        raise RuntimeError("boom")

    def measured() -> dict[str, float]:
        (family,) = stage.app.metrics.scan_errors.collect()
        ours = [s for s in family.samples if s.labels["library_id"] == str(library.id)]
        return {s.labels["error_type"]: s.value for s in ours if s.name.endswith("_total")}

    with monkeypatch.context() as patch:
        patch.setattr(stage.app.scanner, "_apply", fail)
        with pytest.raises(RuntimeError):
            await stage.scan()
    assert measured() == {"name": 1, "no_file": 1, "link": 4}
    await stage.rows("delete from jobs")
    await stage.app.scanning.follow_jobs()
    scan = completed(await stage.scan())
    assert (scan.failed, len(scan.errors)) == (7, 2)
    assert measured() == {"name": 2, "no_file": 2, "link": 8, "nfo": 1}


async def test_a_slow_file_holds_up_no_other(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All others are looked into, and what is in them is shown, while one takes its time."""
    monkeypatch.setattr(probes, "KEEP_EVERY", 0.01)
    for number in range(100):
        stage.put(f"Film {number:03} (1990)/Film {number:03} (1990).mkv")
    await stage.make()
    await stage.scan()
    for path in stage.root.rglob("*.mkv"):
        prober.readable(path)
    looked, slow = prober.probe, asyncio.Event()

    async def one_slow(path: str) -> Probe:
        if "Film 000" in path:
            await slow.wait()
        return await looked(path)

    monkeypatch.setattr(prober, "probe", one_slow)
    looking = asyncio.create_task(stage.probe())
    try:
        async with asyncio.timeout(10):
            while [r["probe"] for r in (await stage.files()).values()].count("done") < 99:
                await asyncio.sleep(0.05)
        assert not looking.done()
    finally:
        slow.set()
        await looking
    assert {row["probe"] for row in (await stage.files()).values()} == {"done"}


async def test_other_jobs_get_a_turn(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is looked into when the time is over is kept; the rest still waits."""
    stage.put("One (1990)/One (1990).mkv")
    stage.put("Two (1991)/Two (1991).mkv")
    stage.put("Three (1992)/Three (1992).mkv")
    await stage.make()
    await stage.scan()
    monkeypatch.setattr(probes, "LONGEST", 0.2)
    looked = prober.probe

    async def late(path: str) -> Probe:
        await asyncio.sleep(0.3)
        return await looked(path)

    monkeypatch.setattr(prober, "probe", late)
    monkeypatch.setattr(StubProber, "limit", 1)
    with pytest.raises(Snooze):
        await stage.probe()
    states = sorted(row["probe"] for row in (await stage.files()).values())
    assert states == ["failed", "failed", "pending"]


@contextlib.contextmanager
def statements_of(stage: Stage) -> Iterator[list[str]]:
    """Every statement that is run meanwhile, reads and writes."""
    seen: list[str] = []
    stage.app.db.statements = caused(seen)
    try:
        yield seen
    finally:
        stage.app.db.statements = None
