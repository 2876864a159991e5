"""What a video is to its film, by the conventions that Kodi, Plex and Jellyfin share."""

import re

from app.naming.domain import Role
from app.naming.service.extensions import split_extension
from app.naming.service.folders import is_generic
from app.naming.service.keys import normal_title

FOLDERS: dict[str, Role] = {
    "sample": Role.SAMPLE,
    "samples": Role.SAMPLE,
    "proof": Role.SAMPLE,
    "trailer": Role.TRAILER,
    "trailers": Role.TRAILER,
    "backdrops": Role.THEME,
    "theme music": Role.THEME,
    "behind the scenes": Role.EXTRA,
    "behindthescenes": Role.EXTRA,
    "deleted scenes": Role.EXTRA,
    "deletedscenes": Role.EXTRA,
    "featurette": Role.EXTRA,
    "featurettes": Role.EXTRA,
    "interview": Role.EXTRA,
    "interviews": Role.EXTRA,
    "scenes": Role.EXTRA,
    "scene": Role.EXTRA,
    "short": Role.EXTRA,
    "shorts": Role.EXTRA,
    "clips": Role.EXTRA,
    "extra": Role.EXTRA,
    "extras": Role.EXTRA,
    "other": Role.EXTRA,
    "others": Role.EXTRA,
    "bonus": Role.EXTRA,
    "bonus features": Role.EXTRA,
    "special features": Role.EXTRA,
    "making of": Role.EXTRA,
}

SUFFIXES: dict[str, Role] = {
    "sample": Role.SAMPLE,
    "trailer": Role.TRAILER,
    "theme": Role.THEME,
    "behindthescenes": Role.EXTRA,
    "deleted": Role.EXTRA,
    "deletedscene": Role.EXTRA,
    "featurette": Role.EXTRA,
    "interview": Role.EXTRA,
    "scene": Role.EXTRA,
    "short": Role.EXTRA,
    "clip": Role.EXTRA,
    "extra": Role.EXTRA,
    "other": Role.EXTRA,
}
"""Behind the last dash, dot, underscore or (trailers and samples alone) space of a name."""

SPACED = frozenset({Role.SAMPLE, Role.TRAILER})
SUFFIX = re.compile(r"[-._ ]\s?([A-Za-z]{4,15})[-_ ]?\d{0,2}$")
STANDALONE = re.compile(r"(sample|trailer|theme)[-_ .]?\d{0,2}$", re.IGNORECASE)
SAMPLE_IN_FRONT = re.compile(r"sample-", re.IGNORECASE)
SAMPLE_AMONG_RELEASE_WORDS = re.compile(r"[-._]sample[-._](?!fix)", re.IGNORECASE)
BONUS = re.compile(r"-x\d{2}(?:-|$)")
DISC_MENU = re.compile(r"^(?:video_ts|vts_\d{2}_0)$", re.IGNORECASE)
DATED = re.compile(r"(?<!\d)(?:18|19|20)\d\d(?!\d)")
MAX_PATH = 4096


def role_of(path: str) -> Role:
    """The role of the video at this path, relative to its library. Never raises.

    Only folders inside a film's folder are looked at: a shelf called "Shorts" holds films.
    """
    *folders, file = path[-MAX_PATH:].split("/")
    stem, extension = split_extension(file)
    stem = stem.strip()
    if extension == "vob" and DISC_MENU.match(stem):
        return Role.DISC_MENU
    return _by_folder(folders) or _by_name(stem, folders) or Role.FEATURE


def _by_folder(folders: list[str]) -> Role | None:
    for depth in range(len(folders) - 1, -1, -1):
        name = folders[depth].strip().lower().replace("_", " ").replace("-", " ")
        role = FOLDERS.get(name)
        if role is not None and (depth > 0 and not _is_shelf(folders[:depth])):
            return role
        if role in SPACED:
            return role
        if DATED.search(folders[depth]):
            return None
    return None


def _is_shelf(folders: list[str]) -> bool:
    return all(is_generic(folder) for folder in folders)


def _by_name(stem: str, folders: list[str]) -> Role | None:
    if _is_film_of_its_own(stem, folders):
        return None
    standalone = STANDALONE.match(stem)
    if standalone is not None:
        in_shelf = not folders or is_generic(folders[-1])
        return None if in_shelf else SUFFIXES[standalone[1].lower()]
    if BONUS.search(stem):
        return Role.EXTRA
    return Role.SAMPLE if _is_scene_sample(stem) else _by_suffix(stem)


def _is_scene_sample(stem: str) -> bool:
    """The word stands in front, or behind the year: before it, it is one of the title."""
    if SAMPLE_IN_FRONT.match(stem):
        return True
    year = DATED.search(stem)
    return year is not None and bool(SAMPLE_AMONG_RELEASE_WORDS.search(stem, year.end()))


def _is_film_of_its_own(stem: str, folders: list[str]) -> bool:
    """The folder has the very title of the file: "The Trailer (2011)/The Trailer.mkv"."""
    if not folders:
        return False
    folder = normal_title(DATED.sub(" ", folders[-1]))
    return folder not in FOLDERS and folder == normal_title(DATED.sub(" ", stem))


def _by_suffix(stem: str) -> Role | None:
    match = SUFFIX.search(stem)
    if match is None:
        return None
    role = SUFFIXES.get(match[1].lower())
    rest = stem[: match.start()]
    if role is None or not normal_title(rest):
        return None
    separator = stem[match.start()]
    if not _is_named(rest):
        return None
    if separator == "-":
        return role
    if separator == " ":
        return role if role in SPACED else None
    spoken = match[1].islower() and (separator == "_" or " " in rest or bool(DATED.search(rest)))
    return role if spoken else None


def _is_named(rest: str) -> bool:
    """More than an article stands before the word: "300 trailer", but not "The Trailer"."""
    return rest.strip().lower() not in {"the", "a", "an", "my", "free"}
