"""Libraries: what may be one, and how they come, change and go."""

import asyncio
import contextlib
import os
import stat
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from cronsim import CronSim, CronSimError

from app.core.access import Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Invalid
from app.core.ids import new_id
from app.libraries.domain import (
    BadFolder,
    Folder,
    Library,
    LibraryId,
    LibraryInput,
    LibraryKind,
    LibraryNotFound,
)
from app.libraries.events import LibraryChanged, LibraryCreated
from app.libraries.jobs import DeleteLibrary
from app.libraries.repository import LibraryRepository

MOST_FOLDERS: Final = 50
LOOK_TIMEOUT: Final = 5.0
SYSTEM_FOLDERS: Final = ("/proc", "/sys", "/dev", "/run", "/boot", "/etc")
MOUNTS: Final = "/run/media"  # where desktops put the disks that are plugged in


class Libraries:
    """Use cases of libraries."""

    def __init__(self, db: Database, repository: LibraryRepository, clock: Clock) -> None:
        self._db, self._repository, self._clock = db, repository, clock

    async def get(self, viewer: Viewer, library_id: LibraryId) -> Library:
        """A library the viewer may see. Raises LibraryNotFound."""
        found = (await self._repository.by_ids(viewer.scope, [library_id])).get(library_id)
        if found is None:
            raise LibraryNotFound
        return found

    async def create(self, viewer: Viewer, kind: LibraryKind, wanted: LibraryInput) -> Library:
        """A new library. Raises BadFolder, Invalid or LibraryNameTaken."""
        name, paths = _name(wanted.name or ""), wanted.folders or ()
        now = self._clock.now()
        following = next_time(wanted.schedule, now)
        library_id = LibraryId(new_id())
        async with self._db.write(viewer) as tx:
            await tx.lock("library-folders")
            accepted = await self._accept(paths, others=await self._repository.folders())
            library = Library(
                id=library_id,
                name=name,
                kind=kind,
                enabled=wanted.enabled if wanted.enabled is not None else True,
                scan_on_start=bool(wanted.scan_on_start),
                schedule=wanted.schedule or None,
                language=_language(wanted.language or "en"),
                created_at=now,
                deleting=False,
                folders=tuple(
                    Folder(id=new_id(), library_id=library_id, path=path) for path in accepted
                ),
            )
            await self._repository.create(tx, library, following)
            tx.emit(LibraryCreated(library_id=library_id))
        return library

    async def update(self, viewer: Viewer, library_id: LibraryId, wanted: LibraryInput) -> Library:
        """Change a library. Raises LibraryNotFound, BadFolder, Invalid or LibraryNameTaken."""
        library = await self.get(viewer, library_id)
        changes = wanted.changes()
        if "name" in changes:
            changes["name"] = _name(changes["name"])
        if "language" in changes:
            changes["language"] = _language(changes["language"])
        if wanted.schedule is not None:
            changes["next_scan_at"] = next_time(wanted.schedule, self._clock.now())
        async with self._db.write(viewer) as tx:
            if wanted.folders is not None:
                await tx.lock("library-folders")
                others = [
                    folder
                    for folder in await self._repository.folders()
                    if folder.library_id != library_id
                ]
                present = {folder.path for folder in library.folders}
                accepted = await self._accept(wanted.folders, others, present)
                if present - set(accepted):
                    raise Invalid(
                        "A folder is taken out by deleting its library; others can be added.",
                        field="folders",
                    )
                fresh = [path for path in accepted if path not in present]
                await self._repository.add_folders(tx, library_id, fresh)
            await self._repository.update(tx, library_id, changes)
            tx.emit(LibraryChanged(library_id=library_id))
        return await self.get(viewer, library_id)

    async def delete(self, viewer: Viewer, library_id: LibraryId) -> None:
        """Hide a library at once; a job removes its content in batches and tells everybody."""
        await self.get(viewer, library_id)
        hidden = {"deleting": True, "enabled": False, "name_key": f"deleted {library_id}"}
        async with self._db.write(viewer) as tx:
            await self._repository.update(tx, library_id, hidden)  # its name is free at once
            tx.enqueue(DeleteLibrary(library_id))
            tx.emit(LibraryChanged(library_id=library_id))

    async def _accept(
        self, paths: Sequence[str], others: Sequence[Folder], present: Collection[str] = ()
    ) -> list[str]:
        """The real paths; those the library has already need not be mounted just now."""
        if not 1 <= len(paths) <= MOST_FOLDERS:
            raise Invalid(f"A library has 1 to {MOST_FOLDERS} folders.", field="folders")
        accepted: list[str] = []
        for path in paths:
            real = path if path in present else await _look(path)
            for folder in others:
                if _overlap(real, folder.path):
                    raise BadFolder(path, "overlaps a folder of another library.")
            for other in accepted:
                if _overlap(real, other):
                    raise BadFolder(path, "overlaps another folder of this library.")
            accepted.append(real)
        return accepted


async def _look(path: str) -> str:
    try:  # a dead network mount may never answer
        return await asyncio.wait_for(asyncio.to_thread(usable_folder, path), LOOK_TIMEOUT)
    except TimeoutError:
        raise BadFolder(path, "does not answer; is its disk mounted?") from None


def usable_folder(path: str) -> str:
    """The real path of a folder that a library may have. Raises BadFolder. Blocks on the disk."""
    if not path.startswith("/") or "\x00" in path or len(path) > 4000:
        raise BadFolder(path, "is not an absolute path.")
    try:
        real = os.path.realpath(path, strict=True)
        mode = Path(real).stat().st_mode
    except PermissionError:
        raise BadFolder(path, "cannot be reached: the server lacks the permission.") from None
    except (OSError, ValueError):
        raise BadFolder(path, "does not exist.") from None
    if not stat.S_ISDIR(mode):
        raise BadFolder(path, "is not a folder.")
    if real == "/":
        raise BadFolder(path, "is the whole system; name the folder with the media.")
    inside = any(_overlap(real, system) and len(real) >= len(system) for system in SYSTEM_FOLDERS)
    if inside and not real.startswith(MOUNTS + "/"):
        raise BadFolder(path, "belongs to the system.")
    try:
        real.encode()
        os.scandir(real).close()
    except UnicodeEncodeError:
        raise BadFolder(path, "has a name that is not valid UTF-8.") from None
    except OSError:
        raise BadFolder(path, "cannot be read by the server.") from None
    return real


def _overlap(one: str, other: str) -> bool:
    a, b = PurePosixPath(one), PurePosixPath(other)
    return a == b or a in b.parents or b in a.parents


def next_time(schedule: str | None, after: datetime) -> datetime | None:
    """When a cron expression comes next. Raises Invalid for one that is wrong or never comes."""
    if not schedule:
        return None
    if len(schedule) <= 100 and len(schedule.split()) == 5:
        with contextlib.suppress(CronSimError, StopIteration):
            return next(CronSim(schedule, after))
    raise Invalid(
        f"{schedule[:100]!r} is not a cron expression of five fields, such as '0 4 * * *'.",
        field="schedule",
    )


def _name(name: str) -> str:
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= 100 or not clean.isprintable():
        raise Invalid("A library's name has 1 to 100 printable characters.", field="name")
    return clean


def _language(code: str) -> str:
    parts = code.split("-")
    if not (len(parts[0]) in (2, 3) and code.isascii() and all(p.isalnum() for p in parts)):
        raise Invalid("A language is a code such as en, de or pt-BR.", field="language")
    return code[:20]
