"""Libraries: how they come, change and go."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from app.core.access import Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Invalid
from app.core.ids import new_id
from app.core.speaking import wanted_language
from app.core.tx import Tx
from app.libraries.domain import (
    Folder,
    Library,
    LibraryId,
    LibraryInput,
    LibraryKind,
    LibraryNotFound,
    WatchMode,
)
from app.libraries.events import LibraryChanged, LibraryCreated, LibraryHidden, LibraryUpdated
from app.libraries.jobs import DeleteLibrary
from app.libraries.repository import LibraryRepository, ScanRepository
from app.libraries.service.folders import Disk, Place, refuse_overlaps
from app.libraries.service.schedule import next_time
from app.settings.domain import METADATA_PRIORITY, BadValue
from app.settings.service import CHANNEL

MOST_FOLDERS: Final = 50
LANGUAGE: Final = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?", re.IGNORECASE)
LOCK: Final = "library-folders"


class Libraries:
    """Use cases of libraries."""

    def __init__(
        self, db: Database, repository: LibraryRepository, scans: ScanRepository, clock: Clock
    ) -> None:
        self._db, self._repository, self._scans = db, repository, scans
        self._clock, self._disk = clock, Disk()

    async def get(self, viewer: Viewer, library_id: LibraryId, *, field: str = "id") -> Library:
        """A library the viewer may see. Raises LibraryNotFound, about the argument `field`."""
        found = (await self._repository.by_ids(viewer.scope, [library_id])).get(library_id)
        if found is None:
            raise LibraryNotFound(field)
        return found

    async def create(self, viewer: Viewer, kind: LibraryKind, wanted: LibraryInput) -> Library:
        """A new library. Raises BadFolder, Invalid or LibraryNameTaken."""
        name, now = _name(wanted.name or ""), self._clock.now()
        schedule = _schedule(wanted.schedule)
        following = next_time(schedule, now)
        language = _language("en" if wanted.language is None else wanted.language)
        # The disk may be slow or dead: nobody waits for it with a lock in hand.
        places = await self._places(wanted.folders or (), ())
        library_id = LibraryId(new_id())
        library = Library(
            id=library_id,
            name=name,
            kind=kind,
            enabled=wanted.enabled if wanted.enabled is not None else True,
            scan_on_start=bool(wanted.scan_on_start),
            schedule=schedule or None,
            watch=wanted.watch or WatchMode.AUTO,
            follow_links=bool(wanted.follow_links),
            language=language,
            provider_priority=_priority(wanted.provider_priority or "") or None,
            created_at=now,
            deleting=False,
            folders=_folders(library_id, places),
        )
        async with self._db.write(viewer) as tx:
            await tx.lock(LOCK)
            refuse_overlaps(places, await self._repository.held_folders(tx))
            await self._repository.create(tx, library, following)
            await tx.notify(CHANNEL, "libraries")  # their languages are kept with the settings
            made = {"name": name, "kind": kind.value, "folders": len(places)}
            tx.emit(LibraryCreated(library_id=library_id, changes=made))
        return library

    async def update(self, viewer: Viewer, library_id: LibraryId, wanted: LibraryInput) -> Library:
        """Change a library. Raises LibraryNotFound, BadFolder, Invalid or LibraryNameTaken."""
        library = await self.get(viewer, library_id)
        changes = self._changes(library, wanted)
        places: list[Place] | None = None
        if wanted.folders is not None:
            places = await self._places(wanted.folders, library.folders)
        async with self._db.write(viewer) as tx:
            if places is not None:
                await tx.lock(LOCK)
            if not await self._repository.update(tx, library_id, changes):
                raise LibraryNotFound  # its deletion was asked for meanwhile
            if "language" in changes:
                await tx.notify(CHANNEL, "libraries")
            if places is not None:
                changes["folders"] = await self._add_folders(tx, library_id, places)
            tx.emit(LibraryUpdated(library_id=library_id, changes=_compared(library, changes)))
            tx.emit(LibraryChanged(library_id=library_id))
        return await self.get(viewer, library_id)

    def _changes(self, library: Library, wanted: LibraryInput) -> dict[str, Any]:
        changes = wanted.changes()
        if "name" in changes:
            changes["name"] = _name(changes["name"])
        if "language" in changes:
            changes["language"] = _language(changes["language"])
        if wanted.provider_priority is not None:
            changes["provider_priority"] = _priority(wanted.provider_priority) or None
        schedule = library.schedule
        if wanted.schedule is not None:
            schedule = _schedule(wanted.schedule)
            changes["schedule"] = schedule or None
        if wanted.schedule is not None or (wanted.enabled and not library.enabled):
            # What came due while it was switched off is not made up for.
            changes["next_scan_at"] = next_time(schedule, self._clock.now())
        return changes

    async def _add_folders(self, tx: Tx, library_id: LibraryId, places: Sequence[Place]) -> int:
        """The places that it does not have; under the lock, so as all others have left it. Says
        how many there are then.
        """
        folders = await self._repository.held_folders(tx)
        present = {folder.path for folder in folders if folder.library_id == library_id}
        refuse_overlaps(places, (f for f in folders if f.library_id != library_id))
        if present - {place.real for place in places}:
            raise Invalid(
                "A folder is taken out by deleting its library; others can be added.",
                field="folders",
            )
        fresh = [place for place in places if place.real not in present]
        await self._repository.add_folders(tx, _folders(library_id, fresh))
        return len(present) + len(fresh)

    async def delete(self, viewer: Viewer, library_id: LibraryId) -> None:
        """Hide a library at once; a job removes its content in batches and tells everybody.

        Its name and its folders are free from now on. Raises LibraryNotFound, also the second time.
        """
        library = await self.get(viewer, library_id)
        async with self._db.write(viewer) as tx:
            if not await self._repository.hide(tx, library_id):
                raise LibraryNotFound
            await self._scans.end_open(tx, library_id, self._clock.now(), "The library is deleted.")
            tx.enqueue(DeleteLibrary(library_id))
            tx.emit(LibraryHidden(library_id=library_id, changes={"name": library.name}))
            tx.emit(LibraryChanged(library_id=library_id))

    async def carry_on_deletions(self, tx: Tx) -> int:
        """Ask again for deletions that were given up or cancelled; says how many are under way."""
        under_way = await self._repository.being_deleted()
        for library_id in under_way:
            tx.enqueue(DeleteLibrary(library_id))
        return len(under_way)

    async def _places(self, paths: Sequence[str], present: Sequence[Folder]) -> list[Place]:
        """Where these really are; those the library has already need not be mounted just now."""
        if not 1 <= len(paths) <= MOST_FOLDERS:
            raise Invalid(f"A library has 1 to {MOST_FOLDERS} folders.", field="folders")
        known = {folder.path for folder in present}
        real = {path: path.rstrip("/") for path in paths if path.rstrip("/") in known}
        asked = [path for path in paths if path not in real]
        real.update(zip(asked, await self._disk.real_paths(asked), strict=True))
        return [Place(path, real[path]) for path in paths]


def _compared(library: Library, changes: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the log says of a change: what was and what is. Of folders it says how many: not all who
    read it may know where they are.
    """
    before = msgspec.structs.asdict(library) | {"folders": len(library.folders)}
    told = [name for name in changes if name in before and before[name] != changes[name]]
    return {name: [before[name], changes[name]] for name in told} or None


def _folders(library_id: LibraryId, places: Sequence[Place]) -> tuple[Folder, ...]:
    paths = sorted(place.real for place in places)
    return tuple(Folder(id=new_id(), library_id=library_id, path=path) for path in paths)


def _name(name: str) -> str:
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= 100 or not clean.isprintable():
        raise Invalid("A library's name has 1 to 100 printable characters.", field="name")
    return clean


def _schedule(schedule: str | None) -> str | None:
    """The expression in one spelling; an empty text stays one: it means none."""
    return " ".join(schedule.split()) or schedule if schedule else schedule


def _priority(text: str) -> str:
    """The order in which providers are believed, in its one form."""
    try:
        return METADATA_PRIORITY.check(text)
    except BadValue as error:
        raise Invalid(error.message, field="providerPriority") from None


def _language(code: str) -> str:
    """The code as it is written everywhere: en, pt-BR, zh-Hant-TW."""
    language = wanted_language(code) if LANGUAGE.fullmatch(code) else None
    if language is None:
        raise Invalid("A language is a code such as en, de or pt-BR.", field="language")
    return language
