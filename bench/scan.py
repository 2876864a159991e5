"""Scans of big libraries of tiny files: `python -m bench.scan [--files 100000 --folders 12000]`.

Half of the files are films, half are shows. Measures the first scan (names and database only), the
rescan of unchanged libraries, scans of one new file each, what memory grows with, and what somebody
browsing notices of a scan: the same query over HTTP, to another process, with nothing else going on
and while other libraries are scanned for the first time.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

import httpx
import orjson
from sqlalchemy import text

from app.auth.domain import Entry
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.config import Config
from app.core.tables import metadata
from app.libraries.domain import (
    Library,
    LibraryInput,
    LibraryKind,
    Scan,
    ScanKind,
    ScanState,
    WatchMode,
)
from app.rbac.domain import BuiltIn
from app.users.domain import NewUser
from bench.servers import Servers, api, peak_memory, scan_worker, servers

QUERY = "{ movies(first: 50) { nodes { id title year genres { name } } } }"
GENRES = ("Drama", "Comedy", "War", "Crime", "Family", "Horror", "Music", "Mystery")
FREE = frozenset({"library_scans", "jobs", "activity_log"})  # what an unchanged rescan may write
QUARTER, FILMS, SHOWS = "quarter", "films", "shows"
WHILE_BROWSING = ("two", "three")
ONE_BY_ONE = 7
WARM, TIMED = 40, 1000


def generate(root: Path, files: int, folders: int) -> None:
    """Folders of a film: an NFO, a picture, a subtitle, and versions to make up the number."""
    for number in range(folders):
        name = f"Film {number:05} ({1930 + number % 95})"
        folder = root / name
        folder.mkdir(parents=True)
        here = files // folders + (number < files % folders)
        genres = "".join(f"<genre>{GENRES[(number + n) % 8]}</genre>" for n in range(2))
        kinds = [f"{name} 1080p.mkv", "movie.nfo", "poster.jpg", f"{name}.en.srt"]
        kinds += [f"{name} {size}p.mkv" for size in (720, 2160, 480, 576)]
        kinds += [f"{name} - disc{n}.mkv" for n in range(max(0, here - len(kinds)))]
        for kind in kinds[:here]:
            content = f"<movie>{genres}</movie>" if kind == "movie.nfo" else f"{name}{kind}"
            (folder / kind).write_text(content)


def generate_shows(root: Path, files: int, folders: int) -> None:
    """Shows of three seasons: an NFO and a poster for each, and episodes with some subtitles."""
    shows = max(1, folders // 4)
    for number in range(shows):
        show = root / f"Show {number:05} ({1990 + number % 35})"
        show.mkdir(parents=True)
        (show / "tvshow.nfo").write_text(f"<tvshow><genre>{GENRES[number % 8]}</genre></tvshow>")
        (show / "poster.jpg").write_text("picture")
        here = files // shows + (number < files % shows) - 2
        for season in range(1, 4):
            folder = show / f"Season {season:02}"
            folder.mkdir()
            for n in range(here // 3 + (season <= here % 3)):
                name = f"Show {number:05} S{season:02}E{n // 2 + 1:02}"
                kind = "mkv" if n % 2 == 0 else "en.srt"
                (folder / f"{name}.{kind}").write_text(f"{name}{kind}")


class Bench:
    """Asks for scans, and waits for the worker process to have done them."""

    def __init__(self, app: Container) -> None:
        self.app = app

    async def library(
        self, name: str, root: Path, kind: LibraryKind = LibraryKind.MOVIES
    ) -> Library:
        """A library on this folder, which nobody watches: what is measured is asked for."""
        wanted = LibraryInput(name=name, folders=(str(root),), watch=WatchMode.OFF)
        return await self.app.libraries.create(SYSTEM, kind, wanted)

    async def scan(self, library: Library, *paths: Path) -> Scan:
        """A scan of everything, or of these paths."""
        wanted = [str(path) for path in paths] or None
        start = self.app.scanning.start
        asked = await start(SYSTEM, library.id, ScanKind.INCREMENTAL, wanted)
        while True:
            found = (await self.app.scan_repository.by_ids(EVERYTHING, [asked.id]))[asked.id]
            if found.state.over:
                assert found.state is ScanState.COMPLETED, found
                return found
            await asyncio.sleep(0.05)

    async def looked_into(self) -> None:
        """As if every file had been probed."""
        async with self.app.db.write(SYSTEM) as tx:
            await tx.execute(text("update library_files set probe = 'done' where kind = 'video'"))
        await self.quiet()

    async def quiet(self) -> None:
        """Until everything sent is noted as sent, and no job waits."""
        busy = """select (select count(*) from outbox where sent_at is null)
                       + (select count(*) from jobs where state in ('available', 'running'))"""
        while await self.app.db.pool.fetchval(busy):  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)

    async def rows(self) -> dict[str, frozenset[Any]]:
        """Every row version of the tables that a rescan may not write."""
        return {
            table.name: frozenset(
                map(tuple, await self.app.db.pool.fetch(f'select ctid, xmin from "{table.name}"'))
            )
            for table in metadata.sorted_tables
            if table.name not in FREE
        }

    async def count(self, sql: str) -> int:
        """A number from the database."""
        return int(await self.app.db.pool.fetchval(sql))

    async def token(self) -> str:
        """A session of somebody who sees everything."""
        async with self.app.db.write(SYSTEM) as tx:
            user = await self.app.user_repository.create(tx, NewUser(username="bench"))
            assert user is not None
            await self.app.rbac.set_roles(tx, user.id, [BuiltIn.ADMINISTRATOR.id])
            opened = self.app.sessions.open(tx, user.id, "password", Entry(), factor=False)
            return (await opened).access


async def browse(address: str, token: str, most: float, until: asyncio.Event) -> list[float]:
    """How long the query takes, in seconds, asked again and again by one client."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    body = orjson.dumps({"query": QUERY})
    taken: list[float] = []
    ends = time.monotonic() + most
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        while len(taken) < WARM + TIMED and time.monotonic() < ends and not until.is_set():
            started = time.perf_counter()
            answer = await client.post(address, content=body)
            taken.append(time.perf_counter() - started)
            found = orjson.loads(answer.content)
            assert len(found["data"]["movies"]["nodes"]) == 50, answer.content[:300]
            await asyncio.sleep(0.01)
    return taken[WARM:]


def p95(taken: list[float]) -> float:
    """In milliseconds."""
    return statistics.quantiles(taken, n=20)[-1] * 1000


async def measure(made: Servers, config: Config, files: int, folders: int) -> list[tuple[str, ...]]:
    """The rows of the table."""
    app = Container(config)
    await app.open()
    half = files // 2, folders // 2
    trees = [
        (generate, QUARTER, files // 4, folders // 4),
        (generate, FILMS, *half),
        (generate_shows, SHOWS, *half),
        *((generate, name, files // 5, folders // 5) for name in WHILE_BROWSING),
    ]
    for make, name, many, places in trees:
        await asyncio.to_thread(make, made.folder / name, many, places)
    try:
        with scan_worker(made) as pid, api(made) as address:
            return await _measure(Bench(app), made, address, pid)
    finally:
        await app.close()


async def _measure(bench: Bench, made: Servers, address: str, pid: int) -> list[tuple[str, ...]]:
    token = await bench.token()
    await bench.scan(await bench.library(QUARTER, made.folder / QUARTER))
    await bench.quiet()
    memory_before = peak_memory(pid) / 2**20
    films = await bench.library(FILMS, made.folder / FILMS)
    shows = await bench.library(SHOWS, made.folder / SHOWS, LibraryKind.SHOWS)
    first = [await bench.scan(library) for library in (films, shows)]
    await bench.quiet()
    memory = peak_memory(pid) / 2**20
    rate = sum(s.found for s in first) / sum(s.duration or 1 for s in first)
    rescan = await _rescan(bench, films, shows, sum(s.found for s in first))
    single = await _one_by_one(bench, made.folder, films, shows)
    browsing = await _browse(bench, made, address, token)
    taken = ", ".join(f"{s.found / (s.duration or 1):,.0f}" for s in first)
    return [
        ("first scan", f"{rate:,.0f} files/s (films and shows: {taken})", "≥ 2,000 files/s"),
        *rescan,
        *single,
        *browsing,
        ("peak memory after a quarter", f"{memory_before:.0f} MiB", ""),
        ("peak memory after all", f"{memory:.0f} MiB", "< 400 MiB"),
    ]


async def _rescan(
    bench: Bench, films: Library, shows: Library, found: int
) -> list[tuple[str, ...]]:
    """Of both libraries, unchanged."""
    await bench.looked_into()
    before = await bench.rows()
    probes = "select count(*) from jobs where kind = 'scanning.probe'"
    asked = await bench.count(probes)
    again = [await bench.scan(library) for library in (films, shows)]
    await bench.quiet()
    after = await bench.rows()
    written = sum(len(after[name] - before[name]) for name in before)
    asked = await bench.count(probes) - asked
    asked += await bench.count("select count(*) from library_files where probe = 'pending'")
    assert sum(scan.unchanged for scan in again) == found
    return [
        ("unchanged rescan", f"{sum(scan.duration or 0 for scan in again):.2f} s", "< 6 s"),
        ("probes of the rescan", str(asked), "0"),
        ("rows it wrote elsewhere", str(written), "0"),
    ]


async def _one_by_one(
    bench: Bench, folder: Path, films: Library, shows: Library
) -> list[tuple[str, ...]]:
    """A new file each, from the start of its scan to its end."""
    found: list[tuple[str, ...]] = []
    for library, name, new in (
        (films, FILMS, "New film {0} (2020)/New film {0} (2020).mkv"),
        (shows, SHOWS, "Show 00001 (1991)/Season 01/Show 00001 S01E9{0}.mkv"),
    ):
        taken = []
        for number in range(ONE_BY_ONE):
            path = folder / name / new.format(number)
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{path.name} is new")
            scan = await bench.scan(library, path)
            assert (scan.added, scan.partial) == (1, True), scan
            taken.append((scan.duration or 1) * 1000)
        middle, most = statistics.median(taken), max(taken)
        told = f"{middle:.0f} ms (slowest of {ONE_BY_ONE}: {most:.0f} ms)"
        found.append((f"one new file ({name})", told, "< 200 ms"))
    return found


async def _browse(bench: Bench, made: Servers, address: str, token: str) -> list[tuple[str, ...]]:
    """Idle, while other libraries are scanned, and idle again."""
    idle = await browse(address, token, 60, asyncio.Event())
    done = asyncio.Event()
    browsing = asyncio.create_task(browse(address, token, 300, done))
    await asyncio.sleep(1)
    others = [
        await bench.scan(await bench.library(name, made.folder / name)) for name in WHILE_BROWSING
    ]
    done.set()
    busy = await browsing
    await bench.quiet()
    idle += await browse(address, token, 60, asyncio.Event())  # a noisy machine is noisy for both
    slowed = sum(scan.found for scan in others) / sum(scan.duration or 1 for scan in others)
    ratio = p95(busy) / p95(idle)
    return [
        ("browse p95, idle", f"{p95(idle):.1f} ms", ""),
        ("browse p95, during a scan", f"{p95(busy):.1f} ms ({ratio:.2f} ×)", "≤ 2 ×"),
        ("scan while somebody browses", f"{slowed:,.0f} files/s ({len(busy)} queries)", ""),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--folders", type=int, default=12_000)
    given = parser.parse_args()
    with servers() as made:
        try:
            rows = asyncio.run(measure(made, made.config, given.files, given.folders))
        except BaseException:
            for log in made.folder.glob("*.log"):
                print(log.name, log.read_text()[-3000:])
            raise
        finally:
            for name in (QUARTER, FILMS, SHOWS, *WHILE_BROWSING):
                shutil.rmtree(made.folder / name, ignore_errors=True)
    print(f"{given.files:,} files in {given.folders:,} folders, {os.cpu_count()} cores\n")
    print("| what | measured | goal |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
