"""SQL of the records of scans."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, func, insert, not_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError

from app.core.access import Scope
from app.core.db import Database
from app.core.jobs.table import has_open_job
from app.core.page import Keyset, Order, Page
from app.core.tx import Tx
from app.libraries.domain import LibraryId, Scan, ScanId, ScanState, ScanUnderWay
from app.libraries.models import library_scans
from app.libraries.repository.libraries import in_scope

scans = library_scans
OPEN = (ScanState.PENDING.value, ScanState.RUNNING.value)


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
        return await self.db.page(statement, "scans", orders, page)

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

    async def open_of(self, library_id: LibraryId) -> Scan | None:
        """The scan of a library that has not ended, if there is one."""
        statement = select(scans).where(
            scans.c.library_id == library_id,
            scans.c.state == any_(bindparam("open", list(OPEN), type_=ARRAY(scans.c.state.type))),
        )
        rows = await self.db.fetch(statement, into=Scan)
        return rows[0] if rows else None

    async def create(self, tx: Tx, scan: Scan) -> None:
        """Insert a pending scan. Raises ScanUnderWay when one is open."""
        try:
            await tx.execute(
                insert(scans).values(
                    id=scan.id,
                    library_id=scan.library_id,
                    kind=scan.kind.value,
                    state=scan.state.value,
                    created_at=scan.created_at,
                )
            )
        except IntegrityError:
            raise ScanUnderWay from None

    async def record(self, tx: Tx, scan_id: ScanId, values: Mapping[str, Any]) -> bool:
        """Write columns of a scan that has not ended; False when it has."""
        changed = await tx.execute(
            update(scans).where(scans.c.id == scan_id, scans.c.state.in_(OPEN)).values(**values)
        )
        return changed.rowcount == 1

    async def orphaned(self, kind: str) -> list[ScanId]:
        """Open scans whose job has ended without them, or never was."""
        statement = select(scans.c.id).where(
            scans.c.state == any_(bindparam("open", list(OPEN), type_=ARRAY(scans.c.state.type))),
            not_(has_open_job(kind, "scan_id", scans.c.id)),
        )
        return await self.db.column(statement)

    async def forget(self, tx: Tx, before: datetime, limit: int = 5000) -> int:
        """Delete scans that ended before then; says how many."""
        old = select(scans.c.id).where(scans.c.finished_at < before).limit(limit)
        return (await tx.execute(delete(scans).where(scans.c.id.in_(old)))).rowcount
