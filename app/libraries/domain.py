"""Libraries, files and scans, as everybody else sees them."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, Protocol
from uuid import UUID

from msgspec import Struct

from app.core.access import Scope
from app.core.errors import Conflict, Invalid, NotFound
from app.media.domain import MediaInfo

LibraryId = NewType("LibraryId", UUID)
FileId = NewType("FileId", UUID)
ScanId = NewType("ScanId", UUID)


class LibraryKind(StrEnum):
    """What a library holds."""

    MOVIES = "movies"
    SHOWS = "shows"
    MIXED = "mixed"


class WatchMode(StrEnum):
    """How changes in a library's folders are noticed."""

    AUTO = "auto"
    POLLING = "polling"
    OFF = "off"


class Folder(Struct, frozen=True, kw_only=True):
    """A folder on disk that belongs to a library; `path` is absolute."""

    id: UUID
    library_id: LibraryId
    path: str


class Library(Struct, frozen=True, kw_only=True):
    """A named set of folders of one kind. `schedule` is a cron expression in UTC."""

    id: LibraryId
    name: str
    kind: LibraryKind
    enabled: bool
    scan_on_start: bool
    schedule: str | None
    watch: WatchMode = WatchMode.AUTO
    follow_links: bool = False
    language: str
    provider_priority: str | None = None
    created_at: datetime
    deleting: bool
    folders: tuple[Folder, ...] = ()


class FileKind(StrEnum):
    """What a file is, by its name."""

    VIDEO = "video"
    SUBTITLE = "subtitle"
    NFO = "nfo"
    IMAGE = "image"


class ProbeState(StrEnum):
    """How far reading a file's streams has come."""

    NONE = "none"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class MediaFile(Struct, frozen=True, kw_only=True):
    """One file on disk. `size` in bytes; `path` is absolute and valid text."""

    id: FileId
    library_id: LibraryId
    path: str
    name: str
    kind: FileKind
    role: str
    size: int
    probe: ProbeState
    problem: str | None
    media: MediaInfo | None
    missing_since: datetime | None
    added_at: datetime


class PlacedFile(Struct, frozen=True, kw_only=True):
    """Where a file lies: `root` is the path of its folder, `dir` relative to that."""

    id: FileId
    library_id: LibraryId
    folder_id: UUID
    root: str
    dir: str
    name: str
    kind: FileKind
    role: str
    size: int
    media: MediaInfo | None
    missing: bool


class ScanKind(StrEnum):
    """`full` looks at every file again, `incremental` only at what changed."""

    FULL = "full"
    INCREMENTAL = "incremental"


class ScanState(StrEnum):
    """Where a scan stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self in (ScanState.COMPLETED, ScanState.FAILED, ScanState.CANCELLED)


class ScanErrorCode(StrEnum):
    """What kind of problem a scan met; the sentence beside it says more."""

    UNREADABLE = "unreadable"
    AWAY = "away"
    NAME = "name"
    NO_FILE = "no_file"
    LINK = "link"
    NFO = "nfo"


class ScanError(Struct, frozen=True):
    """A file or folder that a scan could not take, and why."""

    path: str
    reason: str
    code: ScanErrorCode = ScanErrorCode.UNREADABLE


class Scan(Struct, frozen=True, kw_only=True):
    """The record of one scan; counters are files, `fraction` goes from 0 to 1.

    `paths` are all it looks at; None is the whole library. `done_to` is the last directory, by
    folder and path, that a full scan has imported: an attempt that carries it on looks only at
    changes up to there.
    """

    id: ScanId
    library_id: LibraryId
    kind: ScanKind
    state: ScanState
    found: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    fraction: float = 0.0
    errors: tuple[ScanError, ...] = ()
    problem: str | None = None
    paths: tuple[str, ...] | None = None
    done_to: tuple[str, str] | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def partial(self) -> bool:
        """Whether it looks at some paths only."""
        return self.paths is not None

    @property
    def duration(self) -> float | None:
        """Seconds from start to finish, or None while it has not ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class FileGate(Protocol):
    """Who knows what files belong to: a file itself has no age rating."""

    async def visible_files(self, scope: Scope, ids: Collection[FileId]) -> Collection[FileId]:
        """Those among `ids` that belong to an item the viewer may see."""
        ...


class LibraryInput(Struct, frozen=True, kw_only=True):
    """What can be said of a library; None leaves a field as it is when updating."""

    name: str | None = None
    folders: tuple[str, ...] | None = None
    enabled: bool | None = None
    scan_on_start: bool | None = None
    schedule: str | None = None
    watch: WatchMode | None = None
    follow_links: bool | None = None
    language: str | None = None
    provider_priority: str | None = None

    def changes(self) -> dict[str, Any]:
        """The columns to write; an empty schedule or priority means none."""
        given = {
            name: value
            for name in (
                *("name", "enabled", "scan_on_start", "watch", "follow_links", "language"),
                *("schedule", "provider_priority"),
            )
            if (value := getattr(self, name)) is not None
        }
        for name in {"schedule", "provider_priority"} & given.keys():
            given[name] = given[name] or None
        return given


class LibraryNotFound(NotFound):
    """There is no such library, or the viewer may not see it; `field` is where its id was given."""

    def __init__(self, field: str = "id") -> None:
        super().__init__("There is no such library.", field=field)


class LibraryNameTaken(Conflict):
    """Names of libraries are unique."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already a library called {name!r}.", field="name")


class BadFolder(Invalid):
    """A folder cannot belong to a library; the sentence says why."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path[:300]!r} {why}", field="folders")


class ScanUnderWay(Conflict):
    """A library is scanned by one scan at a time."""

    def __init__(self) -> None:
        super().__init__("This library is being scanned; cancel that scan or wait for it.")
