"""SQL of libraries and folders, and the conditions that other slices compose."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.exc import IntegrityError

from app.core.access import Scope
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.ids import new_id
from app.core.page import Keyset, Order, Page
from app.core.tx import Tx
from app.libraries.domain import Folder, Library, LibraryId, LibraryNameTaken
from app.libraries.models import libraries, library_folders

_folders = (
    select(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        "id",
                        library_folders.c.id,
                        "library_id",
                        library_folders.c.library_id,
                        "path",
                        library_folders.c.path,
                    ),
                    library_folders.c.path,
                )
            ),
            cast(literal("[]"), JSONB),
        )
    )
    .where(library_folders.c.library_id == libraries.c.id)
    .correlate(libraries)
    .scalar_subquery()
)
COLUMNS = (
    libraries.c.id,
    libraries.c.name,
    libraries.c.kind,
    libraries.c.enabled,
    libraries.c.scan_on_start,
    libraries.c.schedule,
    libraries.c.language,
    libraries.c.created_at,
    libraries.c.deleting,
    _folders.label("folders"),
)
BY_IDS = select(*COLUMNS).where(libraries.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


def in_scope(scope: Scope, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose library the viewer may see."""
    if scope.libraries is None:
        return true()
    wanted = bindparam(None, sorted(scope.libraries), type_=ARRAY(Uuid), unique=True)
    return column == any_(wanted)


class LibraryRepository:
    """Libraries with their folders."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("library", ttl=minutes(10), tags=("library:{}",))
    async def _by_ids(self, ids: Collection[LibraryId]) -> Mapping[LibraryId, Library]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Library)
        return {library.id: library for library in rows}

    async def by_ids(self, scope: Scope, ids: Collection[LibraryId]) -> Mapping[LibraryId, Library]:
        """The libraries among `ids` that the viewer may see."""
        found = await self._by_ids(ids)
        return {i: lib for i, lib in found.items() if scope.admits_library(i) and not lib.deleting}

    @cached_list("libraries", ttl=minutes(10), tags=("libraries",))
    async def page(self, scope: Scope, page: Keyset) -> Page[UUID]:
        """Libraries by name."""
        statement = select(libraries.c.id).where(
            in_scope(scope, libraries.c.id), libraries.c.deleting.is_(False)
        )
        orders = (Order(libraries.c.name_key), Order(libraries.c.id))
        return await self.db.page(statement, "libraries", orders, page)

    @cached_list("libraries.count", ttl=minutes(10), tags=("libraries",))
    async def count(self, scope: Scope) -> int:
        """How many libraries the viewer may see."""
        statement = select(func.count()).where(
            in_scope(scope, libraries.c.id), libraries.c.deleting.is_(False)
        )
        return int(await self.db.scalar(statement))

    async def folders(self) -> list[Folder]:
        """Every folder of every library, as it is now."""
        return await self.db.fetch(select(library_folders), into=Folder)

    async def all_ids(self) -> list[LibraryId]:
        """Every library that is not being deleted."""
        return await self.db.column(select(libraries.c.id).where(libraries.c.deleting.is_(False)))

    async def on_start(self) -> list[LibraryId]:
        """Libraries to scan when the server starts."""
        return await self.db.column(
            select(libraries.c.id).where(
                libraries.c.scan_on_start, libraries.c.enabled, libraries.c.deleting.is_(False)
            )
        )

    async def take_due(self, tx: Tx, now: datetime) -> list[tuple[LibraryId, str]]:
        """Libraries whose schedule says now, locked; with their cron expressions."""
        rows = await tx.execute(
            select(libraries.c.id, libraries.c.schedule)
            .where(
                libraries.c.next_scan_at <= now,
                libraries.c.enabled,
                libraries.c.deleting.is_(False),
            )
            .with_for_update(skip_locked=True)
        )
        return [(row.id, row.schedule) for row in rows]

    async def create(self, tx: Tx, library: Library, next_scan_at: datetime | None) -> None:
        """Insert a library and its folders. Raises LibraryNameTaken."""
        try:
            await tx.execute(
                insert(libraries).values(
                    id=library.id,
                    name=library.name,
                    name_key=library.name.casefold(),
                    kind=library.kind.value,
                    enabled=library.enabled,
                    scan_on_start=library.scan_on_start,
                    schedule=library.schedule,
                    next_scan_at=next_scan_at,
                    language=library.language,
                    created_at=library.created_at,
                )
            )
        except IntegrityError:
            raise LibraryNameTaken(library.name) from None
        await self.add_folders(tx, library.id, [folder.path for folder in library.folders])
        tx.touch("libraries", f"library:{library.id}")

    async def update(self, tx: Tx, library_id: LibraryId, values: Mapping[str, Any]) -> None:
        """Change columns of a library. Raises LibraryNameTaken."""
        tx.touch("libraries", f"library:{library_id}")
        if not values:
            return
        keyed = dict(values)
        if "name" in keyed:
            keyed["name_key"] = keyed["name"].casefold()
        try:
            await tx.execute(update(libraries).where(libraries.c.id == library_id).values(keyed))
        except IntegrityError:
            raise LibraryNameTaken(str(keyed.get("name"))) from None

    async def add_folders(self, tx: Tx, library_id: LibraryId, paths: Collection[str]) -> None:
        """Attach folders."""
        if paths:
            rows = [{"id": new_id(), "library_id": library_id, "path": path} for path in paths]
            await tx.execute(insert(library_folders), rows)
        tx.touch(f"library:{library_id}")

    async def drop_folders(self, tx: Tx, ids: Collection[UUID]) -> None:
        """Detach folders that hold no files any more."""
        await tx.execute(delete(library_folders).where(library_folders.c.id.in_(ids)))

    async def delete(self, tx: Tx, library_id: LibraryId) -> None:
        """Remove the library's own row; its content is gone already."""
        await tx.execute(delete(libraries).where(libraries.c.id == library_id))
        tx.touch("libraries", f"library:{library_id}")
