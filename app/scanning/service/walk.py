"""The walk: one `scandir` per folder, one `stat` per file, nothing followed, nothing fatal.

Links are never followed: what they lead to inside the library is found by itself, what lies outside
does not belong to it. Runs in a thread.
"""

import os
import stat
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from app.libraries.domain import FileKind, ScanError
from app.naming.service import is_subtitle, is_video

MOST_DEPTH: Final = 64
MOST_PATH: Final = 2000  # bytes below the root; an index entry of PostgreSQL holds 2,700
IGNORE_FILES: Final = frozenset({".nomedia", ".ignore"})
JUNK: Final = frozenset(
    {"@eadir", "#recycle", "$recycle.bin", "lost+found", "system volume information", "#snapshot"}
)
IMAGES: Final = (".jpg", ".jpeg", ".png", ".webp", ".tbn")
_INT64: Final = (1 << 63) - 1


class Entry(Struct, frozen=True):
    """A file of interest. `size` in bytes; the inode is only ever a hint."""

    name: str
    kind: FileKind
    size: int
    mtime_ns: int
    inode: int


class Walked(Struct, frozen=True):
    """A directory that could be read, relative to the root, and its files of interest."""

    dir: str
    entries: tuple[Entry, ...]


class Walk:
    """One walk over one root. `unreadable` holds directories below which nothing is known."""

    def __init__(self, root: str) -> None:
        self._root = root
        self.problems: list[ScanError] = []
        self.unreadable: list[str] = []
        self.stopped = False
        self._device: int | None = None

    def intact(self) -> bool:
        """Whether the root is still on the disk that the walk began on. Blocks on the disk."""
        try:
            return os.stat(self._root).st_dev == self._device
        except OSError:
            return False

    def __iter__(self) -> Iterator[Walked]:
        """Directories in no particular order. Raises OSError when the root cannot be read."""
        self._device = os.stat(self._root).st_dev
        os.scandir(self._root).close()
        stack = [("", 0)]
        while stack and not self.stopped:
            directory, depth = stack.pop()
            found = self._read(directory)
            if found is None:
                continue
            entries, inner = found
            if depth < MOST_DEPTH:
                stack += [(name, depth + 1) for name in inner]
            elif inner:
                self._problem(directory, f"Folders are nested deeper than {MOST_DEPTH} levels.")
            yield Walked(directory, tuple(entries))

    def _read(self, directory: str) -> tuple[list[Entry], list[str]] | None:
        try:
            with os.scandir(f"{self._root}/{directory}") as listing:
                listed = list(listing)
            if any(entry.name in IGNORE_FILES for entry in listed):
                return None
            entries, inner, went = self._sort(listed, directory + "/" if directory else "")
            if went:  # single files come and go; without their folder nothing is known of them
                os.stat(f"{self._root}/{directory}")
        except OSError as error:
            self._problem(directory, _why(error))
            self.unreadable.append(directory)
            return None
        return entries, inner

    def _sort(
        self, listed: "list[os.DirEntry[str]]", prefix: str
    ) -> tuple[list[Entry], list[str], bool]:
        entries: list[Entry] = []
        inner: list[str] = []
        went = False
        for entry in listed:
            name = entry.name
            if name.startswith(".") or name.casefold() in JUNK:
                continue
            if (wrong := _unfit(prefix + name)) is not None:
                self._problem(prefix + name, wrong)
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    inner.append(prefix + name)
                elif (found := self._entry(entry, prefix)) is not None:
                    entries.append(found)
            except FileNotFoundError:
                went = True
            except OSError as error:
                self._problem(prefix + name, _why(error))
                self.unreadable.append(prefix + name)
        return entries, inner, went

    def _entry(self, entry: "os.DirEntry[str]", prefix: str) -> Entry | None:
        if entry.is_symlink():
            self._problem(prefix + entry.name, "Links are not followed.")
            return None
        kind = kind_of(entry.name)
        if kind is None:
            return None
        about = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(about.st_mode):
            self._problem(prefix + entry.name, "This is no regular file.")
            return None
        return Entry(
            entry.name,
            kind,
            about.st_size,
            max(-_INT64, min(_INT64, about.st_mtime_ns)),
            about.st_ino & _INT64,
        )

    def _problem(self, path: str, reason: str) -> None:
        shown = path.encode("utf-8", "backslashreplace").decode()
        self.problems.append(ScanError(shown[:1000] or ".", reason))


def kind_of(name: str) -> FileKind | None:
    """What a file is by its extension, or None when it is of no interest."""
    if is_video(name):
        return FileKind.VIDEO
    if is_subtitle(name):
        return FileKind.SUBTITLE
    lower = name.lower()
    if lower.endswith(".nfo"):
        return FileKind.NFO
    return FileKind.IMAGE if lower.endswith(IMAGES) else None


def _unfit(path: str) -> str | None:
    """Why a path below the root cannot be kept, or None."""
    if path.isascii():
        length = len(path)
    else:
        try:
            length = len(path.encode())
        except UnicodeEncodeError:
            return "The name is not valid UTF-8."
    return f"The path is longer than {MOST_PATH} bytes." if length > MOST_PATH else None


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "The server may not read this."
    return f"The file system says: {error.strerror or 'error'}."
