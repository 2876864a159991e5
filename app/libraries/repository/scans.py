"""SQL of the records of scans."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.exc import IntegrityError

from app.core.access import Scope
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.libraries.domain import LibraryId, Scan, ScanId, ScanKind, ScanState, ScanUnderWay
from app.libraries.models import library_scans
from app.libraries.repository.libraries import in_scope

scans = library_scans
OPEN = (ScanState.PENDING.value, ScanState.RUNNING.value)
END_WITH_JOBS = text("""
update library_scans s set finished_at = :now,
       state = case when job.state = 'cancelled' then 'cancelled' else 'failed' end,
       problem = case when job.state = 'cancelled' then 'The job of the scan was cancelled.'
                      when job.errors <> '[]' then 'The scan failed; see the job.'
                      else 'The scan was interrupted and given up.' end
  from unnest(cast(:ids as uuid[]), cast(:keys as bytea[])) as n(id, key)
  left join lateral (select state, errors from jobs where unique_key = n.key
                      order by finished_at desc nulls first limit 1) job on true
 where s.id = n.id and s.state in ('pending', 'running')
   and coalesce(job.state, '') not in ('available', 'retryable', 'running')
returning s.id
""")
PUT_BACK = text("""
select s.id, job.id from jobs job join library_scans s on s.id::text = job.args ->> 'scan_id'
 where job.kind = :kind and job.state in ('available', 'retryable') and not job.cancel_requested
   and s.state not in ('pending', 'running')
""")
# What a scan that was completed has counted is no part of the next run.
REOPEN = text("""
update library_scans s set state = 'pending', finished_at = null, problem = null,
       added = case s.state when 'completed' then 0 else added end,
       updated = case s.state when 'completed' then 0 else updated end,
       removed = case s.state when 'completed' then 0 else removed end,
       fraction = case s.state when 'completed' then 0 else fraction end,
       errors = case s.state when 'completed' then '[]'::jsonb else errors end,
       done_to = case s.state when 'completed' then null else done_to end,
       started_at = case s.state when 'completed' then null else started_at end
 where s.id = :id and s.state not in ('pending', 'running')
   and exists (select from jobs where id = :job and not cancel_requested
                  and state in ('available', 'retryable', 'running'))
   and not exists (select from library_scans other where other.library_id = s.library_id
                      and other.state in ('pending', 'running'))
   and exists (select from libraries l where l.id = s.library_id and not l.deleting
                  for key share)
""")

ASK = text("""
insert into library_scan_requests (library_id, kind, path)
select :library_id, :kind, path from unnest(cast(:paths as text[])) as path
    on conflict do nothing
""")
UNASK = text("""
delete from library_scan_requests where library_id = :library_id and kind = :kind returning path
""")
TOO_MANY = text("""
select 1 from library_scan_requests where library_id = :library_id and kind = :kind
offset :most limit 1
""")
ASKED_OF = text("""
select r.kind from library_scan_requests r join libraries l on l.id = r.library_id
 where r.library_id = :library_id and l.enabled and not l.deleting limit 1
""")
ASKED = text("""
select distinct on (r.library_id) r.library_id, r.kind
  from library_scan_requests r join libraries l on l.id = r.library_id
 where l.enabled and not l.deleting
   and not exists (select from library_scans s where s.library_id = r.library_id
                      and s.state in ('pending', 'running'))
""")


class ScanRepository:
    """Scans. Never cached: while one runs its row changes many times a second."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_ids(self, scope: Scope, ids: Collection[ScanId]) -> Mapping[ScanId, Scan]:
        """The scans among `ids` of libraries the viewer may see."""
        statement = select(scans).where(
            scans.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            in_scope(scope, scans.c.library_id),
        )
        rows = await self.db.fetch(statement, {"ids": list(ids)}, into=Scan)
        return {scan.id: scan for scan in rows}

    async def page(self, scope: Scope, library_id: LibraryId | None, page: Keyset) -> Page[UUID]:
        """Scans, newest first."""
        statement = select(scans.c.id).where(*self._conditions(scope, library_id))
        orders = (Order(scans.c.created_at, descending=True), Order(scans.c.id, descending=True))
        return await self.db.page(Sorted(statement, orders), "scans", page)

    async def count(self, scope: Scope, library_id: LibraryId | None) -> int:
        """How many scans there are."""
        counted = select(func.count()).select_from(scans)  # an open scope names no column
        statement = counted.where(*self._conditions(scope, library_id))
        return int(await self.db.scalar(statement))

    def _conditions(self, scope: Scope, library_id: LibraryId | None) -> list[Any]:
        found = [in_scope(scope, scans.c.library_id)]
        if library_id is not None:
            found.append(scans.c.library_id == library_id)
        return found

    async def latest(self, ids: Collection[LibraryId]) -> Mapping[LibraryId, Scan]:
        """The newest scan of each library."""
        statement = (
            select(scans)
            .ext(distinct_on(scans.c.library_id))
            .where(scans.c.library_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
            .order_by(scans.c.library_id, scans.c.created_at.desc())
        )
        rows = await self.db.fetch(statement, {"ids": list(ids)}, into=Scan)
        return {scan.library_id: scan for scan in rows}

    async def create(self, tx: Tx, scan: Scan) -> None:
        """Insert a pending scan. Raises ScanUnderWay when one is open; `tx` can go on then."""
        statement = insert(scans).values(
            id=scan.id,
            library_id=scan.library_id,
            kind=scan.kind.value,
            state=scan.state.value,
            paths=list(scan.paths) if scan.paths is not None else None,
            created_at=scan.created_at,
        )
        one_open = statement.on_conflict_do_nothing(
            index_elements=[scans.c.library_id],
            index_where=text("state in ('pending', 'running')"),
        )
        if (await tx.execute(one_open)).rowcount == 0:
            raise ScanUnderWay

    async def ask(
        self, tx: Tx, library_id: LibraryId, kind: ScanKind, paths: Sequence[str], most: int
    ) -> None:
        """Note paths for the next scan of a library; more than `most` become the whole of it: an
        incremental scan, for nobody has asked for a full one of everything.
        """
        values = {"library_id": library_id, "kind": kind.value, "most": most}
        if len(paths) <= most:
            await tx.execute(ASK, {**values, "paths": list(paths)})
            if (await tx.execute(TOO_MANY, values)).first() is None:
                return
        await tx.execute(UNASK, values)
        whole = {"library_id": library_id, "kind": ScanKind.INCREMENTAL.value, "paths": [""]}
        await tx.execute(ASK, whole)

    async def take_asked(self, tx: Tx, library_id: LibraryId, kind: ScanKind) -> list[str]:
        """The paths that wait for a scan of this kind, which takes them on."""
        values = {"library_id": library_id, "kind": kind.value}
        return list((await tx.execute(UNASK, values)).scalars())

    async def asked(self) -> list[tuple[LibraryId, ScanKind]]:
        """Libraries without an open scan for which paths wait, and for which kind of scan."""
        return [(LibraryId(row[0]), ScanKind(row[1])) for row in await self.db.records(ASKED)]

    async def asked_of(self, tx: Tx, library_id: LibraryId) -> ScanKind | None:
        """The kind of scan that paths of this library wait for."""
        found = await tx.execute(ASKED_OF, {"library_id": library_id})
        kind = found.scalar()
        return ScanKind(kind) if kind else None

    async def record(self, tx: Tx, scan_id: ScanId, values: Mapping[str, Any]) -> bool:
        """Write columns of a scan that has not ended; False when it has."""
        changed = await tx.execute(
            update(scans).where(scans.c.id == scan_id, scans.c.state.in_(OPEN)).values(**values)
        )
        return changed.rowcount == 1

    async def open_scans(self) -> list[Scan]:
        """Scans of any library that have not ended."""
        wanted = bindparam("open", list(OPEN), type_=ARRAY(scans.c.state.type))
        return await self.db.fetch(select(scans).where(scans.c.state == any_(wanted)), into=Scan)

    async def put_back(self, kind: str) -> list[tuple[ScanId, UUID]]:
        """Scans that are over though their job, of this kind, waits again; with its id."""
        return [(ScanId(row[0]), row[1]) for row in await self.db.records(PUT_BACK, {"kind": kind})]

    async def end_with_jobs(
        self, tx: Tx, keys: Mapping[ScanId, bytes], now: datetime
    ) -> list[ScanId]:
        """End open scans as their jobs, found by unique key, have ended; answers which."""
        values = {"ids": list(keys), "keys": list(keys.values()), "now": now}
        return list((await tx.execute(END_WITH_JOBS, values)).scalars())

    async def reopen(self, tx: Tx, scan_id: ScanId, job_id: UUID) -> bool:
        """A scan that is over waits again, for a job that was put back to work.

        False when the job was cancelled after all, or another scan of the library is open.
        Raises ScanUnderWay when one is opened at the same moment.
        """
        try:
            return (await tx.execute(REOPEN, {"id": scan_id, "job": job_id})).rowcount == 1
        except IntegrityError:
            raise ScanUnderWay from None

    async def end_open(self, tx: Tx, library_id: LibraryId, now: datetime, why: str) -> None:
        """Cancel whatever scan of a library has not ended."""
        await tx.execute(
            update(scans)
            .where(scans.c.library_id == library_id, scans.c.state.in_(OPEN))
            .values(state=ScanState.CANCELLED.value, finished_at=now, problem=why)
        )

    async def forget(self, tx: Tx, before: datetime, limit: int = 5000) -> int:
        """Delete scans that ended before then; says how many."""
        old = select(scans.c.id).where(scans.c.finished_at < before).limit(limit)
        return (await tx.execute(delete(scans).where(scans.c.id.in_(old)))).rowcount
