"""What a scan of single paths has to look at, of one folder of a library.

A directory is always looked at whole, with those that belong to it: discs of a film lie in folders
of their own. A path that is gone stands for everything that was below it.
"""

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from app.core.errors import Invalid
from app.libraries.domain import Folder, ScanError, ScanErrorCode
from app.naming.service import film_folder
from app.scanning.service.walk import IGNORE_FILES, MOST_DEPTH, MOST_PATH, is_left_out

MOST_PATHS: Final = 1000  # in one request
WHOLE: Final = ""  # the request for a whole library
LEAVE: Final = "-"  # before a path: it is still being written, and is left out


class Targets(Struct):
    """Directories relative to a folder: to be walked with all below them (`deep`) or alone with
    their discs (`shallow`), and what is not there any more. `links` are the linked folders that
    lead to some of them, `left_out` files that are not looked at yet.
    """

    deep: set[str] = field(default_factory=set)
    shallow: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    problems: list[ScanError] = field(default_factory=list)

    @property
    def covered(self) -> list[str]:
        """Below these everything that is known and was not found has vanished."""
        return sorted(self.deep | self.gone)

    def tops(self) -> list[tuple[str, bool]]:
        """Where to begin to walk, and whether to go down from there."""
        deep = [d for d in sorted(self.deep) if not _is_inside(d, self.deep)]
        shallow = [d for d in sorted(self.shallow) if d not in self.deep]
        shallow = [d for d in shallow if not _is_inside(d, self.deep)]
        return [*((d, True) for d in deep), *((d, False) for d in shallow)]


def requested(folders: Sequence[Folder], paths: Iterable[str]) -> list[str]:
    """The paths as they are kept, each once. Raises Invalid for one that is in none of the folders.

    Nothing is looked at: what vanished is asked for as well.
    """
    roots = [folder.path for folder in folders]
    return list(dict.fromkeys(_path(path, roots) for path in paths))


def requestable(folders: Sequence[Folder], paths: Iterable[str]) -> list[str]:
    """Those of the paths that `requested` takes."""
    roots = [folder.path for folder in folders]
    found = []
    for path in paths:
        with suppress(Invalid):
            found.append(_path(path, roots))
    return found


def _path(path: str, roots: Sequence[str]) -> str:
    parts = path.split("/")
    shown = repr(path[:300])
    if not path.startswith("/") or "\x00" in path or ".." in parts:
        raise Invalid(f"{shown} is not an absolute path without '..'.", field="paths")
    clean = "/" + "/".join(part for part in parts if part not in ("", "."))
    root = next((r for r in roots if clean == r or clean.startswith(r + "/")), None)
    if root is None:
        raise Invalid(f"{shown} is in no folder of this library.", field="paths")
    try:
        length = len(clean.encode()) - len(root.encode())
    except UnicodeEncodeError:
        raise Invalid("A path is not valid UTF-8.", field="paths") from None
    if length > MOST_PATH:
        raise Invalid(f"{shown}… is longer than {MOST_PATH} bytes.", field="paths")
    return clean


def below(folder: Folder, paths: Iterable[str], *, left_out: bool = False) -> list[str]:
    """Those of the paths that lie in this folder, relative to it; or those that are left out."""
    if left_out:
        paths = [path[len(LEAVE) :] for path in paths if path.startswith(LEAVE)]
    inside = (p for p in paths if p == folder.path or p.startswith(folder.path + "/"))
    return [path[len(folder.path) + 1 :] for path in inside]


def targets_of(root: str, paths: Iterable[str]) -> Targets:
    """What to look at for these relative paths. Blocks on the disk; raises OSError for the root."""
    Path(root).stat()
    found = Targets()
    for path in paths:
        try:
            _aim(root, path, found)
        except OSError as error:
            reason = f"The file system says: {error.strerror or 'error'}."
            found.problems.append(ScanError(path[:1000], reason, ScanErrorCode.UNREADABLE))
    for directory in (*found.deep, *found.shallow):
        film = film_folder(directory)
        if film != directory:
            found.shallow.add(film)
            link = found.links.get(directory, "")
            _link(found, film, link if f"{film}/".startswith(f"{link}/") else "")
    return found


def _aim(root: str, path: str, found: Targets) -> None:
    parts = path.split("/") if path else []
    if parts and parts[-1] in IGNORE_FILES:  # it came or went: everything beside it did
        del parts[-1]
    if len(parts) > MOST_DEPTH or any(is_left_out(part) for part in parts):
        return
    here, link = "", ""
    for part in parts:
        if any(os.path.lexists(f"{root}/{here}/{name}") for name in IGNORE_FILES):
            break
        inner = f"{here}/{part}" if here else part
        try:
            linked = stat.S_ISLNK(os.lstat(f"{root}/{inner}").st_mode)
            is_folder = Path(f"{root}/{inner}").is_dir()
        except FileNotFoundError:
            found.gone.add(inner)
            found.shallow.add(here)
            _link(found, here, link)
            return
        if not is_folder:
            # A file, or a link that leads nowhere: the disk behind it may be away, nothing is gone.
            found.shallow.add(here)
            if not linked:
                found.gone.add(inner)
            _link(found, here, link)
            return
        link = inner if linked else link  # the last: it says where this really is
        here = inner
    found.deep.add(here)
    _link(found, here, link)


def _link(found: Targets, directory: str, link: str) -> None:
    if link:
        found.links[directory] = link


def _is_inside(directory: str, others: set[str]) -> bool:
    """Whether one of the others holds this directory."""
    if directory == "":
        return False
    parts = directory.split("/")
    return any("/".join(parts[:length]) in others for length in range(len(parts)))
