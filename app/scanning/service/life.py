"""Whether a folder is what it was, or only the empty place of a disk that is away."""

import os
from uuid import UUID

from app.libraries.domain import FileKind
from app.libraries.repository import KnownFiles
from app.scanning.service.walk import is_left_out, kind_of

DIRS_AT_ONCE = 400


async def knows_any(known: KnownFiles, folder_id: UUID, dirs: list[str]) -> bool:
    """Whether files that are there are known in any of these directories, or below them."""
    for start in range(0, len(dirs), DIRS_AT_ONCE):
        if await known.knows_below(folder_id, dirs[start : start + DIRS_AT_ONCE]):
            return True
    return False


async def is_alive(known: KnownFiles, folder_id: UUID, seen: tuple[list[str], list[str]]) -> bool:
    """Whether a root in which these folders and videos lie is the one whose files are known: one
    that is known is among them. Where no file is known to be there any, of whatever name, will do.
    """
    folders, videos = seen
    if not await known.any_present(folder_id):
        return bool(folders or videos)
    return await knows_any(known, folder_id, [*folders, *([""] if videos else [])])


def shown_in(path: str) -> tuple[list[str], list[str]]:
    """Names of the folders and the videos in a folder, but for what no scan takes. Blocks on the
    disk; nothing where it cannot be read.
    """
    folders, videos = [], []
    try:
        with os.scandir(path) as listing:
            for entry in listing:
                if is_left_out(entry.name) or not _is_text(entry.name):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif kind_of(entry.name) is FileKind.VIDEO:
                    videos.append(entry.name)
    except OSError:
        return [], []
    return sorted(folders), sorted(videos)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
