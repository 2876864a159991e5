"""What a scan finds, and what it needs of the slices that know its content."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.libraries.domain import FileId, FileKind, Library, LibraryKind, PlacedFile, ScanError
from app.media.domain import MediaInfo
from app.naming.domain import Role


class Standing(StrEnum):
    """How a file stands to what was known."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


class ScannedFile(Struct, frozen=True, kw_only=True):
    """A file that is there now. `root` is absolute, `dir` relative to it."""

    id: FileId
    folder_id: UUID
    root: str
    dir: str
    name: str
    kind: FileKind
    role: Role
    size: int
    standing: Standing

    @classmethod
    def of(cls, file: PlacedFile) -> "ScannedFile":
        """A file that is known already, as it is."""
        return cls(
            id=file.id,
            folder_id=file.folder_id,
            root=file.root,
            dir=file.dir,
            name=file.name,
            kind=file.kind,
            role=Role(file.role),
            size=file.size,
            standing=Standing.SAME,
        )

    @property
    def relative(self) -> str:
        """The path below the library's folder."""
        return f"{self.dir}/{self.name}" if self.dir else self.name

    @property
    def path(self) -> str:
        """The absolute path."""
        return f"{self.root}/{self.relative}"


class Batch(Struct, frozen=True, kw_only=True):
    """Whole directories in which something changed, with every file in them."""

    library: Library
    files: tuple[ScannedFile, ...]

    def videos(self, *standings: Standing) -> list[ScannedFile]:
        """Feature videos of these standings."""
        return [
            file
            for file in self.files
            if file.kind is FileKind.VIDEO
            and file.role is Role.FEATURE
            and file.standing in standings
        ]


class Imported(Struct, frozen=True, kw_only=True):
    """Items that an import made and changed, and what it could not read.

    `placed` are files that were known before, and came to an item only now.
    """

    added: tuple[ItemId, ...] = ()
    updated: tuple[ItemId, ...] = ()
    placed: tuple[FileId, ...] = ()
    problems: tuple[ScanError, ...] = ()


class ContentImporter(Protocol):
    """The slice that turns files into content of one kind of library."""

    kind: LibraryKind

    async def read(self, batch: Batch) -> Any:
        """Read what lies beside the files; I/O outside of the transaction."""
        ...

    async def apply(self, tx: Tx, batch: Batch, read: Any) -> Imported:
        """Make and change items for the batch's new and changed files."""
        ...

    async def rehome(
        self, tx: Tx, batch: Batch, of_files: Mapping[FileId, tuple[ItemId, ...]]
    ) -> Collection[ItemId]:
        """Of items of another library whose files have all come to the batch's, make those its own
        that it does not have yet; answers which. From the others the files are taken before
        `apply`, which finds or makes what they are here, and progress is carried over to that.
        """
        ...

    async def probed(self, tx: Tx, found: Mapping[ItemId, Mapping[FileId, MediaInfo]]) -> None:
        """Take what looks inside the files have shown of these items."""
        ...


class Target(Struct, frozen=True, kw_only=True):
    """What somebody says that files are: `items` that are there, or a title that may be new.

    Episodes are those of the show `show_id`, or of the show of this title. `ids` are of the film or
    of the show.
    """

    kind: ItemKind
    items: tuple[ItemId, ...] = ()
    show_id: ItemId | None = None
    title: str | None = None
    year: int | None = None
    ids: Mapping[str, str] = {}
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: date | None = None


class Candidate(Struct, frozen=True, kw_only=True):
    """What a file may be, and how sure that is; `item_id` where it is there already."""

    confidence: float
    kind: ItemKind
    item_id: ItemId | None = None
    show_id: ItemId | None = None
    title: str
    year: int | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()


class Reason(StrEnum):
    """Why a file belongs to nothing."""

    BY_HAND = "by_hand"
    NO_MEANING = "no_meaning"
    MISPLACED = "misplaced"
    NO_NUMBER = "no_number"
    DOUBTFUL = "doubtful"


class Reading(Struct, frozen=True, kw_only=True):
    """What the name of a file without an item was read as."""

    reason: Reason
    title: str | None = None
    year: int | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()


class Identifier(Protocol):
    """The slice that says what single files of one kind of library are, after their import."""

    async def adopt(
        self, tx: Tx, library: Library, found: Sequence[tuple[ScannedFile, MediaInfo]]
    ) -> Imported:
        """Make items of files whose names said too little, by what is inside of them."""
        ...

    async def identify(
        self, tx: Tx, library: Library, files: Sequence[ScannedFile], target: Target
    ) -> Imported:
        """Make these files, which belong to nothing, those of the target. Raises Invalid."""
        ...

    async def read(self, files: Sequence[PlacedFile]) -> Mapping[FileId, Reading]:
        """What the names of these files were read as."""
        ...

    async def candidates(
        self, library: Library, files: Sequence[PlacedFile]
    ) -> Mapping[FileId, Sequence[Candidate]]:
        """What these files may be, the surest first, ten at most each."""
        ...
