"""Everything in a name that counts something: codes, dates, words with numbers, bare numbers."""

from datetime import date
from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from app.naming.service.air_dates import MONTHS, date_at, is_broken_date
from app.naming.service.atoms import GLUED
from app.naming.service.coding import code_at, season_at
from app.naming.service.counting import (
    Atoms,
    Count,
    atom_at,
    begins_word,
    counted,
    episode_at,
    is_number,
    span,
)
from app.naming.service.episode_words import (
    DOUBTFUL_SEASON_WORDS,
    EPISODE_SIGNS,
    EPISODE_WORDS,
    GLUED_SPECIALS,
    OF_WORDS,
    PACKING_WORDS,
    PART_WORDS,
    SEASON_SIGNS,
    SEASON_WORDS,
    SPECIAL_WORDS,
)
from app.naming.service.marks import Mark
from app.naming.service.numerals import ORDINAL_WORDS, number_word
from app.naming.service.plain import DASHED_GAPS, plain_number, unpacked
from app.naming.service.tokens import OPENING, Name

STARTERS = (
    frozenset(MONTHS)
    | SEASON_SIGNS
    | EPISODE_SIGNS
    | SEASON_WORDS
    | DOUBTFUL_SEASON_WORDS
    | EPISODE_WORDS
    | SPECIAL_WORDS
    | PART_WORDS
    | ORDINAL_WORDS
    | frozenset("第")
)
"""Words with which something that counts can begin."""


class Rank(IntEnum):
    """How surely a number is one of an episode; a name's surest numbers count."""

    DOUBTFUL = 0
    BARE = 1
    PART = 2
    PLAIN = 3
    PACKED = 4
    SEASON = 5
    SPECIAL = 6
    OF = 7
    DASHED = 8
    POINTED = 9
    BROKEN = 10
    """A date that there is not: nothing in the name can be trusted."""
    DATE = 11
    WORD = 12
    CODE = 13


CODED = frozenset({Rank.PACKED, Rank.POINTED, Rank.CODE})
"""A season and its episodes."""
PLAIN_RANKS = frozenset({Rank.BARE, Rank.PLAIN, Rank.DASHED})


class Found(Struct, gc=False):
    """Something that counts, at these atoms."""

    rank: Rank
    first: int
    count: Count
    season: Count | None = None
    air_date: date | None = None
    surety: int = 0


def all_found(atoms: Atoms, name: Name, at: list[Mark | None]) -> list[Found]:
    found: list[Found] = []
    index, count, coded, closed = 0, len(atoms), False, False
    while index < count:
        atom = atoms[index]
        closed = closed or (coded and not atom.text)
        one = None
        if closed:  # behind a code and a release word nothing but a day counts
            one = _dated(atoms, index) if atom.value >= 0 else None
        elif atom.value >= 0 or atom.text in STARTERS:
            one = _found_at(atoms, index, name, at)
        if one is None or not begins_word(atoms, one.count.after):
            index += 1
            continue
        found.append(one)
        coded = coded or one.rank is Rank.CODE
        index = max(one.count.after, index + 1)
    return found


def _found_at(atoms: Atoms, index: int, name: Name, at: list[Mark | None]) -> Found | None:
    atom = atoms[index]
    if atom.value >= 0 or atom.text in MONTHS:
        when = _dated(atoms, index)
        if when is not None:
            return when
    code = code_at(atoms, index)
    if code is not None:
        return Found(Rank.CODE, index, code[1], code[0])
    episode = episode_at(atoms, index)
    if episode is not None:
        return _worded(atoms, index, episode)
    season = season_at(atoms, index)
    if season is not None:
        doubtful = atom.text in DOUBTFUL_SEASON_WORDS
        return Found(Rank.DOUBTFUL if doubtful else Rank.SEASON, index, season, season)
    if atom.value >= 0:
        return _number(atoms, index, name, at)
    return _lettered(atoms, index)


def _dated(atoms: Atoms, index: int) -> Found | None:
    when = date_at(atoms, index)
    if when is not None:
        return Found(Rank.DATE, index, Count((), when[1]), air_date=when[0])
    broken = is_broken_date(atoms, index)
    return Found(Rank.BROKEN, index, Count((), index + 3)) if broken else None


def _worded(atoms: Atoms, index: int, episode: Count) -> Found:
    """Behind "Cap." season and episode may be one number; "Episode 1.22" has both."""
    value = episode.values[0]
    if atoms[index].text in PACKING_WORDS and value > 100 and value % 100:
        return _packed_word(atoms, index, episode)
    behind = atom_at(atoms, episode.after)
    if behind.gap == "." and is_number(behind, 2) and behind.width == 2 and value < 100:
        season = Count((value,), episode.after)
        return Found(Rank.CODE, index, counted(atoms, episode.after + 1, behind.value), season)
    if len(episode.values) == 1 and behind.gap == " - " and atoms[index].text in EPISODE_WORDS:
        episode = _plain_count(atoms, episode.after - 1, loose=True)
    if atom_at(atoms, episode.after).text in OF_WORDS:
        total = is_number(atom_at(atoms, episode.after + 1), 3)
        episode = replace(episode, after=episode.after + 2) if total else episode
    return Found(Rank.WORD, index, episode)


def _packed_word(atoms: Atoms, index: int, episode: Count) -> Found:
    """Reads "Cap.102", "Cap.102-104" and "Cap.102_104"."""
    season = episode.values[0] // 100
    values = [v % 100 for v in episode.values if v // 100 == season]
    after = episode.after
    last = atom_at(atoms, after)
    if last.gap == "_" and is_number(last) and last.value // 100 == season:
        values, after = list(span(values[0], last.value % 100)), after + 1
    return Found(Rank.CODE, index, Count(tuple(values), after), Count((season,), index + 1))


def _number(atoms: Atoms, index: int, name: Name, at: list[Mark | None]) -> Found | None:
    found = _of(atoms, index) or _pointed(atoms, index, name)
    if found is not None:
        return found
    group = bool(name.groups) and name.groups[0].first == 0
    packed = None if group or at[atoms[index].token] is not None else unpacked(atoms, index)
    if packed is not None:
        season, episodes, after = packed
        return Found(Rank.PACKED, index, Count(episodes, after), Count((season,), index))
    plain = plain_number(atoms, index, name, at)
    if plain is None:
        return None
    rank = Rank.DASHED if plain.dashed else Rank.PLAIN if plain.surety > 1 else Rank.BARE
    return Found(rank, index, _plain_count(atoms, index), surety=plain.surety)


def _plain_count(atoms: Atoms, index: int, *, loose: bool = False) -> Count:
    """Ranges may have spaces around their dash when nothing but a bracket follows."""
    atom, last = atoms[index], atom_at(atoms, index + 1)
    alike = last.width == atom.width or (loose and is_number(last))
    opens = loose or atom.gap in DASHED_GAPS or atom.gap.endswith(tuple(OPENING))
    if last.gap == " - " and alike and opens and last.value > atom.value:
        behind = atom_at(atoms, index + 2)
        if behind.text == "" or behind.bracket != atom.bracket:
            return Count(span(atom.value, last.value), index + 2)
    return counted(atoms, index + 1, atom.value)


def _pointed(atoms: Atoms, index: int, name: Name) -> Found | None:
    """Reads "- 6.01 -" and "[5.134]" as season and episode; also "4-13 Title" in front."""
    atom, episode = atoms[index], atom_at(atoms, index + 1)
    if not is_number(atom, 2) or not is_number(episode, 3) or episode.width < 2:
        return None
    season = Count((atom.value,), index + 1)
    count = Count((episode.value,), index + 2)
    if index == 0 and episode.gap == "-" and episode.width == 2:
        behind = atom_at(atoms, 2)
        fits = behind.gap in {" ", " - ", "."} and behind.value < 0 and behind.text != ""
        return Found(Rank.POINTED, index, count, season) if fits else None
    if episode.gap != "." or atom.text[0] == "0":
        return None
    group = name.group_of(atom.token)
    alone = group is not None and group.first == atom.token and group.last == episode.token + 1
    if alone or (atom.gap == " - " and atom_at(atoms, index + 2).gap == " - "):
        return Found(Rank.POINTED, index, count, season)
    return None


def _of(atoms: Atoms, index: int) -> Found | None:
    """Reads "01of13" and "(1 of 3)"."""
    atom, middle, last = atoms[index], atom_at(atoms, index + 1), atom_at(atoms, index + 2)
    if not is_number(atom, 3):
        return None
    if middle.text in OF_WORDS and is_number(last, 3) and atom.value <= last.value:
        glued = middle.gap == last.gap == GLUED
        if glued or (middle.gap == last.gap and last.value > 1):
            return Found(Rank.OF, index, Count((atom.value,), index + 3))
    return None


def _lettered(atoms: Atoms, index: int) -> Found | None:
    atom, following = atoms[index], atom_at(atoms, index + 1)
    if atom.text in GLUED_SPECIALS and following.gap != GLUED:
        return None
    if atom.text in SPECIAL_WORDS:
        if is_number(following, 3) and following.gap in {GLUED, " ", ".", "_", " - ", "-"}:
            return Found(Rank.SPECIAL, index, counted(atoms, index + 2, following.value))
        return None
    if atom.text in PART_WORDS and following.gap in {GLUED, " ", ".", "_"}:
        number = following.value if is_number(following, 2) else number_word(following.text)
        if number is not None and number > 0:
            after = index + 2
            behind = atom_at(atoms, after)
            if behind.gap in {"-", "+", "&"} and is_number(behind, 2) and behind.value > number:
                return Found(Rank.PART, index, Count(span(number, behind.value), after + 1))
            if behind.text in OF_WORDS and is_number(atom_at(atoms, after + 1), 2):
                after += 2
            return Found(Rank.PART, index, Count((number,), after))
    return None
