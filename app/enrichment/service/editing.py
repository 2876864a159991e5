"""What people say of items: which record they are, fields, and what nobody else may change."""

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from app.catalog.domain import CollectionId, Label, TitleSource
from app.catalog.domain.said import HAND, MetadataField, MetadataState
from app.catalog.service import titled
from app.core.access import Viewer
from app.core.errors import Forbidden
from app.core.page import Keyset, Listing
from app.core.tx import Tx
from app.enrichment.domain import (
    BadRecord,
    Edit,
    NothingEdited,
    NothingThere,
    Refreshable,
    Requested,
)
from app.enrichment.events import ItemIdentified, MetadataEdited, MetadataLocked
from app.enrichment.jobs import RefreshDue, RefreshLibrary, RefreshMetadata
from app.enrichment.service.beginning import writing
from app.items.domain import Item, ItemId, ItemKind, age_of
from app.libraries.domain import LibraryId, LibraryNotFound
from app.metadata.domain import RecordKind, Sheet
from app.people.domain import PersonId
from app.scanning.service import tell

if TYPE_CHECKING:
    from app.container import Container

LOGGED: Final = 500  # characters of a value
ITEMS: Final = frozenset(Refreshable) - {Refreshable.PERSON, Refreshable.COLLECTION}


class Editing:
    """Use cases of those who manage a library."""

    def __init__(self, app: "Container") -> None:
        self._app, self._db, self._clock = app, app.db, app.clock
        self._items, self._catalog = app.item_repository, app.catalog_repository

    async def refresh(self, viewer: Viewer, kind: str, id_: UUID, *, force: bool) -> Requested:
        """Ask providers about one thing again. Raises NothingThere, LibraryNotFound, Forbidden."""
        if kind == "library":
            return await self._refresh_library(viewer, LibraryId(id_), force=force)
        what = Refreshable(kind)
        if what in ITEMS:
            await self._managed(viewer, ItemId(id_))
        elif not await self._seen(viewer, what, id_):
            raise NothingThere
        job = RefreshMetadata(what, id_, force)
        async with self._db.write(viewer) as tx:
            tx.enqueue(job)
        return Requested(kind=kind, id=id_, accepted=job.policy.name in tx.enqueued)

    async def _refresh_library(
        self, viewer: Viewer, library_id: LibraryId, *, force: bool
    ) -> Requested:
        if library_id not in await self._app.library_repository.by_ids(viewer.scope, [library_id]):
            raise LibraryNotFound
        _require_management(viewer, library_id)
        job = RefreshLibrary(library_id, force)
        async with self._db.write(viewer) as tx:
            tx.enqueue(job)
        return Requested(kind="library", id=library_id, accepted=job.policy.name in tx.enqueued)

    async def edit(self, viewer: Viewer, item_id: ItemId, edit: Edit) -> Item:
        """Say fields of an item; they are locked from now on. Raises NothingThere, Forbidden or
        NothingEdited.
        """
        if not edit.fields:
            raise NothingEdited
        item = await self._managed(viewer, item_id)
        async with self._writing(viewer, item) as tx:
            held = (await self._catalog.hold_metadata(tx, [item_id])).get(item_id)
            if held is None:
                raise NothingThere
            before = await self._write(tx, item, edit)
            now = self._clock.now().isoformat()
            said = {field.value: {"source": HAND, "at": now} for field in edit.fields}
            values = {
                "provenance": {**held.provenance, **said},
                "locks": sorted(held.locks | {field.value for field in edit.fields}),
                "texts": {  # what is said by hand is said in every language
                    tag: left
                    for tag, text in held.texts.items()
                    if (left := {n: v for n, v in text.items() if n not in edit.fields})
                },
            }
            await self._catalog.write_metadata(tx, {item_id: values})
            changes = {
                name: [_logged(before.get(name)), _logged(value)]
                for name, value in {**edit.values, **_lists(edit)}.items()
            }
            tx.emit(MetadataEdited(item_id=item_id, changes=changes))
            tell(tx, item.library_id, updated=[item_id])
        return item

    async def lock(
        self, viewer: Viewer, item_id: ItemId, fields: Collection[MetadataField], *, locked: bool
    ) -> Item:
        """Keep refreshes from changing fields, or let them. Raises NothingThere or Forbidden."""
        item = await self._managed(viewer, item_id)
        names = {field.value for field in fields}
        async with self._db.write(viewer) as tx:
            held = (await self._catalog.hold_metadata(tx, [item_id])).get(item_id)
            if held is None:
                raise NothingThere
            locks = held.locks | names if locked else held.locks - names
            if locks != held.locks:
                await self._catalog.write_metadata(tx, {item_id: {"locks": sorted(locks)}})
                changes = {"locks": [sorted(held.locks), sorted(locks)]}
                tx.emit(MetadataLocked(item_id=item_id, changes=changes))
        return item

    async def unidentified(
        self, viewer: Viewer, library_id: LibraryId, page: Keyset
    ) -> Listing[UUID]:
        """Titles of a library that nobody surely has. Raises LibraryNotFound or Forbidden."""
        if library_id not in await self._app.library_repository.by_ids(viewer.scope, [library_id]):
            raise LibraryNotFound("libraryId")
        _require_management(viewer, library_id)
        found = await self._catalog.unidentified(viewer.scope, library_id, page)
        return Listing(found, lambda: self._catalog.unidentified_count(viewer.scope, library_id))

    async def identify(self, viewer: Viewer, item_id: ItemId, record: str) -> Item:
        """Say which record of a provider a movie or show is ("tmdb:603"): its ids are the item's
        from now on, and it is refreshed. Raises NothingThere, Forbidden, BadRecord, or what looking
        up raises.
        """
        item = await self._managed(viewer, item_id)
        sheet = await self.looked_up(RecordKind(item.kind.value), record)
        ids = {**sheet.ids, sheet.source: sheet.id}
        async with self._writing(viewer, item) as tx:
            held = (await self._catalog.hold_metadata(tx, [item_id])).get(item_id)
            if held is None:
                raise NothingThere
            before = (await self._catalog.known_ids(tx, [item_id])).get(item_id, {})
            await self._forget(tx, item, [item_id])
            if item.kind is ItemKind.SHOW:
                await self._forget_parts(tx, item_id)
            await self._catalog.replace_external_ids(tx, item_id, ids)
            values = {"state": MetadataState.WAITING.value, "candidates": [], "failures": 0}
            await self._catalog.write_metadata(
                tx, {item_id: {**values, "due_at": self._clock.now(), "refreshed_at": None}}
            )
            tx.enqueue(RefreshMetadata(Refreshable(item.kind.value), item_id, force=True))
            tx.emit(ItemIdentified(item_id=item_id, changes={"ids": [before, ids]}))
            tell(tx, item.library_id, updated=[item_id])
        return item

    async def _forget(self, tx: Tx, item: Item, ids: Collection[ItemId]) -> None:
        await self._app.recorder.forget(tx, self._app.contents[item.kind], ids)

    async def _forget_parts(self, tx: Tx, show_id: ItemId) -> None:
        """The seasons and episodes of a show that is another."""
        app = self._app
        seasons = [ItemId(s.id) for s in await app.season_repository.known(tx, [show_id])]
        episodes = [ItemId(e.id) for e in await app.episode_repository.known(tx, [show_id])]
        await app.recorder.forget(tx, app.season_repository, seasons)
        await app.recorder.forget(tx, app.episode_repository, episodes)
        await self._catalog.clear_external_ids(tx, [*seasons, *episodes])

    async def await_records(self, tx: Tx, ids: Collection[ItemId]) -> None:
        """These items are new, or said to be records of a provider: they, or their shows, are
        due.
        """
        items = await self._items.within(tx, ids)
        seasons = {i.parent_id for i in items.values() if i.kind is ItemKind.EPISODE}
        above = await self._items.within(tx, [i for i in seasons if i is not None])
        below = [i for i in (*items.values(), *above.values()) if i.kind is ItemKind.SEASON]
        due = {i for i, item in items.items() if item.kind in (ItemKind.MOVIE, ItemKind.SHOW)}
        due |= {season.parent_id for season in below if season.parent_id is not None}
        if due:
            await self._catalog.await_metadata(tx, due, self._clock.now())
            tx.enqueue(RefreshDue())

    async def looked_up(self, kind: RecordKind, record: str) -> Sheet:
        """What a provider has under "tmdb:603". Raises BadRecord, or what looking up raises."""
        provider, separator, id_ = record.partition(":")
        if not separator:
            raise BadRecord
        languages = self._app.languages.fetched() or ("en",)
        sheet = await self._app.metadata_lookups.item(kind, provider, id_, languages)
        if sheet is None:
            raise BadRecord
        return sheet

    def _writing(self, viewer: Viewer, item: Item) -> AbstractAsyncContextManager[Tx]:
        return writing(partial(self._db.write, viewer), item.library_id)

    async def _write(self, tx: Tx, item: Item, edit: Edit) -> Mapping[str, Any]:
        """Answers the row as it was."""
        content = self._app.contents[item.kind]
        values = dict(edit.values)
        if isinstance(values.get("title"), str):
            sorted_by = values.get("sort_title")
            values |= titled(str(values["title"]), str(sorted_by) if sorted_by else None)
            values["title_from"] = TitleSource.HAND.value
        before = (await content.current(tx, [item.id])).get(item.id, {})
        await content.describe(tx, {item.id: values})
        if edit.certification is not None:
            mark = edit.certification or None
            await self._items.rate(tx, [(item.id, mark, age_of(mark))])
            if item.kind is ItemKind.SHOW:
                await self._items.pass_on(tx, [(item.id, item.certification, mark, age_of(mark))])
        if edit.genres is not None:
            ids = await self._catalog.ensure_labels(tx, Label.GENRE, edit.genres)
            of_item = {item.id: [ids[name] for name in edit.genres if name in ids]}
            await self._catalog.replace_labels(tx, Label.GENRE, of_item)
        return {str(name): value for name, value in before.items()}

    async def _managed(self, viewer: Viewer, item_id: ItemId) -> Item:
        item = (await self._items.by_ids(viewer.scope, [item_id])).get(item_id)
        if item is None:
            raise NothingThere
        _require_management(viewer, item.library_id)
        return item

    async def _seen(self, viewer: Viewer, kind: Refreshable, id_: UUID) -> bool:
        repository = self._app.person_repository
        if kind is Refreshable.PERSON:
            return bool(await repository.by_ids(viewer.scope, [PersonId(id_)]))
        ids = [CollectionId(id_)]
        return bool(await self._catalog.collections_by_ids(viewer.scope, ids))


def _require_management(viewer: Viewer, library_id: UUID) -> None:
    if not viewer.scope.may_manage(library_id):
        raise Forbidden("You may see this library, but not edit it.")


def _lists(edit: Edit) -> dict[str, object]:
    found: dict[str, object] = {}
    if edit.genres is not None:
        found["genres"] = list(edit.genres)
    if edit.certification is not None:
        found["certification"] = edit.certification
    return found


def _logged(value: object) -> object:
    """As the log keeps it: short, and of plain types."""
    if value is None or isinstance(value, bool | int | float | list):
        return value
    return str(value)[:LOGGED]
