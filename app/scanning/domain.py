"""What a scan finds, and what it needs of the slices that know its content."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

from app.core.tx import Tx
from app.items.domain import ItemId
from app.libraries.domain import FileId, FileKind, Library, LibraryKind, ScanError
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
    """Items that an import made and changed, and what it could not read."""

    added: tuple[ItemId, ...] = ()
    updated: tuple[ItemId, ...] = ()
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

    async def probed(self, tx: Tx, found: Mapping[ItemId, Mapping[FileId, MediaInfo]]) -> None:
        """Take what looks inside the files have shown of these items."""
        ...
