"""What kind of library a folder is, by a part of the names in it."""

from collections import Counter
from typing import Final

from app.libraries.domain import FileKind, LibraryKind
from app.naming.domain import Role
from app.naming.service import is_series_folder, role_of, series_folder
from app.scanning.service.mixed import FILM_NFO, SHOW_NFO, is_episode
from app.scanning.service.walk import Walk

MOST_VIDEOS: Final = 2000
MOST_FOLDERS: Final = 5000


def detected_kind(root: str) -> LibraryKind:
    """Films where nothing is found. Blocks on the disk; raises OSError for a root that is away."""
    votes: dict[str, Counter[LibraryKind]] = {}
    walk, videos = Walk(root), 0
    for folders, walked in enumerate(walk):
        folder = series_folder(walked.dir)
        together = is_series_folder(walked.dir, folder)
        for entry in walked.entries:
            path = f"{walked.dir}/{entry.name}" if walked.dir else entry.name
            said = _said(path, entry.kind)
            if said is not None:
                votes.setdefault(folder if together else path, Counter())[said[0]] += said[1]
                videos += entry.kind is FileKind.VIDEO
        if videos >= MOST_VIDEOS or folders >= MOST_FOLDERS:
            walk.stopped = True
    found = {
        LibraryKind.SHOWS if c[LibraryKind.SHOWS] >= c[LibraryKind.MOVIES] else LibraryKind.MOVIES
        for c in votes.values()
    }
    if len(found) > 1:
        return LibraryKind.MIXED
    return found.pop() if found else LibraryKind.MOVIES


def _said(path: str, kind: FileKind) -> tuple[LibraryKind, int] | None:
    """What a file says of its folder, and how much that counts."""
    name = path.rpartition("/")[2].casefold()
    if name == SHOW_NFO:
        return LibraryKind.SHOWS, MOST_VIDEOS
    if name == FILM_NFO:
        return LibraryKind.MOVIES, MOST_VIDEOS
    if kind is not FileKind.VIDEO or role_of(path) is not Role.FEATURE:
        return None
    return (LibraryKind.SHOWS if is_episode(path) else LibraryKind.MOVIES), 1
