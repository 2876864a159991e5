"""The worker killed while it scans: the next one finishes, and nothing tells that it happened."""

import asyncio
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.libraries.domain import Library, LibraryId, LibraryInput, LibraryKind, ScanKind
from tests.faults.processes import Process, processes, settings
from tests.faults.scale import dice, scaled
from tests.media.material import make_video

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults"), pytest.mark.timeout(900)]
SHORT_LEASE = {"lease": 1, "poll": 0.2}
FOLDERS = 60
NATURAL = {
    "files": """select f.dir, f.name, f.kind, f.role, f.size, f.probe, f.media::text,
                       f.missing_since is not null
                  from library_files f where f.library_id = $1""",
    "items": """select i.kind, i.state, i.certification, m.title, m.year, s.title, s.year,
                       n.number, e.season, e.number, e.title, e.release_date, e.overview,
                       d.title
                  from items i
                  left join movies m on m.id = i.id
                  left join shows s on s.id = i.id
                  left join seasons n on n.id = i.id
                  left join episodes e on e.id = i.id
                  left join shows d on d.id = coalesce(n.show_id, e.show_id)
                 where i.library_id = $1""",
    "versions": """select i.kind, f.dir, f.name, p.part, v.resolution, v.height, v.duration,
                          coalesce(m.title, e.title)
                     from items i
                     join item_versions v on v.item_id = i.id
                     join version_files p on p.version_id = v.id
                     join library_files f on f.id = p.file_id
                     left join movies m on m.id = i.id
                     left join episodes e on e.id = i.id
                    where i.library_id = $1""",
    "genres": """select i.kind, coalesce(m.title, s.title), g.slug, x.position
                   from items i join item_genres x on x.item_id = i.id
                   join genres g on g.id = x.genre_id
                   left join movies m on m.id = i.id left join shows s on s.id = i.id
                  where i.library_id = $1""",
    "artwork": """select i.kind, a.kind, a.source, f.name
                    from items i join artwork a on a.item_id = i.id
                    left join library_files f on f.id = a.file_id
                   where i.library_id = $1""",
}
OVER = """select not exists (select 1 from library_scans
                              where library_id = $1 and state in ('pending', 'running'))
             and not exists (select 1 from library_files
                              where library_id = $1 and probe = 'pending')"""


def fill_films(root: Path, sample: Path) -> None:
    """Films with NFO files, posters, parts and a few files that can be looked into."""
    for n in range(FOLDERS):
        folder = root / f"Film Number {n} ({1960 + n})"
        folder.mkdir(parents=True)
        name = f"Film.Number.{n}.{1960 + n}"
        for part in (1, 2) if n % 7 == 0 else (0,):
            suffix = f".cd{part}" if part else ""
            (folder / f"{name}{suffix}.1080p.mkv").write_bytes(f"{n}-{part}".encode() * 9)
        (folder / "movie.nfo").write_text(
            f"<movie><title>Film Number {n}</title><genre>Drama</genre><genre>G{n % 5}</genre>"
            f"<actor><name>Actor {n % 9}</name></actor></movie>"
        )
        (folder / "poster.jpg").write_bytes(b"\xff\xd8poster")
        if n % 10 == 3:
            shutil.copy2(sample, folder / f"{name}.2160p.mkv")


def fill_shows(root: Path, sample: Path) -> None:
    """Series with seasons, specials, files of several episodes and NFO files."""
    for n in range(FOLDERS // 10):
        show = root / f"Series Number {n} ({1990 + n})"
        for season in range(3):
            folder = show / (f"Season {season}" if season else "Specials")
            folder.mkdir(parents=True)
            for episode in range(1, 11, 2):
                number = f"S{season:02}E{episode:02}-E{episode + 1:02}"
                video = folder / f"Series Number {n} - {number}.mkv"
                video.write_bytes(f"{n}-{season}-{episode}".encode() * 9)
            nfo = f"<episodedetails><title>Named {n} {season}</title><season>{season}</season>"
            nfo += "<episode>1</episode></episodedetails>"
            (folder / f"Series Number {n} - S{season:02}E01-E02.nfo").write_text(nfo)
        (show / "tvshow.nfo").write_text(
            f"<tvshow><title>Series Number {n}</title><genre>Crime</genre></tvshow>"
        )
        (show / "poster.jpg").write_bytes(b"\xff\xd8poster")
        shutil.copy2(sample, show / "Season 2" / f"Series Number {n} - S02E20.mkv")


FILL = {LibraryKind.MOVIES: fill_films, LibraryKind.SHOWS: fill_shows}


async def library_on(app: Container, root: Path, kind: LibraryKind, name: str) -> Library:
    wanted = LibraryInput(name=name, folders=(str(root),))
    return await app.libraries.create(SYSTEM, kind, wanted)


async def natural(app: Container, library: LibraryId) -> dict[str, list[str]]:
    """What a scan has made of a library, without ids and times."""
    found: dict[str, list[str]] = {}
    for name, statement in NATURAL.items():
        rows = await app.db.pool.fetch(statement, library)
        found[name] = sorted(str(tuple(row)) for row in rows)
    return found


async def over(app: Container, library: LibraryId) -> float:
    """Seconds until its scan has ended and every file was looked into."""
    began = time.monotonic()
    async with asyncio.timeout(90):
        while not await app.db.pool.fetchval(OVER, library):
            await asyncio.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.parametrize("kind", FILL)
async def test_a_worker_killed_while_it_scans(
    app: Container, tmp_path: Path, kind: LibraryKind
) -> None:
    random, trials = dice(f"kill -9 of a scan of {kind}"), scaled(20, 2)
    values: dict[str, Any] = settings(app.config, jobs=SHORT_LEASE, fenced=True)
    sample = make_video(tmp_path / "sample.mkv")
    again = 0
    with processes() as started:
        started.append(Process("tests.faults.worker", values))
        assert await started[0].line() == "ready"
        FILL[kind](tmp_path / "calm", sample)
        calm = await library_on(app, tmp_path / "calm", kind, "Calm")
        await app.scanning.start(SYSTEM, calm.id, ScanKind.INCREMENTAL)
        took = await over(app, calm.id)
        wanted = await natural(app, calm.id)
        assert len(wanted["items"]) >= FOLDERS
        assert any("height" in row for row in wanted["files"]), "some streams were read"
        for trial in range(trials):
            root = tmp_path / f"trial {trial}"
            FILL[kind](root, sample)
            disturbed = await library_on(app, root, kind, f"Disturbed {trial}")
            scan = await app.scanning.start(SYSTEM, disturbed.id, ScanKind.INCREMENTAL)
            await asyncio.sleep(random.uniform(0, took))
            started[0].kill()
            started[0] = Process("tests.faults.worker", values)
            assert await started[0].line() == "ready"
            await over(app, disturbed.id)
            [ended] = await app.db.pool.fetch(
                "select state, found, added, failed from library_scans where id = $1", scan.id
            )
            assert ended["state"] == "completed"
            assert ended["found"] == ended["added"], "counted once over all attempts"
            assert await natural(app, disturbed.id) == wanted, trial
            again += await app.db.pool.fetchval(
                """select count(*) from jobs where attempt > 1 and kind in
                   ('scanning.scan', 'scanning.probe') and args::text like $1""",
                f"%{disturbed.id}%",
            )
            shutil.rmtree(root)
    print(f"{kind}: {trials} kills within {took:.2f} s, {again} jobs were begun again")
