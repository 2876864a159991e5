"""What somebody says of files by hand: what they are, that they are nothing, what is played."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import structs

from app.catalog.domain import SOURCES
from app.catalog.service.confidence import SURE
from app.core.access import Viewer
from app.core.errors import Forbidden
from app.core.ids import encode_id
from app.core.page import Keyset, Listing
from app.core.tx import Tx
from app.items.domain import Item, ItemId, ItemKind, ItemNotFound, Version, VersionId
from app.libraries.domain import (
    FileId,
    FileKind,
    Library,
    LibraryId,
    LibraryNotFound,
    PlacedFile,
)
from app.matching.domain import (
    BadTarget,
    Choice,
    FileNotFound,
    Identified,
    NoFeature,
    NothingIdentifies,
    SeveralLibraries,
    Title,
    Unmatched,
    VersionNotFound,
)
from app.matching.events import DefaultVersionSet, FilesIdentified, FilesUnidentified
from app.matching.service.targets import target_of
from app.metadata.domain import RecordKind
from app.naming.domain import Role
from app.scanning.domain import Candidate, Identifier, Imported, Reason, ScannedFile, Target
from app.scanning.service import import_lock, tell

if TYPE_CHECKING:
    from app.container import Container

KINDS = {ItemKind.MOVIE, ItemKind.EPISODE}
LOGGED = 5


class Matching:
    """Use cases of those who manage a library."""

    def __init__(self, app: "Container") -> None:
        self._db, self._libraries, self._watch = (
            app.db,
            app.library_repository,
            app.watch_repository,
        )
        self._files, self._items = app.file_repository, app.item_repository
        self._facts, self._unmatched = app.facts, app.unmatched_repository
        self._editing = app.editing

    async def unmatched(self, viewer: Viewer, library_id: LibraryId, page: Keyset) -> Listing[UUID]:
        """Videos of a library that belong to nothing. Raises LibraryNotFound or Forbidden."""
        await self._library(viewer, library_id)
        found = await self._unmatched.page(viewer.scope, library_id, page)
        return Listing(found, lambda: self._unmatched.count(viewer.scope, library_id))

    async def read(self, viewer: Viewer, ids: Collection[FileId]) -> Mapping[FileId, Unmatched]:
        """What the names of these files were read as."""
        aside = set(await self._items.set_aside(ids))
        found = {}
        for identifier, library, files in await self._by_library(viewer, ids):
            readings = await identifier.read(files)
            for file in files:
                reading = readings[file.id]
                found[file.id] = Unmatched(
                    id=file.id,
                    library_id=library.id,
                    path=ScannedFile.of(file).relative,
                    reason=Reason.BY_HAND if file.id in aside else reading.reason,
                    title=reading.title,
                    year=reading.year,
                    season=reading.season,
                    episodes=reading.episodes,
                )
        return found

    async def candidates(
        self, viewer: Viewer, ids: Collection[FileId]
    ) -> Mapping[FileId, Sequence[Candidate]]:
        """What these files may be, the surest first."""
        found: dict[FileId, Sequence[Candidate]] = {}
        for identifier, library, files in await self._by_library(viewer, ids):
            found |= await identifier.candidates(library, files)
        return found

    async def identify(self, viewer: Viewer, ids: Collection[FileId], choice: Choice) -> Identified:
        """Say what files are; scans leave it at that.

        Raises NotFound, Forbidden, Invalid or Conflict.
        """
        library, files = await self._of_one_library(viewer, ids)
        identifier = self._facts.identifiers.get(library.kind)
        if identifier is None:
            raise NothingIdentifies
        choice = await self._looked_up(choice)
        target = await self._target(viewer, library, choice)
        async with self._db.write(viewer) as tx:
            before = await self._begin(tx, library, ids)
            right = set(target.items)  # empty: only the identifier knows which these are
            moving = [f for f in files if not right or set(before.get(f.id, ())) != right]
            free = await self._made_by_scans(tx, before)
            chosen = await self._chosen(tx, before)
            old = set(await self._items.detach(tx, [f.id for f in moving]))
            done = await self._place(tx, library, identifier, moving, target)
            await self._items.identify(tx, ids, fixed=True)
            await self._items.measure(tx, dict.fromkeys(ids, SURE))
            now = await self._items.items_of_files(tx, list(ids))
            items = {i for of_file in now.values() for i in of_file}
            await self._carry(tx, (old - items) & free, items)
            await self._choose_again(tx, chosen, now)
            left = await self._end(tx, library, items, old - items, done)
            changes = await self._changes(tx, files, before, now)
            tx.emit(FilesIdentified(library_id=library.id, changes=changes))
            if _record(choice) is not None:  # what is new is due by itself
                await self._editing.await_records(tx, items)
        return Identified(files=len(files), items=tuple(sorted(items)), left=left)

    async def unidentify(self, viewer: Viewer, ids: Collection[FileId]) -> Identified:
        """Take files from what they belong to; they wait until somebody says what they are.

        Raises NotFound, Forbidden or Invalid.
        """
        library, files = await self._of_one_library(viewer, ids)
        async with self._db.write(viewer) as tx:
            before = await self._begin(tx, library, ids)
            old = set(await self._items.detach(tx, list(ids)))
            await self._items.identify(tx, ids, fixed=False)
            left = await self._end(tx, library, set(), old, Imported())
            changes = await self._changes(tx, files, before, {})
            tx.emit(FilesUnidentified(library_id=library.id, changes=changes))
        return Identified(files=len(files), items=(), left=left)

    async def set_default(self, viewer: Viewer, version_id: VersionId, *, chosen: bool) -> Version:
        """Choose the version that is played by default, or leave it to the order again.

        Raises VersionNotFound or Forbidden.
        """
        item = await self._item_of(viewer, version_id)
        _require_management(viewer, item.library_id)
        async with self._db.write(viewer) as tx:
            versions = (await self._items.versions_within(tx, [item.id])).get(item.id, ())
            if not any(version.id == version_id for version in versions):
                raise VersionNotFound
            before = next((v.id for v in versions if v.chosen), None)
            now = version_id if chosen else None
            await self._items.choose(tx, item.id, now)
            after = (await self._items.versions_within(tx, [item.id]))[item.id]
            tell(tx, item.library_id, updated=[item.id])
            change = {"item": encode_id(item.kind, item.id), "version": [_ref(before), _ref(now)]}
            tx.emit(DefaultVersionSet(library_id=item.library_id, changes=change))
        return next(version for version in after if version.id == version_id)

    async def _looked_up(self, choice: Choice) -> Choice:
        """A record's title, year and ids in its place. Raises what looking up raises."""
        record = _record(choice)
        if record is None:
            return choice
        kind = RecordKind.MOVIE if choice.movie is not None else RecordKind.SHOW
        sheet = await self._editing.looked_up(kind, record)
        ids = {s: v for s, v in {**sheet.ids, sheet.source: sheet.id}.items() if s in SOURCES}
        title = Title(title=sheet.title, year=sheet.year, ids=ids, record=record)
        if choice.movie is not None:
            return structs.replace(choice, movie=title)
        assert choice.episode is not None, "the record is of one of both"  # noqa: S101
        return structs.replace(choice, episode=structs.replace(choice.episode, show=title))

    async def _item_of(self, viewer: Viewer, version_id: VersionId) -> Item:
        item_id = await self._items.item_of_version(version_id)
        if item_id is None:
            raise VersionNotFound
        item = (await self._items.by_ids(viewer.scope, [item_id])).get(item_id)
        if item is None:
            raise VersionNotFound
        return item

    async def _library(self, viewer: Viewer, library_id: LibraryId) -> Library:
        found = await self._libraries.by_ids(viewer.scope, [library_id])
        if library_id not in found:
            raise LibraryNotFound("libraryId")
        _require_management(viewer, library_id)
        return found[library_id]

    async def _of_one_library(
        self, viewer: Viewer, ids: Collection[FileId]
    ) -> tuple[Library, list[PlacedFile]]:
        """The files, all of which the viewer may see, and the library, which they manage."""
        seen = await self._files.by_ids(viewer.scope, ids)
        if len(seen) < len(set(ids)):
            raise FileNotFound
        libraries = {file.library_id for file in seen.values()}
        for library_id in libraries:
            _require_management(viewer, library_id)
        if len(libraries) > 1:
            raise SeveralLibraries
        placed = await self._files.placed(ids)
        if any(f.kind is not FileKind.VIDEO or f.role != Role.FEATURE for f in placed.values()):
            raise NoFeature
        return await self._library(viewer, libraries.pop()), [placed[i] for i in sorted(placed)]

    async def _by_library(
        self, viewer: Viewer, ids: Collection[FileId]
    ) -> list[tuple[Identifier, Library, list[PlacedFile]]]:
        """Files with their libraries, and who knows what such libraries hold."""
        placed = await self._files.placed(ids)
        wanted = {file.library_id for file in placed.values()}
        libraries = await self._libraries.by_ids(viewer.scope, wanted)
        return [
            (identifier, library, [f for f in placed.values() if f.library_id == library.id])
            for library in libraries.values()
            if (identifier := self._facts.identifiers.get(library.kind)) is not None
        ]

    async def _target(self, viewer: Viewer, library: Library, choice: Choice) -> Target:
        """The target, whose items are of this library and the viewer may see them."""
        target = target_of(choice)
        wanted = [*target.items, *([target.show_id] if target.show_id else [])]
        found = await self._items.by_ids(viewer.scope, wanted)
        if len(found) < len(set(wanted)):
            raise ItemNotFound
        if any(item.library_id != library.id for item in found.values()):
            raise BadTarget("The target is in another library than the files.")
        if any(found[i].kind is not target.kind for i in target.items):
            raise BadTarget("Files are a film, or episodes of a show.")
        if target.show_id is not None and found[target.show_id].kind is not ItemKind.SHOW:
            raise BadTarget("showId takes the id of a show.")
        return target

    async def _begin(
        self, tx: Tx, library: Library, ids: Collection[FileId]
    ) -> Mapping[FileId, tuple[ItemId, ...]]:
        """Nobody else gives files of this library away; answers whose these are."""
        if not await self._libraries.hold(tx, library.id):
            raise LibraryNotFound("libraryId")
        await tx.lock(import_lock(library.id))
        return await self._items.items_of_files(tx, list(ids))

    async def _made_by_scans(
        self, tx: Tx, before: Mapping[FileId, tuple[ItemId, ...]]
    ) -> set[ItemId]:
        """Those of the items of which nobody has said by hand what their files are."""
        items = {i for of_file in before.values() for i in of_file}
        files = await self._items.files_of(tx, items) if items else []
        said = [i for i, fixed in (await self._items.identified(tx, files)).items() if fixed]
        of_file = await self._items.items_of_files(tx, said) if said else {}
        return items - {i for some in of_file.values() for i in some}

    async def _place(
        self,
        tx: Tx,
        library: Library,
        identifier: Identifier,
        files: Sequence[PlacedFile],
        target: Target,
    ) -> Imported:
        if not files:
            return Imported()
        scanned = [ScannedFile.of(file) for file in files]
        return await identifier.identify(tx, library, scanned, target)

    async def _carry(self, tx: Tx, left: Collection[ItemId], items: Collection[ItemId]) -> None:
        """What was seen under a wrong title was this one: progress goes along, where a scan made
        the title and all its files have left it.
        """
        if not left:
            return
        files = await self._items.files_of(tx, left)
        kept = await self._items.items_of_files(tx, files) if files else {}
        empty = set(left) - {i for some in kept.values() for i in some}
        users: set[UUID] = set()
        for item_id in items:
            users |= await self._watch.carry(tx, dict.fromkeys(empty, item_id))
        await self._watch.forget(tx, users, empty)

    async def _chosen(
        self, tx: Tx, before: Mapping[FileId, Sequence[ItemId]]
    ) -> set[tuple[ItemId, FileId]]:
        """Files of versions that somebody chose to be played by default."""
        items = {i for of_file in before.values() for i in of_file}
        known = await self._items.versions_within(tx, items) if items else {}
        chosen = [v for versions in known.values() for v in versions if v.chosen]
        return {(v.item_id, part.file_id) for v in chosen for part in v.parts}

    async def _choose_again(
        self,
        tx: Tx,
        chosen: Collection[tuple[ItemId, FileId]],
        now: Mapping[FileId, Sequence[ItemId]],
    ) -> None:
        """Who says of a file what it has been takes no choice back."""
        kept = {(i, f) for i, f in chosen if i in now.get(f, ())}
        known = await self._items.versions_within(tx, {i for i, _ in kept}) if kept else {}
        for item_id, versions in known.items():
            for version in versions:
                if any((item_id, part.file_id) in kept for part in version.parts):
                    await self._items.choose(tx, item_id, version.id)

    async def _changes(
        self,
        tx: Tx,
        files: Sequence[PlacedFile],
        before: Mapping[FileId, Sequence[ItemId]],
        now: Mapping[FileId, Sequence[ItemId]],
    ) -> dict[str, Any]:
        """What each file belonged to, and belongs to now, as the API writes ids."""
        everyone = {i for owned in (before, now) for ids in owned.values() for i in ids}
        items = await self._items.within(tx, everyone)
        refs = {i: encode_id(item.kind, i) for i, item in items.items()}
        told = (before, now)
        return {
            encode_id("file", f.id): [_first([refs[i] for i in o.get(f.id, ())]) for o in told]
            for f in files
        }

    async def _end(
        self,
        tx: Tx,
        library: Library,
        items: Collection[ItemId],
        left: Collection[ItemId],
        done: Imported,
    ) -> tuple[ItemId, ...]:
        """States follow, what is known of the files is told to their items, and all of it to
        everybody. Answers the items without a file that is there.
        """
        of_items = await self._items.files_of(tx, items) if items else []
        await self._facts.retell(tx, library, of_items)
        changed = set(await self._facts.settle(tx, {*items, *left}))
        gone = sorted(changed & set(left))
        updated = {*items, *left, *changed, *done.updated} - {*done.added, *gone}
        tell(tx, library.id, added=done.added, updated=sorted(updated), removed=gone)
        return tuple(gone)


def _record(choice: Choice) -> str | None:
    show = choice.episode.show if choice.episode is not None else None
    given = choice.movie or show
    return given.record if given is not None else None


def _require_management(viewer: Viewer, library_id: LibraryId) -> None:
    if not viewer.scope.may_manage(library_id):
        raise Forbidden("You may see this library, but not edit it.")


def _first(refs: list[str]) -> list[str]:
    """The first, and how many more there are: 500 files may hold 100 episodes each."""
    return refs if len(refs) <= LOGGED else [*refs[:LOGGED], f"+{len(refs) - LOGGED}"]


def _ref(version_id: VersionId | None) -> str | None:
    return encode_id("version", version_id) if version_id is not None else None
