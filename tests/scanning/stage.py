"""A library on a folder of a test, scanned without a worker: its jobs are claimed and run here."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import text

from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.ids import new_id
from app.core.jobs import Job
from app.core.jobs.ledger import Claimed, Ledger
from app.core.jobs.run import Run
from app.core.tables import metadata
from app.libraries.domain import (
    FileId,
    Library,
    LibraryInput,
    LibraryKind,
    Scan,
    ScanKind,
    ScanState,
)
from app.media.domain import FailureReason, MediaInfo, Probe, Probed, ProbeFailure
from app.media.service.fingerprint import content_hash
from tests.support.found_media import MEDIA

UNCOUNTED = {"library_scans", "jobs", "activity_log"}  # what an unchanged rescan may write
Snapshot = dict[str, frozenset[tuple[str, str]]]


class StubProber:
    """Answers at once, and counts; `answers` by file name."""

    limit = 2

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Probe] = {}

    async def probe(self, path: str) -> Probe:
        self.asked.append(path)
        nothing = ProbeFailure(reason=FailureReason.NOT_MEDIA)
        return self.answers.get(Path(path).name, nothing)

    def readable(self, path: Path, info: MediaInfo = MEDIA) -> None:
        """This file, as it is now, has these streams, and a hash that says what is in it."""
        about = path.stat()
        self.answers[path.name] = Probed(
            info=info,
            content_hash=content_hash(str(path)),
            size=about.st_size,
            mtime_ns=about.st_mtime_ns,
        )


class Stage:
    """Makes libraries, puts files into them, scans them."""

    def __init__(self, app: Container, root: Path) -> None:
        self.app, self.root = app, root
        self.ledger = Ledger(app.db.pool, new_id())
        self.library: Library

    async def make(
        self, *folders: Path, name: str = "Films", kind: LibraryKind = LibraryKind.MOVIES
    ) -> Library:
        """A library on these folders, by default a movie library on the whole root."""
        wanted = LibraryInput(
            name=name, folders=tuple(str(f) for f in folders or (self.root,)), follow_links=True
        )
        self.library = await self.app.libraries.create(SYSTEM, kind, wanted)
        return self.library

    def put(self, path: str, content: bytes | str | None = None) -> Path:
        """A small file below the root; by default no two have the same bytes or size."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            content = f"{path} ".encode() * (1 + len(path) % 7)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    async def start(self, kind: ScanKind = ScanKind.INCREMENTAL, *paths: str | Path) -> Scan:
        """Ask for a scan, or for one of these paths below the root."""
        wanted = [str(self.root / path) for path in paths] or None
        return await self.app.scanning.start(SYSTEM, self.library.id, kind, wanted)

    async def request(self, *paths: str | Path) -> Scan | None:
        """Ask for paths below the root, or for everything, as a part of the server does."""
        wanted = [str(self.root / path) for path in paths] or None
        async with self.app.db.write(SYSTEM) as tx:
            return await self.app.scanning.request(tx, self.library.id, wanted)

    async def claim(self) -> tuple[Claimed, Run]:
        """The scan job, as a worker would have it; other bulk jobs are put aside."""
        scans = []
        for job in await self.ledger.claim("bulk", 20, 600):  # in any order
            if job.kind == "scanning.scan":
                scans.append(job)
            else:
                await self.ledger.finish(job)
        if scans:
            return scans[0], Run(self.app.db, self.app.live, scans[0], self.ledger.worker)
        raise AssertionError("no scan waits")

    async def run_of(self, job: Job) -> Run:
        """A run of this job, which is put on its queue, as a worker would have it."""
        async with self.app.db.write(SYSTEM) as tx:
            tx.enqueue(job)
        claimed = await self.ledger.claim(job.policy.queue.value, 20, 600)
        (mine,) = [waiting for waiting in claimed if waiting.kind == job.policy.name]
        return Run(self.app.db, self.app.live, mine, self.ledger.worker)

    async def carry_out(self, job: Claimed, run: Run) -> None:
        """What the runner does with a job, without its retries."""
        bound, args = self.app.registry.decode(job.kind, job.args)
        await bound.handler(self.app, args, run)

    async def scan(self, kind: ScanKind = ScanKind.INCREMENTAL, *paths: str | Path) -> Scan:
        """A scan, of these paths or of everything, without the look inside the files."""
        asked = await self.start(kind, *paths)
        await self.carry_out(*await self.claim())
        await self.app.cache.settle()
        return await self.record(asked)

    async def record(self, scan: Scan) -> Scan:
        """The scan as its row has it."""
        return (await self.app.scan_repository.by_ids(EVERYTHING, [scan.id]))[scan.id]

    async def record_or_none(self, scan: Scan) -> Scan | None:
        """The scan as its row has it, if it is there."""
        return (await self.app.scan_repository.by_ids(EVERYTHING, [scan.id])).get(scan.id)

    async def probe(self) -> int:
        """Run the probe jobs that wait; says how many there were."""
        claimed = await self.ledger.claim("bulk", 20, 600)
        for job in claimed:
            await self.carry_out(job, Run(self.app.db, self.app.live, job, self.ledger.worker))
            await self.ledger.finish(job)
        await self.app.cache.settle()
        return len(claimed)

    async def run_deletion(self) -> None:
        """Run the job that takes a deleted library apart, as a worker of its own would."""
        ledger = Ledger(self.app.db.pool, self.ledger.worker)
        claimed = await ledger.claim("default", 20, 60)
        (job,) = [job for job in claimed if job.kind == "libraries.delete"]
        await self.carry_out(job, Run(self.app.db, self.app.live, job, ledger.worker))

    async def rows(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Straight from the database."""
        return list(await self.app.db.pool.fetch(sql, *args))

    async def files(self) -> dict[str, Any]:
        """Every known file by its path below its folder."""
        rows = await self.rows("select * from library_files order by id")
        return {f"{r['dir']}/{r['name']}".lstrip("/"): r for r in rows}

    async def films(self) -> list[tuple[str, int | None, str, list[list[str]]]]:
        """Title, year, state, and per version its file names: what a scan has made, without ids."""
        rows = await self.rows(
            """select m.id, m.title, m.year, i.state, v.id as version, f.name
                 from movies m join items i on i.id = m.id
                 left join item_versions v on v.item_id = m.id
                 left join version_files p on p.version_id = v.id
                 left join library_files f on f.id = p.file_id
                order by m.title, m.year, m.id, v.id, p.part, f.name"""
        )
        found: dict[Any, tuple[str, int | None, str, dict[Any, list[str]]]] = {}
        for row in rows:
            film = found.setdefault(row["id"], (row["title"], row["year"], row["state"], {}))
            if row["version"] is not None:
                film[3].setdefault(row["version"], []).append(row["name"])
        return sorted((t, y, s, sorted(v.values())) for t, y, s, v in found.values())

    async def titles(self) -> list[tuple[str, int | None]]:
        """Titles and years of all films, in order."""
        return [(title, year) for title, year, _, _ in await self.films()]

    async def film_ids(self) -> dict[str, Any]:
        """Ids of films by title."""
        return {r["title"]: r["id"] for r in await self.rows("select id, title from movies")}

    async def shows(self) -> dict[str, dict[str, Any]]:
        """By show and "S01E02" (or the day) the title, state and file names of each episode."""
        rows = await self.rows(
            """select s.title as show, e.season, e.number, e.release_date, e.title, i.state,
                      array_agg(f.name order by f.name) filter (where f.id is not null) as files
                 from shows s left join episodes e on e.show_id = s.id
                 left join items i on i.id = e.id
                 left join item_versions v on v.item_id = e.id
                 left join version_files p on p.version_id = v.id
                 left join library_files f on f.id = p.file_id
                group by s.id, e.id, i.id order by s.title, e.season, e.position, e.id"""
        )
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            show = found.setdefault(row["show"], {})
            if row["season"] is not None:
                number = row["number"]
                day, place = str(row["release_date"]), f"S{row['season']:02}"
                key = day if number is None else f"{place}E{number:02}"
                show[key] = (row["title"], row["state"], row["files"] or [])
        return found

    async def episodes(self) -> dict[str, list[str]]:
        """By show the numbers of its episodes."""
        return {show: list(of_show) for show, of_show in (await self.shows()).items()}

    async def snapshot(self) -> Snapshot:
        """Every row version of every table but those a rescan may write."""
        await self.quiet()
        return {
            table.name: frozenset(
                (r[0], r[1])
                for r in await self.rows(f'select ctid::text, xmin::text from "{table.name}"')
            )
            for table in metadata.sorted_tables
            if table.name not in UNCOUNTED
        }

    async def quiet(self) -> None:
        """Until everything sent is noted as sent."""
        for _ in range(200):
            waiting = await self.rows("select 1 from outbox where sent_at is null limit 1")
            if not waiting:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the outbox does not become quiet")


async def alter(app: Container, sql: str, *tags: str) -> None:
    """Change rows behind the repositories' backs, and what is cached of them."""
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text(sql))
        tx.touch(*tags)
    await app.cache.settle()


def reasons(scan: Scan) -> dict[str, str]:
    """What a scan could not take, and why."""
    return {error.path: error.reason for error in scan.errors}


def completed(scan: Scan) -> Scan:
    """The scan, which must have been completed."""
    assert scan.state is ScanState.COMPLETED, scan
    assert scan.fraction == 1.0
    return scan


def touch_later(path: Path, seconds: int = 10) -> None:
    """Give a file another time of change."""
    about = path.stat()
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns + seconds * 10**9))


def nfo(title: str = "", *, more: str = "", genres: Sequence[str] = (), year: int = 0) -> str:
    """A small NFO file."""
    parts = [f"<title>{title}</title>" if title else "", f"<year>{year}</year>" if year else ""]
    parts += [f"<genre>{genre}</genre>" for genre in genres]
    return f"<movie>{''.join(parts)}{more}</movie>"


def file_id(row: Any) -> FileId:
    """The id of a file's row."""
    return FileId(row["id"])
