"""A film's name out of the path of its file: the file first, folders where they know more."""

import re
import unicodedata
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from app.naming.domain import ExternalId, Modifier, MovieName, Release, Source
from app.naming.service.cuts import read_edition
from app.naming.service.editions import COLLECTION_WORDS
from app.naming.service.extensions import split_extension
from app.naming.service.folders import is_generic, is_year_folder, part_of
from app.naming.service.hashes import WORDS_FOR_FILM, is_meaningless
from app.naming.service.ids import take_edition, take_ids
from app.naming.service.keys import normal_title
from app.naming.service.lexicon import LEXICON, Strength, Tag
from app.naming.service.marks import Mark
from app.naming.service.outline import Outline, outline
from app.naming.service.posts import without_broadcast
from app.naming.service.recordings import without_recorder
from app.naming.service.release import read_release, release_marks, three_d
from app.naming.service.sites import without_sites
from app.naming.service.titles import read_titles
from app.naming.service.tokens import CLOSING, MAX_LENGTH, OPENING

SLASH = re.compile(r"(?<! )/|/(?! )")
"""A slash with spaces on both sides stands between two titles, not between folders."""
DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
WORDS = re.compile(r"\w+")
COUNTED = re.compile(r"^\dx")
LONGEST_WORD = 30
MOST_LISTED = 8
"""Parts of a path with a language behind a slash."""
MAX_PATH = 4096
FOLDERS = 4
DISC_IMAGES = frozenset({"iso", "img"})


class Reading(Struct, frozen=True):
    """What one part of a path says, and how much of it was release words."""

    name: MovieName
    marked: bool = False
    collection: bool = False


NO_RELEASE = Release()


def parse_movie(path: str) -> MovieName:
    """Read the path of a film's file, relative to its library, or a bare name.

    Never raises; `title` is None where neither the file nor a folder has a meaning.
    """
    *folders, file = path_parts(path)
    stem, extension = split_extension(file)
    own = read_name(stem)
    if extension in DISC_IMAGES:
        own = _as_disc(own)
    for folder in reversed(folders[-FOLDERS:]):
        if is_year_folder(folder):
            own = _with_year(own, int(folder))
            continue
        if is_generic(folder):
            own = _with_part(own, part_of(folder))
            continue
        own = _joined(own, read_folder(folder))
    return own.name


def path_parts(path: str) -> list[str]:
    path = path[-MAX_PATH:]
    if DRIVE.match(path):
        path = path[3:].replace("\\", "/")
    if "/" not in path:
        return [path]
    parts = [part for part in SLASH.split(path) if part] or [""]
    if len(parts) <= MOST_LISTED and not split_extension(parts[-1])[1]:
        parts = _unlisted(parts)
    return _balanced(parts) if "(" in path or "[" in path or "【" in path else parts


def _unlisted(parts: list[str]) -> list[str]:
    """In the name of a release a slash may stand between two languages: "1080p Ukr/Eng"."""
    joined = parts[:1]
    for part in parts[1:]:
        before = WORDS.findall(joined[-1][-LONGEST_WORD:])
        behind = WORDS.findall(part[:LONGEST_WORD])
        if len(before) > 1 and behind and _is_language(before[-1]) and _is_language(behind[0]):
            joined[-1] += f"/{part}"
        else:
            joined.append(part)
    return joined


def _is_language(word: str) -> bool:
    entry = LEXICON.get(COUNTED.sub("", word.lower()))
    return entry is not None and entry.tag is Tag.LANGUAGE


def _balanced(parts: list[str]) -> list[str]:
    """No bracket spans folders: the names of releases may have a slash in one, files may not."""
    joined: list[str] = []
    depth = 0
    for part in parts:
        if depth > 0:
            joined[-1] += f"/{part}"
        else:
            joined.append(part)
        depth += sum(map(part.count, OPENING)) - sum(map(part.count, CLOSING))
    return joined if depth == 0 else parts


@lru_cache(maxsize=1024)
def read_folder(name: str) -> Reading:
    """A folder's name is read once for all the files in it."""
    return read_name(name)


def composed(text: str) -> str:
    """Accents in the form of most systems; some write them as characters of their own."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def read_name(text: str) -> Reading:
    """One part of a path, without extension."""
    ids, text = take_ids(composed(text[:MAX_LENGTH]))
    edition, text = take_edition(text)
    text = without_broadcast(without_recorder(text))
    part = part_of(text)
    if part is not None or is_meaningless(text):
        return Reading(MovieName(title=None, ids=ids, part=part))
    plan = outline(without_sites(text))
    if not plan.tokens:
        return Reading(MovieName(title=None, ids=ids))
    marks = release_marks(plan)
    titles = read_titles(plan)
    name = MovieName(
        title=titles.title,
        alternative_titles=titles.alternatives,
        year=plan.year.value if plan.year is not None else None,
        edition=edition or read_edition(plan, marks),
        part=_part(marks),
        three_d=three_d(plan, marks),
        ids=ids,
        release=read_release(plan, marks),
        is_episode=any(m.tag is Tag.EPISODE for m in marks),
    )
    return Reading(name, _is_marked(marks), _is_collection(plan))


def _part(marks: list[Mark]) -> int | None:
    return next((m.value for m in marks if m.tag is Tag.PART), None)


def _is_marked(marks: list[Mark]) -> bool:
    return any(m.strength is Strength.STRONG for m in marks)


def _is_collection(plan: Outline) -> bool:
    return any(token.key in COLLECTION_WORDS for token in plan.tokens[1:])


def _as_disc(own: Reading) -> Reading:
    release = own.name.release
    if release.source is not Source.BLURAY or release.modifier is not None:
        return own
    release = replace(release, modifier=Modifier.BRDISK)
    return Reading(replace(own.name, release=release), own.marked, own.collection)


def _with_part(own: Reading, part: int | None) -> Reading:
    if part is None or own.name.part is not None:
        return own
    return Reading(replace(own.name, part=part), own.marked, own.collection)


def _with_year(own: Reading, year: int) -> Reading:
    if own.name.year is not None or own.name.title is None:
        return own
    return Reading(replace(own.name, year=year), own.marked, own.collection)


def _joined(own: Reading, folder: Reading) -> Reading:
    """The file's reading, with what only the folder knows."""
    name, other = own.name, folder.name
    if other.title is None:
        return Reading(replace(name, ids=name.ids + other.ids), own.marked, own.collection)
    if not _knows_better(own, folder):
        return own if folder.collection else _completed(own, other)
    alternatives = dict.fromkeys((*other.alternative_titles, *_own_title(name, other)))
    merged = MovieName(
        title=other.title,
        alternative_titles=tuple(t for t in alternatives if t != other.title),
        year=other.year or name.year,
        edition=name.edition or other.edition,
        part=name.part,
        three_d=name.three_d or other.three_d,
        ids=_merged_ids(name, other),
        release=merged_release(name.release, other.release),
        is_episode=name.is_episode,
    )
    return Reading(merged, own.marked or folder.marked, folder.collection)


def _own_title(name: MovieName, other: MovieName) -> tuple[str, ...]:
    """The file's own title, where it is another one than the folder's."""
    if name.title is None or normal_title(name.title) == normal_title(other.title or ""):
        return ()
    return (name.title,)


def _knows_better(own: Reading, folder: Reading) -> bool:
    name, other = own.name, folder.name
    if name.title is None or _is_word_for_film(own):
        return True
    if folder.collection:
        return False
    if name.year is None:
        return other.year is not None or (folder.marked and not _is_whole(own))
    return name.year == other.year and _is_scene_spelling(name.title, other.title or "")


def _is_word_for_film(own: Reading) -> bool:
    """A file called nothing but "film"."""
    name = own.name
    return name.year is None and not own.marked and (name.title or "").lower() in WORDS_FOR_FILM


def _is_whole(own: Reading) -> bool:
    """A file name with release words and a title in more than lower-case letters."""
    title = own.name.title or ""
    return own.marked and title != title.lower()


def _is_scene_spelling(title: str, other: str) -> bool:
    """The scene writes in lower case, its sign in front: "grp-the.film" in "The.Film-GRP"."""
    ours, theirs = normal_title(title), normal_title(other)
    if ours == theirs:
        return title.islower() and not other.islower()
    return bool(theirs) and ours.endswith(theirs)


def _completed(own: Reading, other: MovieName) -> Reading:
    """Ids, edition and release words of a folder that holds the same film."""
    name = own.name
    if normal_title(name.title or "") != normal_title(other.title or ""):
        return own
    if other.year not in {None, name.year}:
        return own
    merged = replace(
        name,
        ids=_merged_ids(name, other),
        edition=name.edition or other.edition,
        release=merged_release(name.release, other.release),
    )
    return Reading(merged, own.marked, own.collection)


def _merged_ids(name: MovieName, other: MovieName) -> tuple[ExternalId, ...]:
    sources = {i.source for i in name.ids}
    return name.ids + tuple(i for i in other.ids if i.source not in sources)


def merged_release(release: Release, other: Release) -> Release:
    """Field by field: what the file does not say, the folder may."""
    if other == NO_RELEASE:
        return release
    if release == NO_RELEASE:
        return other
    missing = {
        field: getattr(other, field)
        for field in Release.__struct_fields__
        if not getattr(release, field)
    }
    return replace(release, **missing)
