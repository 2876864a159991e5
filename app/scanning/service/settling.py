"""Changes as they are heard of, until what changed has come to rest."""

import os
import stat
import time
from collections.abc import Collection, Iterable
from enum import Enum
from pathlib import Path
from typing import Final

from msgspec import Struct

from app.scanning.service.walk import IGNORE_FILES, is_left_out, kind_of

REST: Final = 2.0  # seconds without a change of size and time
MOST_PENDING: Final = 2000
STORM_ENDS: Final = 20.0
MOST_GROWING: Final = 300
# Beside a file that is being written, or instead of it.
UNFINISHED: Final = (".part", ".aria2", ".crdownload", ".!qb", ".!qB", ".tmp", ".partial")


class Kind(Enum):
    """What stands at a path."""

    FILE = "file"
    FOLDER = "folder"
    NOTHING = "nothing"
    ELSE = "else"


class Look(Struct, frozen=True):
    """What stands at a path; `changed_at` in seconds, 0 where that means nothing."""

    kind: Kind
    mark: tuple[int, ...] = ()
    changed_at: float = 0.0


class Settled(Struct, frozen=True, kw_only=True):
    """What has come to rest since the last look.

    `unsure` are gone, and may never have been of interest. `growing` lie beside the paths and have
    not come to rest. With `everything` there was too much to tell apart.
    """

    paths: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    growing: tuple[str, ...] = ()
    everything: bool = False

    def __bool__(self) -> bool:
        return bool(self.paths or self.unsure or self.everything)


class _Pending(Struct):
    """`slight` while nothing but changes of what was there are heard of."""

    slight: bool
    look: Look | None = None
    since: float = 0.0


class Settling:
    """The changes of one folder of a library. Looks at the disk, so it lives in a thread.

    With `local` the time of change that the disk says is believed: it is of the same clock.
    """

    def __init__(self, root: str, *, local: bool = True) -> None:
        self._root, self._local = root, local
        self._pending: dict[str, _Pending] = {}
        self._told_growing: set[str] = set()
        self._storm: tuple[float, float] | None = None

    @property
    def busy(self) -> bool:
        """Whether anything has not come to rest."""
        return bool(self._pending) or self._storm is not None

    def note(self, changes: Iterable[tuple[bool, str]], now: float) -> None:
        """Paths that changed, slightly or else because they came or went."""
        for slight, path in changes:
            if self._storm is not None:
                self._storm = self._storm[0], now
                return
            if self._is_of_interest(path):
                pending = self._pending.setdefault(path, _Pending(slight))
                pending.slight = pending.slight and slight
        if len(self._pending) > MOST_PENDING:
            self._pending.clear()
            self._told_growing.clear()
            self._storm = now, now

    def _is_of_interest(self, path: str) -> bool:
        if not path.startswith(self._root + "/"):
            return False
        *inner, name = path[len(self._root) + 1 :].split("/")
        if name in IGNORE_FILES:
            return not any(is_left_out(part) for part in inner)
        unfinished = name.endswith(UNFINISHED)
        return not unfinished and not any(is_left_out(part) for part in (*inner, name))

    def look(self, now: float) -> Settled:
        """Look at what has not come to rest."""
        if self._storm is not None:
            began, last = self._storm
            if now - last < REST and now - began < STORM_ENDS:
                return Settled()
            self._storm = None
            return Settled(everything=True)
        ready: dict[str, Look] = {}
        for path, pending in list(self._pending.items()):
            seen = look_at(path)
            if _is_nothing_to_us(path, seen, slight=pending.slight):
                del self._pending[path]
                continue
            if pending.look is None or pending.look.mark != seen.mark:
                pending.look, pending.since = seen, now
                if self._local and seen.changed_at:
                    pending.since = now - min(REST, max(0.0, time.time() - seen.changed_at))
            if now - pending.since >= REST:
                if seen.kind is Kind.FILE and _is_unfinished(path):
                    continue
                ready[path] = seen
                del self._pending[path]
        for path in [p for p, seen in ready.items() if seen.kind is Kind.FOLDER]:
            self._look_into(path, now)
        return self._settled(ready)

    def _look_into(self, top: str, now: float) -> None:
        """What came into a folder before the kernel watched it was heard of by nobody."""
        if not self._local:  # all that is in it is told of by itself
            return
        for folder, inner, names in os.walk(top):
            inner[:] = [name for name in inner if not is_left_out(name)]
            present = set(names)
            for name in names:
                path = f"{folder}/{name}"
                if kind_of(name) is None or is_left_out(name) or path in self._pending:
                    continue
                seen = look_at(path)
                rested = min(REST, max(0.0, time.time() - seen.changed_at))
                unfinished = any(name + suffix in present for suffix in UNFINISHED)
                if seen.kind is Kind.FILE and (rested < REST or unfinished):
                    self._pending[path] = _Pending(False, seen, now - rested)
                if len(self._pending) > MOST_PENDING:
                    return

    def _settled(self, ready: dict[str, Look]) -> Settled:
        """A file stands for all that changed in its folder, unless it was told of as growing."""
        paths: list[str] = []
        unsure: list[str] = []
        folders: set[str] = set()
        deep: set[str] = set()
        for path, seen in ready.items():
            folder, _, name = path.rpartition("/")
            if seen.kind is Kind.FOLDER:
                deep.add(path)
                paths.append(path)
            elif seen.kind is Kind.NOTHING and kind_of(name) is None and name not in IGNORE_FILES:
                unsure.append(path)
            elif folder not in folders or path in self._told_growing or name in IGNORE_FILES:
                folders.add(folder)
                paths.append(path)
        self._told_growing -= ready.keys()
        growing = self._growing(folders, deep) if paths else []
        self._told_growing.update(growing)
        return Settled(paths=tuple(paths), unsure=tuple(unsure), growing=tuple(growing))

    def _growing(self, folders: Collection[str], deep: Collection[str]) -> list[str]:
        found = []
        for path, pending in self._pending.items():
            if pending.look is None or pending.look.kind is not Kind.FILE:
                continue
            above = path.rpartition("/")[0]
            if above in folders or any(path.startswith(folder + "/") for folder in deep):
                found.append(path)
        return found[:MOST_GROWING]


def look_at(path: str) -> Look:
    """What stands at a path now. Blocks on the disk."""
    try:
        about = Path(path).stat()
    except OSError:
        return Look(Kind.NOTHING, (0,))
    if stat.S_ISDIR(about.st_mode):
        return Look(Kind.FOLDER, (1,), about.st_ctime)
    if not stat.S_ISREG(about.st_mode):
        return Look(Kind.ELSE, (2,))
    return Look(Kind.FILE, (3, about.st_size, about.st_mtime_ns), about.st_ctime)


def _is_nothing_to_us(path: str, seen: Look, *, slight: bool) -> bool:
    """Folders change with what is in them, which is told of by itself."""
    name = path.rpartition("/")[2]
    if name in IGNORE_FILES:
        return False
    if seen.kind is Kind.FOLDER:
        return slight
    return seen.kind is Kind.ELSE or (seen.kind is Kind.FILE and kind_of(name) is None)


def _is_unfinished(path: str) -> bool:
    """Whether a program keeps a file beside this one while it writes it."""
    return any(os.path.lexists(path + suffix) for suffix in UNFINISHED)
