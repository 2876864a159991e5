"""The walk: one `scandir` per folder, one `stat` per file, links followed with care, nothing fatal.

In a library that follows links, one to a file or folder outside of it is followed as if what it
leads to lay there. Not followed, and reported: what is found in the library by itself (so no loop
can arise), what belongs to another library or to the system, and what is another kind of file than
the link's name says.
Runs in a thread.
"""

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import ELOOP
from heapq import heappop, heappush
from typing import Final

from msgspec import Struct

from app.libraries.domain import BadFolder, FileKind, ScanError
from app.libraries.domain import ScanErrorCode as Code
from app.libraries.service import usable_folder
from app.naming.service import film_folder, is_subtitle, is_video

MOST_DEPTH: Final = 64
MOST_PATH: Final = 2000  # bytes below the root; an index entry of PostgreSQL holds 2,700
IGNORE_FILES: Final = frozenset({".nomedia", ".ignore"})
# What systems, network disks and programs keep beside the media. Names with a dot are hidden
# anyway; these are the ones that nobody wants to be told of.
JUNK: Final = frozenset(
    {
        *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),
        *("$recycle.bin", "recycler", "lost+found", "system volume information"),
    }
)
IMAGES: Final = (".jpg", ".jpeg", ".png", ".webp", ".tbn")
_QUIET: Final = ("._", ".trash", ".recycle", ".ds_store", ".appledouble", ".@__thumb")
_DATED: Final = re.compile(r"\((?:18|19|20)\d\d\)")
_INT64: Final = (1 << 63) - 1


class Entry(Struct, frozen=True):
    """A file of interest. `size` in bytes; the inode is only ever a hint."""

    name: str
    kind: FileKind
    size: int
    mtime_ns: int
    inode: int


class Walked(Struct, frozen=True):
    """A directory that could be read, relative to the root, its files of interest, and whether
    discs of a film have folders of their own in it.
    """

    dir: str
    entries: tuple[Entry, ...]
    holds_discs: bool = False


class Bounds(Struct, frozen=True):
    """Folders that links do not lead into: those of the library, and those of other libraries.

    Unless they may lead `out`, they lead nowhere but to what is left out of the library itself.
    """

    own: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    out: bool = False


class Walk:
    """One walk over one root. Below `unreadable` nothing is known; `followed` are links to
    folders; `ignored` are folders that say so themselves.
    """

    def __init__(self, root: str, bounds: Bounds | None = None) -> None:
        self._root = root
        self._bounds = bounds or Bounds()
        self.problems: list[ScanError] = []
        self.unreadable: list[str] = []
        self.followed: list[str] = []
        self.ignored: list[str] = []
        self.met: list[str] = []
        self.stopped = False
        self._device: int | None = None
        self._own: tuple[str, ...] = ()
        self._links: list[tuple[str, int]] = []
        self._walked: set[str] = set()
        self._seen: set[tuple[int, int] | str] = set()

    def intact(self) -> bool:
        """Whether the root is still on the disk that the walk began on. Blocks on the disk."""
        try:
            return os.stat(self._root).st_dev == self._device
        except OSError:
            return False

    def __iter__(self) -> Iterator[Walked]:
        """Directories in no particular order. Raises OSError when the root cannot be read."""
        self._begin()
        yield from self._tree("", 0, None)
        # Linked folders after all real ones and by name, so that what two of them lead to has the
        # same path in every walk.
        while self._links and not self.stopped:
            path, depth = heappop(self._links)
            target = self._target(path)
            if target is not None:
                self.followed.append(path)
                yield from self._tree(path, depth, target)

    def of(self, tops: Iterable[tuple[str, bool]], links: Mapping[str, str]) -> Iterator[Walked]:
        """Only these directories, with all below them or else just with their discs; `links` are
        the linked folders that lead to some of them. What is a linked folder itself is not
        followed but `met`. Raises OSError when the root cannot be read.
        """
        self._begin()
        for top, deep in tops:
            target, link = None, links.get(top)
            if link is not None:
                real = self._target(link)
                if real is None:
                    continue
                if link not in self.followed:
                    self.followed.append(link)
                target = real + top[len(link) :]
                if (wrong := self._elsewhere(target)) is not None:
                    self._problem(top, wrong, Code.LINK)
                    continue
            yield from self._tree(top, top.count("/") + 1 if top else 0, target, deep=deep)
        while self._links:
            self.met.append(heappop(self._links)[0])

    def _begin(self) -> None:
        self._device = os.stat(self._root).st_dev
        os.scandir(self._root).close()
        self._own = tuple(os.path.realpath(f) for f in (self._root, *self._bounds.own))

    def _tree(
        self, top: str, depth: int, target: str | None, *, deep: bool = True
    ) -> Iterator[Walked]:
        stack = [(top, depth)]
        while stack and not self.stopped:
            directory, depth = stack.pop()
            if directory in self._walked:
                continue
            if target is not None and not self._is_new(directory, target + directory[len(top) :]):
                continue
            self._walked.add(directory)
            real = (
                f"{self._own[0]}/{directory}" if target is None else target + directory[len(top) :]
            )
            found = self._read(directory, depth, real.rstrip("/"))
            if found is None:
                continue
            entries, inner = found
            discs = [name for name in inner if film_folder(name) != name]
            inner = inner if deep else discs
            if depth < MOST_DEPTH:
                stack += [(name, depth + 1) for name in inner]
            elif inner:
                self._problem(
                    directory, f"Folders are nested deeper than {MOST_DEPTH} levels.", Code.NAME
                )
            yield Walked(directory, tuple(entries), bool(discs))

    def _read(self, directory: str, depth: int, real: str) -> tuple[list[Entry], list[str]] | None:
        try:
            with _opened(f"{self._root}/{directory}", real) as descriptor:
                with os.scandir(descriptor) as listing:
                    listed = list(listing)
                if any(entry.name in IGNORE_FILES for entry in listed):
                    self.ignored.append(directory)
                    return None
                prefix = directory + "/" if directory else ""
                entries, inner, went = self._sort(listed, prefix, depth)
            if went:  # single files come and go; without their folder nothing is known of them
                os.stat(f"{self._root}/{directory}")
        except OSError as error:
            self._problem(directory, _why(error))
            self.unreadable.append(directory)
            return None
        return entries, inner

    def _sort(
        self, listed: "list[os.DirEntry[str]]", prefix: str, depth: int
    ) -> tuple[list[Entry], list[str], bool]:
        entries: list[Entry] = []
        inner: list[str] = []
        went = False
        for entry in listed:
            name = entry.name
            if is_left_out(name):
                if _is_missed(name):
                    self._problem(
                        prefix + name, "Names that begin with a dot are left out.", Code.NAME
                    )
                continue
            if (wrong := _unfit(prefix + name)) is not None:
                self._problem(prefix + name, wrong, Code.NAME)
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    inner.append(prefix + name)
                elif (found := self._entry(entry, prefix, depth)) is not None:
                    entries.append(found)
            except FileNotFoundError:
                went = True
            except OSError as error:
                self._problem(prefix + name, _why(error))
                self.unreadable.append(prefix + name)
        return entries, inner, went

    def _entry(self, entry: "os.DirEntry[str]", prefix: str, depth: int) -> Entry | None:
        if entry.is_symlink():
            return self._linked(entry, prefix + entry.name, depth)
        kind = kind_of(entry.name)
        if kind is None:
            return None
        about = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(about.st_mode):
            self._problem(prefix + entry.name, "This is no regular file.", Code.NO_FILE)
            return None
        return _entry_of(entry.name, kind, about)

    def _linked(self, entry: "os.DirEntry[str]", path: str, depth: int) -> Entry | None:
        """What a link leads to, when it is a file to take; folders are kept for later."""
        try:
            about = entry.stat()
            target = os.path.realpath(f"{self._root}/{path}", strict=True)
        except OSError as error:  # whatever was there is not taken for deleted: a disk may be away
            self._lost(path, _why_not(error))
            return None
        if stat.S_ISDIR(about.st_mode):
            heappush(self._links, (path, depth + 1))
            return None
        kind = kind_of(entry.name)
        if kind is None:
            return None
        if not stat.S_ISREG(about.st_mode):
            self._problem(path, "This is no regular file.", Code.NO_FILE)
        elif kind_of(target) is not kind:  # a picture called passwd is none
            self._problem(path, "The link leads to another kind of file.", Code.LINK)
        elif (wrong := self._elsewhere(target)) is not None:
            self._problem(path, wrong, Code.LINK)
        else:
            return _entry_of(entry.name, kind, about)
        return None

    def _target(self, path: str) -> str | None:
        """The real path of a linked folder that may be walked, or None."""
        try:
            target = os.path.realpath(f"{self._root}/{path}", strict=True)
            wrong = self._elsewhere(target)
            if wrong is None:
                usable_folder(target)
        except OSError as error:
            self._lost(path, _why_not(error))
            return None
        except BadFolder as error:
            self._lost(path, f"The link is not followed: {error}")
            return None
        if wrong is not None:
            self._problem(path, wrong, Code.LINK)
            return None
        if not self._seen:
            self._seen = {self._identity(f"{self._root}/{known}") for known in self._walked}
        return target

    def _elsewhere(self, target: str) -> str | None:
        """Why what a link leads to is not taken here, or None."""
        for folder in self._own:
            if _is_below(folder, target):
                return "The link leads back to a folder that holds it."
            if _is_below(target, folder):
                inner = target[len(folder) :].split("/")
                if not any(is_left_out(name) for name in inner if name):
                    return "The link leads to what the library has by itself."
        if any(_is_below(target, folder) for folder in self._bounds.foreign):
            return "The link leads into another library."
        if self._bounds.out or any(_is_below(target, folder) for folder in self._own):
            return None
        return "The link leads out of the library, which does not follow such links."

    def _is_new(self, directory: str, real: str) -> bool:
        """Whether a folder below a link is in no library and was not walked yet."""
        if real in self._bounds.foreign:
            self._problem(directory, "The link leads into another library.", Code.LINK)
            return False
        identity = self._identity(f"{self._root}/{directory}")
        if identity in self._seen:
            self._problem(directory, "The link leads to what the library has by itself.", Code.LINK)
            return False
        self._seen.add(identity)
        return True

    def _identity(self, path: str) -> tuple[int, int] | str:
        """Device and inode; the real path where a file system has no inodes."""
        try:
            about = os.stat(path)
        except OSError:
            return path
        return (about.st_dev, about.st_ino) if about.st_ino else os.path.realpath(path)

    def _lost(self, path: str, reason: str) -> None:
        self._problem(path, reason, Code.LINK)
        self.unreadable.append(path)

    def _problem(self, path: str, reason: str, code: Code = Code.UNREADABLE) -> None:
        # Bytes that are no text are shown as numbers.
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        self.problems.append(ScanError(shown[:1000] or ".", reason, code))


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


def is_left_out(name: str) -> bool:
    """Whether a file or folder of this name is none of ours: hidden, or a system's own."""
    return name.startswith(".") or name.casefold() in JUNK


def _is_missed(name: str) -> bool:
    """Whether somebody may look for a hidden file or folder: ".45 (2006)" is a film."""
    lower = name.lower()
    return not lower.startswith(_QUIET) and (is_video(name) or bool(_DATED.search(name)))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _entry_of(name: str, kind: FileKind, about: os.stat_result) -> Entry:
    mtime = max(-_INT64, min(_INT64, about.st_mtime_ns))
    return Entry(name, kind, about.st_size, mtime, about.st_ino & _INT64)


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


def _why_not(error: OSError) -> str:
    """Why a link cannot be followed."""
    if isinstance(error, FileNotFoundError):
        return "The link leads nowhere; is its disk mounted?"
    return "The link leads to itself." if error.errno == ELOOP else _why(error)


class _Exchanged(OSError):
    """Another folder stands where one was found."""


@contextmanager
def _opened(path: str, real: str) -> Iterator[int]:
    """A descriptor of a folder, which is the one at this real path: since it was found, a link to
    elsewhere may have taken its place. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(FileNotFoundError):  # no /proc
            opened = os.readlink(f"/proc/self/fd/{descriptor}")
            # File systems may fold the case of names, or write their accents differently.
            if opened != real and _folded(opened) != _folded(real):
                raise _Exchanged
        yield descriptor
    finally:
        os.close(descriptor)


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _why(error: OSError) -> str:
    if isinstance(error, _Exchanged):
        return "Another folder took its place while it was read."
    if isinstance(error, PermissionError):
        return "The server may not read this."
    return f"The file system says: {error.strerror or 'error'}."
