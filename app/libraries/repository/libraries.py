"""SQL of libraries and folders, and the conditions that other slices compose."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.exc import IntegrityError

from app.core.access import Scope
from app.core.asked import array, asked
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.libraries.domain import BadFolder, Folder, Library, LibraryId, LibraryNameTaken, WatchMode
from app.libraries.models import libraries, library_files, library_folders, library_scans

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
    libraries.c.watch,
    libraries.c.follow_links,
    libraries.c.language,
    libraries.c.provider_priority,
    libraries.c.created_at,
    libraries.c.deleting,
    _folders.label("folders"),
)
BY_IDS = select(*COLUMNS).where(libraries.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


# Touched when a library is hidden: what caches entities of a library by their own ids needs it.
HIDDEN = "libraries.hidden"
_hidden = libraries.alias("hidden_library")


def not_hidden(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose library's deletion was not asked for; its content is removed later, by a job.

    The hidden ones are read once per statement. `coalesce` keeps the planner from its guess that
    a comparison with an unknown list leaves hardly a row.
    """
    gone = func.array(select(_hidden.c.id).where(_hidden.c.deleting).scalar_subquery())
    return not_(func.coalesce(column == any_(gone), false()))


def language_of(column: ColumnElement[Any]) -> ColumnElement[str]:
    """The language of a row's library."""
    own = libraries.alias("speaking_library")
    found = select(own.c.language).where(own.c.id == column)
    return found.correlate_except(own).scalar_subquery()


def in_scope(scope: Scope, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose library the viewer may see."""
    if scope.libraries is None:
        return not_hidden(column)
    return and_(column == any_(array(scope.libraries, Uuid)), not_hidden(column))


def _listed(scope: Scope) -> Sorted:
    statement = select(libraries.c.id).where(in_scope(scope, libraries.c.id))
    return Sorted(statement, (Order(libraries.c.name_key), Order(libraries.c.id)))


def _counted(scope: Scope) -> Select[Any]:
    return select(func.count()).select_from(libraries).where(in_scope(scope, libraries.c.id))


IDS = bindparam("ids", type_=ARRAY(Uuid))
AT_REST = not_(
    exists().where(
        library_scans.c.library_id == libraries.c.id, library_scans.c.finished_at.is_(None)
    )
)


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
        return await self.db.page(asked(_listed, scope), "libraries", page)

    @cached_list("libraries.count", ttl=minutes(10), tags=("libraries",))
    async def count(self, scope: Scope) -> int:
        """How many libraries the viewer may see."""
        return int(await self.db.scalar(asked(_counted, scope)))

    async def folders(self) -> list[Folder]:
        """Every folder of every library that is not being deleted, by path, as it is now."""
        shown = select(library_folders).where(not_hidden(library_folders.c.library_id))
        return await self.db.fetch(shown.order_by(library_folders.c.path), into=Folder)

    async def held_folders(self, tx: Tx) -> list[Folder]:
        """The folders of all libraries as this transaction sees them; hidden ones have no path."""
        rows = (await tx.execute(select(library_folders))).mappings()
        return [Folder(**row) for row in rows]

    async def languages(self) -> list[str]:
        """The languages of libraries, those of most of them first."""
        shown = select(libraries.c.language).where(libraries.c.deleting.is_(False))
        grouped = shown.group_by(libraries.c.language)
        return await self.db.column(grouped.order_by(func.count().desc(), libraries.c.language))

    async def being_deleted(self) -> list[LibraryId]:
        """Libraries whose deletion was asked for and is not done."""
        return await self.db.column(select(libraries.c.id).where(libraries.c.deleting))

    async def on_start(self) -> list[LibraryId]:
        """Libraries to scan when the server starts."""
        return await self.db.column(
            select(libraries.c.id).where(
                libraries.c.scan_on_start, libraries.c.enabled, libraries.c.deleting.is_(False)
            )
        )

    async def to_watch(self) -> list[Library]:
        """Libraries whose folders are watched, as they are now."""
        statement = select(*COLUMNS).where(
            libraries.c.enabled,
            libraries.c.deleting.is_(False),
            libraries.c.watch != WatchMode.OFF.value,
        )
        return await self.db.fetch(statement, into=Library)

    async def left_watched(self) -> set[LibraryId]:
        """Libraries that were watched by a process that did not come to an end in order."""
        return set(await self.db.column(select(libraries.c.id).where(libraries.c.watched)))

    async def set_watched(self, tx: Tx, ids: Collection[LibraryId], *, watched: bool) -> None:
        """Note that these libraries are watched from now on, or are not any more."""
        which = (
            libraries.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            libraries.c.watched != watched,
        )
        statement = update(libraries).where(*which).values(watched=watched)
        await tx.execute(statement, {"ids": list(ids)})

    async def with_trash(self, before: datetime) -> list[Library]:
        """Libraries with files that have been missing since before then, and no open scan."""
        old = exists().where(
            library_files.c.library_id == libraries.c.id, library_files.c.missing_since < before
        )
        statement = select(*COLUMNS).where(libraries.c.deleting.is_(False), old, AT_REST)
        return await self.db.fetch(statement, into=Library)

    async def at_rest(self, ids: Collection[LibraryId]) -> Collection[LibraryId]:
        """Those among `ids` that no open scan changes."""
        statement = select(libraries.c.id).where(libraries.c.id == any_(IDS), AT_REST)
        return await self.db.column(statement, {"ids": list(ids)})

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
                    watch=library.watch.value,
                    follow_links=library.follow_links,
                    next_scan_at=next_scan_at,
                    language=library.language,
                    provider_priority=library.provider_priority,
                    created_at=library.created_at,
                )
            )
        except IntegrityError:
            raise LibraryNameTaken(library.name) from None
        await self.add_folders(tx, library.folders)
        tx.touch("libraries", f"library:{library.id}")

    async def update(self, tx: Tx, library_id: LibraryId, values: Mapping[str, Any]) -> bool:
        """Change columns; False when there is no such library any more. Raises LibraryNameTaken."""
        tx.touch("libraries", f"library:{library_id}")
        if "language" in values:  # what is kept of its content may be said in another one
            tx.touch(HIDDEN)
        if not values:
            return await self.hold(tx, library_id)
        keyed = dict(values)
        if "name" in keyed:
            keyed["name_key"] = keyed["name"].casefold()
        statement = update(libraries).where(
            libraries.c.id == library_id, libraries.c.deleting.is_(False)
        )
        try:
            changed = await tx.execute(statement.values(keyed))
        except IntegrityError:
            raise LibraryNameTaken(str(keyed.get("name"))) from None
        return changed.rowcount == 1

    async def hold(self, tx: Tx, library_id: LibraryId) -> bool:
        """Keep a library from being deleted until the transaction ends; False when it is gone."""
        held = await tx.execute(
            select(libraries.c.id)
            .where(libraries.c.id == library_id, libraries.c.deleting.is_(False))
            .with_for_update(read=True, key_share=True)
        )
        return held.first() is not None

    async def add_folders(self, tx: Tx, folders: Sequence[Folder]) -> None:
        """Attach folders. Raises BadFolder when one belongs to a library already."""
        if not folders:
            return
        rows = [{"id": f.id, "library_id": f.library_id, "path": f.path} for f in folders]
        try:
            await tx.execute(insert(library_folders), rows)
        except IntegrityError:
            raise BadFolder(folders[0].path, "overlaps a folder of another library.") from None
        tx.touch(*(f"library:{folder.library_id}" for folder in folders))

    async def hide(self, tx: Tx, library_id: LibraryId) -> bool:
        """Take a library out of everybody's sight; False when it is gone or hidden already.

        Its name and folders are free at once: no name begins with a space, no path without a slash.
        Folders first: that is the order in which a scan's inserts lock the two.
        """
        folders = update(library_folders).where(library_folders.c.library_id == library_id)
        await tx.execute(folders.values(path=func.concat(" ", cast(library_folders.c.id, Text))))
        shown = libraries.c.id == library_id, libraries.c.deleting.is_(False)
        hidden = await tx.execute(
            update(libraries)
            .where(*shown)
            .values(deleting=True, enabled=False, next_scan_at=None, name_key=f" {library_id}")
        )
        tx.touch("libraries", f"library:{library_id}", "items", HIDDEN)
        return hidden.rowcount == 1

    async def delete(self, tx: Tx, library_id: LibraryId) -> bool:
        """Remove the library's own rows; False when that was done before. Its content is gone."""
        await tx.execute(delete(library_folders).where(library_folders.c.library_id == library_id))
        gone = await tx.execute(delete(libraries).where(libraries.c.id == library_id))
        tx.touch("libraries", f"library:{library_id}")
        return gone.rowcount == 1
