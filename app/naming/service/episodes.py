"""An episode's name out of the path of its file: series folder, season folder, file."""

import re
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from app.naming.domain import EpisodeName, ExternalId, SeriesFolder
from app.naming.service.cuts import read_edition
from app.naming.service.episode_titles import episode_title
from app.naming.service.extensions import split_extension
from app.naming.service.findings import Rank
from app.naming.service.folders import part_of
from app.naming.service.hashes import is_meaningless
from app.naming.service.ids import take_edition, take_ids
from app.naming.service.keys import normal_title
from app.naming.service.lexicon import Strength, Tag
from app.naming.service.marks import Mark, mark
from app.naming.service.movies import (
    FOLDERS,
    composed,
    merged_release,
    path_parts,
)
from app.naming.service.numbering import Numbering, numbering
from app.naming.service.outline import Outline, planned
from app.naming.service.posts import prepared, unglued
from app.naming.service.recordings import without_recorder
from app.naming.service.release import read_release, release_marks, three_d
from app.naming.service.seasons import is_shelf, plain_season
from app.naming.service.series_titles import series_titles, series_year
from app.naming.service.sites import without_sites
from app.naming.service.titles import is_latin, phrase, tidy
from app.naming.service.tokens import MAX_LENGTH, Name, scan

SURE = Rank.BROKEN
"""From this rank on a number is an episode's wherever it stands."""


class Reading(Struct, frozen=True):
    """What one part of a path says; `rank` is the surety of its numbers."""

    name: EpisodeName
    rank: int = 0
    packed: int | None = None
    mini: bool = False


SPELLED_RANKS = frozenset({Rank.DATE, Rank.CODE})
FEW = 6
"""Words of which chance may make a code."""
MOST_TITLES = 3
SPELLED = re.compile(r"\d+|[^\W\d_]+\d*|(?:\d*[a-zх]{1,2}\d+)+(?:v\d|[a-d]|end)?")
"""A number, a word, or signs with their numbers: "12", "folge", "s01e02", "1x02v2"."""
UNNUMBERED = Numbering(Rank.DOUBTFUL, [])
NOTHING = Reading(EpisodeName(title=None))


def parse_episode(path: str) -> EpisodeName:
    """Read the path of an episode's file, relative to its library, or the name of a release.

    Never raises. Without a title and without numbers the name is not recognised.
    """
    *folders, file = path_parts(path)
    stem, _ = split_extension(file)
    reading = read_name(stem)
    mini = reading.mini
    for folder in reversed(folders[-FOLDERS:]):
        season = plain_season(folder)
        if season is not None:
            reading = _in_season(reading, season)
            continue
        if part_of(folder) is not None or is_shelf(folder):
            continue
        above = read_folder(folder)
        reading = _joined(reading, above)
        if above.rank == 0:
            break
    name = reading.name if folders else _titled(reading)
    return replace(name, season=1) if mini and name.season is None else name


def _titled(reading: Reading) -> EpisodeName:
    """Without a folder a bare number in front has the title behind it: "01 - Title"."""
    name = reading.name
    if name.title is not None or reading.rank > Rank.PLAIN or name.episode_title is None:
        return name
    title, _, rest = name.episode_title.partition(" - ")
    return replace(name, title=title, episode_title=rest or None)


def parse_series_folder(name: str) -> SeriesFolder:
    """Title, year, country and ids of a series' folder: "Show (2010) {tvdb-1}"."""
    read = read_folder(name).name
    return SeriesFolder(title=read.title, year=read.year, country=read.country, ids=read.ids)


def parse_season_folder(name: str) -> int | None:
    """The season whose folder is called so, 0 for specials; None for any other folder.

    "Season 1", "S01", "1. Staffel", "第2季", "Specials", and "Show Name Season 01".
    """
    season = plain_season(name)
    if season is not None:
        return season
    read = read_folder(name).name
    single = read.is_season_pack and not read.seasons and read.title is not None
    return read.season if single else None


def looks_like_episode(path: str) -> bool:
    """Whether a path is one of a show, by its numbers or by a season's folder. Never raises."""
    *folders, file = path_parts(path)
    if any(plain_season(folder) for folder in folders):
        return True
    stem, _ = split_extension(file)
    if folders and read_folder(folders[-1]).rank == Rank.CODE:
        return True
    _, text = take_ids(composed(stem[:MAX_LENGTH]))
    name, marks = _scanned(text)
    found = numbering(name, _by_token(name, marks))
    if found is None:
        return False
    tagged = bool(name.groups) and name.groups[0].first == 0
    return found.rank >= SURE or found.pack or (tagged and found.rank is Rank.DASHED)


@lru_cache(maxsize=1024)
def read_folder(name: str) -> Reading:
    """A folder's name is read once for all the files in it."""
    return read_name(name, folder=True)


def _scanned(text: str) -> tuple[Name, list[Mark]]:
    name = scan(without_sites(without_recorder(prepared(text))))
    return name, mark(name)


def _by_token(name: Name, marks: list[Mark]) -> list[Mark | None]:
    at: list[Mark | None] = [None] * len(name.tokens)
    for found in marks:
        for index in range(found.first, found.last):
            at[index] = found
    return at


def read_name(text: str, *, folder: bool = False) -> Reading:
    """One part of a path, without extension."""
    ids, text = take_ids(composed(text[:MAX_LENGTH]))
    edition, text = take_edition(text)
    name, marks = _scanned(text)
    if not name.tokens:
        return Reading(EpisodeName(title=None, ids=ids))
    numbers = numbering(name, _by_token(name, marks), folder=folder)
    if not _is_spelled(name, numbers) and is_meaningless(text):
        return Reading(EpisodeName(title=None, ids=ids))
    if numbers is None or numbers.rank < SURE:
        apart = unglued(text)
        if apart != text:
            return read_name(apart, folder=folder)
    if numbers is not None and numbers.rank is Rank.BROKEN:
        return NOTHING
    slash = _second_name(name, numbers)
    if slash:
        return _doubled(read_name(text[name.tokens[slash].start :], folder=folder), name, numbers)
    plan = planned(name, _numbered(name, marks, numbers) if numbers is not None else marks)
    if numbers is not None:
        _turn_around(plan, numbers)
    return _read(plan, numbers, ids, edition)


def _turn_around(plan: Outline, numbers: Numbering) -> None:
    """The title may stand behind the number: "[Group] 06 Title", and "01 - Title"."""
    first, groups = numbers.spans[0][0], plan.name.groups
    tagged = numbers.rank <= Rank.PLAIN and bool(groups) and groups[0].first == 0
    behind = episode_title(plan, numbers) if tagged and groups[0].last == first else (0, 0)
    if first > plan.start and behind[0] == behind[1]:
        return
    plan.start = plan.end = first
    plan.asides = ()
    if tagged:
        plan.start, plan.end = episode_title(plan, numbers)


def _is_spelled(name: Name, numbers: Numbering | None) -> bool:
    """A code or a day with nothing glued to it is no accident of random letters."""
    if numbers is None or numbers.rank not in SPELLED_RANKS:
        return False
    if len(name.tokens) > FEW:
        return True
    first, last = numbers.spans[0]
    return all(SPELLED.fullmatch(token.key) for token in name.tokens[first:last])


def _second_name(name: Name, numbers: Numbering | None) -> int:
    """The first word behind the slash in "Назва (S1E2) / Title (S1E2)"; 0 without one."""
    if numbers is None or numbers.again is None or name.text.count(" / ") > MOST_TITLES:
        return 0
    between = range(numbers.spans[0][1], numbers.again[0])
    return next((i for i in between if " / " in name.tokens[i].gap), 0)


def _doubled(second: Reading, name: Name, numbers: Numbering | None) -> Reading:
    """Both halves say the same in two languages; databases know the Latin title."""
    read = second.name
    if numbers is None or read.title is None:
        return second
    first = tidy(name.text[: name.tokens[numbers.spans[0][0]].start].rstrip(" (["))
    if not first:
        return second
    titles = [first, read.title] if is_latin(first) else [read.title, first]
    others = tuple(dict.fromkeys((*titles[1:], *read.alternative_titles)))
    return replace(second, name=replace(read, title=titles[0], alternative_titles=others))


def _numbered(name: Name, marks: list[Mark], numbers: Numbering) -> list[Mark]:
    """The marks, with those of the episode's numbers instead of what lies under them."""
    spans = numbers.spans
    if _has_second_title(name, marks, numbers):
        last = spans[-1][0]
        marks = [m for m in marks if m.first >= last or name.group_of(m.first) is None]
        spans = spans[-1:]
    begin = spans[0][0]
    kept = [
        m
        for m in marks
        if not (m.tag is Tag.EPISODE and m.first > begin)
        and not (m.tag is Tag.YEAR and not _is_series_year(name, m, numbers))
    ]
    for first, last in spans:
        before = [m for m in kept if m.last <= first]
        said = Mark(Tag.EPISODE, None, Strength.STRONG, first, last)
        kept = [*before, said, *(m for m in kept if m.first >= last)]
    return kept


def _has_second_title(name: Name, marks: list[Mark], numbers: Numbering) -> bool:
    """Chinese releases: local title, season or bracketed episodes, English title, "S01"."""
    (_, first), (last, _) = numbers.spans[0], numbers.spans[-1]
    if first >= last or name.group_of(last) is not None:
        return False
    divided = any("/" in token.gap for token in name.tokens[first:last])
    if name.group_of(first - 1) is None and not divided:
        return False
    marked = {index for m in marks for index in range(m.first, m.last)}
    between = [t for t in name.tokens[first:last] if t.group < 0]
    return any(t.text.isascii() and t.text.isalpha() for t in between) and not any(
        i in marked and name.tokens[i].group < 0 for i in range(first, last)
    )


def _is_series_year(name: Name, found: Mark, numbers: Numbering) -> bool:
    """Before the numbers, right behind those of a pack, or first in a bracket."""
    first, last = numbers.spans[0][0], numbers.spans[-1][1]
    group = name.group_of(found.first)
    bracketed = group is not None and group.first == found.first
    return found.first < first or bracketed or (numbers.pack and found.first == last)


def _read(
    plan: Outline, numbers: Numbering | None, ids: tuple[ExternalId, ...], edition: str | None
) -> Reading:
    titles, country = series_titles(plan, whole=numbers is None or len(numbers.spans) == 1)
    first, last = episode_title(plan, numbers)
    if first < plan.end:
        first = last = plan.end
    marks = [m for m in release_marks(plan) if not first <= m.first < last]
    three = three_d(plan, marks)
    if first < last:
        plan.end = last - 1  # who released it stands behind the episode's title
    release = read_release(plan, marks)
    part = next((m.value for m in marks if m.tag is Tag.PART), None)
    said = numbers or UNNUMBERED
    if said.version > 1 and said.version - 1 > release.proper:
        release = replace(release, proper=said.version - 1)
    name = EpisodeName(
        title=titles.title,
        alternative_titles=titles.alternatives,
        year=series_year(plan),
        country=country,
        season=said.season,
        seasons=said.seasons,
        episodes=said.episodes,
        absolute=said.absolute,
        air_date=said.air_date,
        part=said.part if said.part is not None else part,
        episode_title=phrase(plan, first, last) or None,
        is_special=said.special,
        is_season_pack=said.pack,
        edition=edition or read_edition(plan, marks),
        three_d=three,
        ids=ids,
        release=release,
    )
    return Reading(name, 0 if numbers is None else int(said.rank), said.packed, said.mini)


def _in_season(reading: Reading, season: int) -> Reading:
    """A file in a season's folder: what the file leaves open, the folder says."""
    name = reading.name
    if name.season is not None:
        return reading
    packed = reading.packed
    if packed is not None and packed // 100 == season and season:
        name = replace(name, absolute=(), episodes=(packed % 100,))
    if not name.episodes and name.absolute:
        name = replace(name, episodes=name.absolute, absolute=())
    name = replace(name, season=season, is_special=name.is_special or season == 0)
    return Reading(name, reading.rank)


def _joined(reading: Reading, folder: Reading) -> Reading:
    """The file's reading, with the title, year and ids that only the folder knows."""
    name, above = reading.name, folder.name
    merged = replace(name, ids=_merged_ids(name.ids, above.ids))
    if reading.rank == 0:
        merged = _counted_by_title(merged, above.title)
    numbered = _is_numbered_by(reading, folder)
    if numbered:
        merged = _numbers_of(merged, above)
    if above.title is None:
        return Reading(merged, max(reading.rank, folder.rank))
    same = name.title is not None and normal_title(name.title) == normal_title(above.title)
    if name.title is None or numbered or reading.rank == 0 or same:
        merged = replace(
            merged,
            title=name.title if same and not (name.title or "").islower() else above.title,
            year=name.year or above.year,
            country=name.country or above.country,
            alternative_titles=tuple(
                dict.fromkeys((*name.alternative_titles, *above.alternative_titles))
            ),
        )
    if folder.rank > 0:
        merged = replace(merged, release=merged_release(merged.release, above.release))
        if merged.season is None and above.season is not None:
            merged = _in_season(Reading(merged), above.season).name
    return Reading(merged, max(reading.rank, folder.rank))


def _counted_by_title(name: EpisodeName, title: str | None) -> EpisodeName:
    """In a season's folder the file has the series' title and a number: "Title 2"."""
    words, _, number = (name.title or "").rpartition(" ")
    if name.season is None or title is None or not number.isdecimal() or len(number) > 3:
        return name
    if normal_title(words) != normal_title(title):
        return name
    return replace(name, episodes=(int(number),))


def _is_numbered_by(reading: Reading, folder: Reading) -> bool:
    """The folder is the release of one episode, and the file's own numbers are none of codes."""
    if folder.rank == 0 or reading.rank == 0:
        return folder.rank > 0
    return (
        folder.rank == Rank.CODE and reading.rank <= Rank.SEASON and len(folder.name.episodes) == 1
    )


def _numbers_of(name: EpisodeName, above: EpisodeName) -> EpisodeName:
    """The folder holds one release: its numbers are the file's."""
    return replace(
        name,
        season=above.season,
        seasons=above.seasons,
        episodes=above.episodes,
        absolute=above.absolute,
        air_date=above.air_date,
        is_special=above.is_special,
        is_season_pack=above.is_season_pack,
    )


def _merged_ids(
    ids: tuple[ExternalId, ...], others: tuple[ExternalId, ...]
) -> tuple[ExternalId, ...]:
    sources = {i.source for i in ids}
    return ids + tuple(i for i in others if i.source not in sources)
