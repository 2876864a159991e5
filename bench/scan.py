"""Scans of a big library of tiny files: `python -m bench.scan [--files 10000 --folders 2000]`.

Measures the first scan (names and database only), the rescan of an unchanged library, and what
somebody browsing notices of a scan: the same query over HTTP, to another process, with nothing else
going on and while other libraries are scanned for the first time.
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
from app.libraries.domain import Library, LibraryInput, LibraryKind, Scan, ScanKind, ScanState
from app.rbac.domain import BuiltIn
from app.users.domain import NewUser
from bench.servers import Servers, api, peak_memory, scan_worker, servers

QUERY = "{ movies(first: 50) { nodes { id title year genres { name } } } }"
GENRES = ("Drama", "Comedy", "War", "Crime", "Family", "Horror", "Music", "Mystery")
FREE = frozenset({"library_scans", "jobs", "activity_log"})  # what an unchanged rescan may write
FIRST, WHILE_BROWSING = "one", ("two", "three", "four")
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


class Bench:
    """Asks for scans, and waits for the worker process to have done them."""

    def __init__(self, app: Container) -> None:
        self.app = app

    async def library(self, name: str, root: Path) -> Library:
        """A library on this folder."""
        wanted = LibraryInput(name=name, folders=(str(root),))
        return await self.app.libraries.create(SYSTEM, LibraryKind.MOVIES, wanted)

    async def scan(self, library: Library) -> Scan:
        """A whole scan."""
        asked = await self.app.scanning.start(SYSTEM, library.id, ScanKind.INCREMENTAL)
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
    bench = Bench(app)
    for name in (FIRST, *WHILE_BROWSING):
        await asyncio.to_thread(generate, made.folder / name, files, folders)
    try:
        with scan_worker(made) as pid, api(made) as address:
            return await _measure(bench, made, address, pid)
    finally:
        await app.close()


async def _measure(bench: Bench, made: Servers, address: str, pid: int) -> list[tuple[str, ...]]:
    token = await bench.token()
    one = await bench.library(FIRST, made.folder / FIRST)
    first = await bench.scan(one)
    await bench.quiet()
    await bench.looked_into()
    before = await bench.rows()
    asked = await bench.count("select count(*) from jobs where kind = 'scanning.probe'")
    second = await bench.scan(one)
    await bench.quiet()
    after = await bench.rows()
    written = sum(len(after[name] - before[name]) for name in before)
    probes = await bench.count("select count(*) from jobs where kind = 'scanning.probe'") - asked
    probes += await bench.count("select count(*) from library_files where probe = 'pending'")
    assert second.unchanged == first.found
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
    rate = first.found / (first.duration or 1)
    ratio = p95(busy) / p95(idle)
    return [
        ("first scan", f"{rate:,.0f} files/s ({first.duration:.2f} s)", "≥ 1,500 files/s"),
        ("unchanged rescan", f"{second.duration:.2f} s", "< 2 s"),
        ("probes of the rescan", str(probes), "0"),
        ("rows it wrote elsewhere", str(written), "0"),
        ("browse p95, idle", f"{p95(idle):.1f} ms", ""),
        ("browse p95, during a scan", f"{p95(busy):.1f} ms ({ratio:.2f} ×)", "≤ 2 ×"),
        (
            "scan while somebody browses",
            f"{slowed:,.0f} files/s ({len(busy)} queries)",
            "",
        ),
        ("peak memory of the worker", f"{peak_memory(pid) / 2**20:.0f} MiB", ""),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--folders", type=int, default=2_000)
    given = parser.parse_args()
    with servers() as made:
        try:
            rows = asyncio.run(measure(made, made.config, given.files, given.folders))
        except BaseException:
            for log in made.folder.glob("*.log"):
                print(log.name, log.read_text()[-3000:])
            raise
        finally:
            for name in (FIRST, *WHILE_BROWSING):
                shutil.rmtree(made.folder / name, ignore_errors=True)
    print(f"{given.files:,} files in {given.folders:,} folders, {os.cpu_count()} cores\n")
    print("| what | measured | goal |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
