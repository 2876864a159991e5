"""The grammar of numbers of seasons and episodes, over the atoms of a name.

season   S1 · T1 · Season 1 · 1st Season · 2 сезон · 第2季 · Season Two
seasons  S01-S03 · S01-03 · S01+S02 · Seasons 1-3 · Season 1, 2 and 3 · Season 1 to 3
episode  E1 · Ep. 1 · Episode 1 · Folge 1 · 12 серия · 第12話 · #12
more     E02 · -E02 · -02 · +02 · &02 · ~02 · x02 · -S01E02 · -1x02 · to 2 · and 2
cross    1x02 · 2019x01
after    v2 (a second version) · a, b (parts of one) · END
"""

from collections.abc import Sequence

from msgspec import Struct

from app.naming.service.atoms import END, GLUED, Atom
from app.naming.service.episode_words import (
    AFTER_EPISODE,
    AFTER_SEASON,
    CROSS,
    DOUBTFUL_SEASON_WORDS,
    EPISODE_SIGNS,
    EPISODE_WORDS,
    LIST_WORDS,
    ORDINAL_ENDINGS,
    RANGE_WORDS,
    SEASON_SIGNS,
    SEASON_WORDS,
)
from app.naming.service.numerals import ORDINAL_WORDS, number_word
from app.naming.service.wordlist import words

MOST = 1000
"""Numbers of one range."""
WIDEST = 4
JOINTS = frozenset(["", " ", ".", "_", "-", ". ", ": ", " #", "#", " - ", " (", "(", "._", "__"])
"""What may stand between a word and its number, and between season and episode."""
DASHES = frozenset("-~–—～〜")
RANGE_GAPS = frozenset([*DASHES, *(f" {dash} " for dash in DASHES), "_-_"])
PLAIN_RANGE_GAPS = frozenset([*DASHES, " ~ ", " ～ "])
LIST_GAPS = frozenset(["+", "&", ",", ", ", " & ", " + ", "/", ";"])
SEASONS = words("seasons saisons temporadas staffeln stagioni sezony сезоны")
LETTER_PARTS = {"a": 1, "b": 2, "c": 3, "d": 4}
Atoms = Sequence[Atom]


class Count(Struct, gc=False):
    """Some numbers, and the index of the atom behind them."""

    values: tuple[int, ...]
    after: int
    part: int | None = None
    version: int = 0


def atom_at(atoms: Atoms, index: int) -> Atom:
    return atoms[index] if index < len(atoms) else END


def is_number(atom: Atom, most: int = WIDEST) -> bool:
    return atom.value >= 0 and len(atom.text) <= most


def span(first: int, last: int) -> tuple[int, ...]:
    """The numbers of a range; a range that is too long, or runs backwards, is its first."""
    return tuple(range(first, last + 1)) if first < last < first + MOST else (first,)


def season_at(atoms: Atoms, index: int) -> Count | None:
    """One season or several that begin at this atom."""
    first = _first_season(atoms, index)
    if first is None:
        return None
    values, after = first.values, first.after
    while True:
        more = _more_seasons(atoms, after, values[-1], plural=atoms[index].text in SEASONS)
        if more is None:
            return Count(values, after)
        values, after = values + more.values, more.after


def _first_season(atoms: Atoms, index: int) -> Count | None:
    atom, following = atoms[index], atom_at(atoms, index + 1)
    text = atom.text
    if text in SEASON_SIGNS:
        begins = index == 0 or atoms[index - 1].token != atom.token
        signed = begins and following.gap == GLUED and is_number(following)
        return Count((following.value,), index + 2) if signed else None
    if text in SEASON_WORDS or text in DOUBTFUL_SEASON_WORDS:
        return _worded_number(atoms, index + 1, roman=True)
    if atom.value >= 0 or (text == "第" and following.value >= 0):
        return _number_then_season(atoms, index + (atom.value < 0))
    if text in ORDINAL_WORDS and following.text in AFTER_SEASON and following.gap in JOINTS:
        number = number_word(text)
        return None if number is None else Count((number,), index + 2)
    return None


def _worded_number(atoms: Atoms, index: int, *, roman: bool) -> Count | None:
    atom = atom_at(atoms, index)
    if atom.gap not in JOINTS:
        return None
    if is_number(atom):
        return Count((atom.value,), index + 1)
    number = number_word(atom.text) if roman else None
    return None if number is None else Count((number,), index + 1)


def _number_then_season(atoms: Atoms, index: int) -> Count | None:
    """Reads "2 сезон", "1st Season" and "第2季"."""
    atom = atoms[index]
    if not is_number(atom, 2):
        return None
    following = atom_at(atoms, index + 1)
    after = index + 1
    if following.text in ORDINAL_ENDINGS and following.gap in {GLUED, "-"}:
        after += 1
        following = atom_at(atoms, after)
    if following.text not in AFTER_SEASON or following.gap not in {
        GLUED,
        " ",
        ".",
        ". ",
        "_",
        "° ",
    }:
        return None
    behind = atom_at(atoms, after + 1)
    if (
        after == index + 1
        and is_number(behind)
        and following.text in SEASON_WORDS
        and behind.gap in {" ", GLUED}
        and atom_at(atoms, after + 2).text not in AFTER_EPISODE
    ):
        return None  # the number behind belongs to the word: "2 Season 1"
    return Count((atom.value,), after + 1)


def _more_seasons(atoms: Atoms, index: int, last: int, *, plural: bool) -> Count | None:
    atom = atom_at(atoms, index)
    gap, at = atom.gap, index
    worded = ""
    if atom.text in RANGE_WORDS or atom.text in LIST_WORDS:
        worded, at = atom.text, index + 1
        atom = atom_at(atoms, at)
    signed = atom.text in SEASON_SIGNS or atom.text in SEASON_WORDS
    if signed:
        at += 1
        atom = atom_at(atoms, at)
        if atom.gap != GLUED and atoms[at - 1].text in SEASON_SIGNS:
            return None
    if not is_number(atom) or atom.value <= last or (atom.width > 2 and not signed):
        return None
    if atom_at(atoms, at + 1).text in EPISODE_SIGNS and atom_at(atoms, at + 1).gap == GLUED:
        return None
    if worded in RANGE_WORDS or gap in (RANGE_GAPS if signed or plural else PLAIN_RANGE_GAPS):
        return Count(span(last, atom.value)[1:] or (atom.value,), at + 1)
    if worded or gap in LIST_GAPS or (signed and gap in {" ", ".", "_", GLUED}):
        return Count((atom.value,), at + 1)
    return None


def episode_at(atoms: Atoms, index: int) -> Count | None:
    """Episodes that begin at this atom with a sign or a word, or are followed by one."""
    atom, following = atoms[index], atom_at(atoms, index + 1)
    if atom.value < 0 and not atom.text:
        return None
    if atom.text in EPISODE_SIGNS and following.gap == GLUED and is_number(following):
        return counted(atoms, index + 2, following.value)
    if atom.text in EPISODE_WORDS and len(atom.text) > 1:
        number = _worded_number(atoms, index + 1, roman=len(atom.text) > 3)
        if number is not None:
            return counted(atoms, number.after, number.values[0])
    if atom.value >= 0:
        return _number_then_episode(atoms, index)
    if atom.text == "第" and is_number(following):
        return _number_then_episode(atoms, index + 1)
    return None


def _number_then_episode(atoms: Atoms, index: int) -> Count | None:
    atom = atoms[index]
    if not is_number(atom):
        return None
    if atom.gap.endswith("#"):
        return counted(atoms, index + 1, atom.value)
    values: tuple[int, ...] = (atom.value,)
    after = index + 1
    following = atom_at(atoms, after)
    if following.gap in RANGE_GAPS and is_number(following):
        values, after = span(atom.value, following.value), after + 1
        following = atom_at(atoms, after)
    if following.text in ORDINAL_ENDINGS and following.gap in {GLUED, "-"}:
        after += 1
        following = atom_at(atoms, after)
    if following.text in AFTER_EPISODE and following.gap in {GLUED, " ", ".", ". ", "_"}:
        return Count(values, after + 1)
    return None


def counted(atoms: Atoms, after: int, first: int, *, season: int | None = None) -> Count:
    """The first episode's number is read; here are those behind it."""
    values: tuple[int, ...] = (first,)
    while True:
        more = _more_episodes(atoms, after, values[-1], season)
        if more is None:
            break
        values, after = values + more.values, more.after
    return _with_ending(atoms, values, after)


def _with_ending(atoms: Atoms, values: tuple[int, ...], after: int) -> Count:
    """A version or a letter that is glued to the last number."""
    atom, following = atom_at(atoms, after), atom_at(atoms, after + 1)
    if atom.gap != GLUED:
        return Count(values, after)
    if atom.text == "v" and following.gap == GLUED and is_number(following, 1):
        return Count(values, after + 2, version=following.value)
    letter_ends = following.gap != GLUED
    if atom.text in LETTER_PARTS and letter_ends:
        return Count(values, after + 1, part=LETTER_PARTS[atom.text])
    return Count(values, after + 1 if atom.value < 0 and letter_ends else after)


def _more_episodes(atoms: Atoms, index: int, last: int, season: int | None) -> Count | None:
    atom = atom_at(atoms, index)
    gap, at, worded = atom.gap, index, ""
    following = atom_at(atoms, index + 1)
    if following.gap in {" ", "."} and (atom.text in RANGE_WORDS or atom.text in LIST_WORDS):
        worded, at, atom = atom.text, index + 1, following
    repeated = _repeated_season(atoms, at, season)
    at += repeated
    atom = atom_at(atoms, at)
    signed = atom.text in EPISODE_SIGNS or atom.text == CROSS or atom.text in EPISODE_WORDS
    if signed:
        at += 1
        number = atom_at(atoms, at)
        if atom.text == CROSS and not repeated and gap not in {GLUED, "-"}:
            return None
    else:
        number = atom
    if repeated and not signed:
        return None
    if not is_number(number) or (number.gap != GLUED and atom.text in EPISODE_SIGNS):
        return None
    return _more_at(worded or gap, number, at + 1, last, signed=signed)


def _repeated_season(atoms: Atoms, index: int, season: int | None) -> int:
    """Atoms of the season that is said again: 2 of "S01E02-S01E03", 1 of "1x02-1x03"."""
    atom = atom_at(atoms, index)
    if season is None:
        return 0
    if atom.text in SEASON_SIGNS and atom_at(atoms, index + 1).value == season:
        return 2
    crossed = atom_at(atoms, index + 1)
    if atom.value == season and crossed.text == CROSS and crossed.gap == GLUED:
        return 1
    return 0


def _more_at(joint: str, number: Atom, after: int, last: int, *, signed: bool) -> Count | None:
    """The number behind a joint, with all before it when the joint is one of a range."""
    value = number.value
    if value <= last:
        return None
    if signed:
        ranged = "-" in joint or joint.strip() in DASHES or joint in RANGE_WORDS
        listed = joint in LIST_WORDS or not joint.strip(" ._+&,;/")
    else:
        ranged = joint in PLAIN_RANGE_GAPS or joint in RANGE_WORDS
        listed = joint in LIST_GAPS
        if number.width > 3 + (last > 999) or value >= last + MOST:
            return None
    if ranged:
        return Count(span(last, value)[1:], after)
    return Count((value,), after) if listed else None


def code_at(atoms: Atoms, index: int) -> tuple[Count, Count] | None:
    """Season and episodes side by side: "S01E02", "1x02", "Season 1 Episode 2"."""
    crossed = _cross_at(atoms, index)
    if crossed is not None:
        return crossed
    season = _first_season(atoms, index)
    if season is None or atoms[index].text in SEASONS:
        return None
    return _episodes_behind(atoms, season)


def _cross_at(atoms: Atoms, index: int) -> tuple[Count, Count] | None:
    atom, cross, number = atoms[index], atom_at(atoms, index + 1), atom_at(atoms, index + 2)
    if cross.text != CROSS or atom.value < 0 or not is_number(number, 3):
        return None
    if cross.gap != GLUED or number.gap != GLUED or not is_number(atom):
        return None
    if number.width < 2 and atom.width < 2 and index == 0:
        return None
    season = Count((atom.value,), index + 2)
    return season, counted(atoms, index + 3, number.value, season=atom.value)


def _episodes_behind(atoms: Atoms, season: Count) -> tuple[Count, Count] | None:
    index, number = season.after, season.values[0]
    atom, following = atom_at(atoms, index), atom_at(atoms, index + 1)
    if atom.gap.strip(" ._-,;:([)]") or len(atom.gap) > 3:
        return None
    if atom.text == CROSS and atom.gap == GLUED and is_number(following, 3):
        return season, counted(atoms, index + 2, following.value, season=number)
    if atom.text in EPISODE_SIGNS:
        if is_number(following) and following.gap in {GLUED, " ", ".", "_"}:
            return season, counted(atoms, index + 2, following.value, season=number)
        return None
    found = episode_at(atoms, index)
    if found is None and _is_plain_episode(atoms, index):
        found = counted(atoms, index + 1, atom.value, season=number)
    return None if found is None else (season, found)


def _is_plain_episode(atoms: Atoms, index: int) -> bool:
    """A bare number behind a season: "S2 - 05", "Season 2 [05]", "2nd Season 05"."""
    atom = atom_at(atoms, index)
    if not is_number(atom, 3):
        return False
    return " - " in atom.gap or "_-_" in atom.gap or (atom.width > 1 and atom.gap != "-")
