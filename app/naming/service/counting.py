"""The grammar of numbers of seasons and episodes, over the atoms of a name.

season   S1 · T1 · Season 1 · 1st Season · 2 сезон · 第2季 · Season Two
seasons  S01-S03 · S01-03 · S01+S02 · Seasons 1-3 · Season 1, 2 and 3 · Season 1 to 3
episode  E1 · Ep. 1 · Episode 1 · Folge 1 · 12 серия · 第12話 · #12
more     E02 · -E02 · -02 · +02 · &02 · ~02 · x02 · -S01E02 · -1x02 · to 2 · and 2
cross    1x02 · 2019x01
after    v2 (a second version) · a, b (parts of one) · END
"""

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from app.naming.service.atoms import END, GLUED, Atom
from app.naming.service.episode_words import (
    AFTER_EPISODE,
    CROSS,
    EPISODE_SIGNS,
    EPISODE_WORDS,
    LAST_WORDS,
    LIST_WORDS,
    ORDINAL_ENDINGS,
    RANGE_WORDS,
    SEASON_SIGNS,
)
from app.naming.service.numerals import number_word

WIDEST_JUMP = 500
MOST = 2000
"""Numbers of one range."""
WIDEST = 4
WIDEST_SIGNED = 5
JOINTS = frozenset(
    ["", " ", ".", "_", "-", ". ", ": ", " #", "#", " №", " - ", " (", "(", "._", "__", " ["]
)
"""What may stand between a word and its number, and between season and episode."""
DASHES = frozenset("-~–—～〜")
RANGE_GAPS = frozenset([*DASHES, *(f" {dash} " for dash in DASHES), "_-_", " -", "- "])
PLAIN_RANGE_GAPS = frozenset([*DASHES, " ~ ", " ～ "])
LIST_GAPS = frozenset(["+", "&", ",", ", ", " & ", " + ", "/", ";"])
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
    return atom.value >= 0 and atom.width <= most


def begins_word(atoms: Atoms, index: int) -> bool:
    return index == 0 or atom_at(atoms, index).token != atoms[index - 1].token


@lru_cache(maxsize=256)
def span(first: int, last: int) -> tuple[int, ...]:
    """The numbers of a range; a range that is too long, or runs backwards, is its first."""
    return tuple(range(first, last + 1)) if first < last < first + MOST else (first,)


def worded_number(atoms: Atoms, index: int, *, roman: bool) -> Count | None:
    """The number behind a word."""
    atom = atom_at(atoms, index)
    if atom.gap not in JOINTS:
        return None
    if is_number(atom):
        return Count((atom.value,), index + 1)
    number = number_word(atom.text) if roman else None
    return None if number is None else Count((number,), index + 1)


def episode_at(atoms: Atoms, index: int) -> Count | None:
    """Episodes that begin at this atom with a sign or a word, or are followed by one."""
    atom, following = atoms[index], atom_at(atoms, index + 1)
    if atom.text in EPISODE_SIGNS and following.gap == GLUED and begins_word(atoms, index):
        if is_number(following, WIDEST_SIGNED):
            return counted(atoms, index + 2, following.value)
        return None
    if atom.text in EPISODE_WORDS and len(atom.text) > 1:
        number = worded_number(atoms, index + 1, roman=len(atom.text) > 3)
        if number is not None:
            return counted(atoms, number.after, number.values[0])
    if atom.value >= 0 or (atom.text == "第" and is_number(following)):
        return _number_then_episode(atoms, index + (atom.value < 0))
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
    return _with_ending(atoms, Count(values, after), loose=season is not None)


def _with_ending(atoms: Atoms, read: Count, *, loose: bool) -> Count:
    """A version or a letter that is glued to the last number; behind a code, any word."""
    values, after = read.values, read.after
    atom, following = atom_at(atoms, after), atom_at(atoms, after + 1)
    if atom.gap != GLUED or after == 0 or atom.token != atoms[after - 1].token:
        return read
    if atom.text == "v" and following.gap == GLUED and is_number(following, 1):
        return Count(values, after + 2, version=following.value)
    letter_ends = following.gap != GLUED
    if atom.text in LETTER_PARTS and letter_ends:
        return Count(values, after + 1, part=LETTER_PARTS[atom.text])
    ends = letter_ends and atom.value < 0 and (loose or atom.text in LAST_WORDS)
    return Count(values, after + ends)


def _more_episodes(atoms: Atoms, index: int, last: int, season: int | None) -> Count | None:
    atom = atom_at(atoms, index)
    gap, at, worded = atom.gap, index, ""
    following = atom_at(atoms, index + 1)
    if following.gap in {" ", "."} and (atom.text in RANGE_WORDS or atom.text in LIST_WORDS):
        worded, at, atom = atom.text, index + 1, following
    repeated = _repeated_season(atoms, at, season)
    at += repeated
    atom = atom_at(atoms, at)
    signed = atom.text in EPISODE_SIGNS or atom.text in CROSS
    if not signed and atom.text in EPISODE_WORDS and " - " not in gap:
        signed = True
    if repeated and not signed:
        return None
    at += signed
    number = atom_at(atoms, at)
    if atom.text in CROSS and not repeated and gap not in {GLUED, "-"}:
        return None
    if not is_number(number) or (number.gap != GLUED and atom.text in EPISODE_SIGNS):
        return None
    underscored = gap == "_" and season is not None and number.value == last + 1
    if underscored and number.width > 1:
        return Count((number.value,), at + 1)
    before = 0 if signed else atoms[index - 1].width
    return _more_at(worded or gap, number, (at + 1, before), last, signed=signed)


def _repeated_season(atoms: Atoms, index: int, season: int | None) -> int:
    """Atoms of the season that is said again: 2 of "S01E02-S01E03", 1 of "1x02-1x03"."""
    atom = atom_at(atoms, index)
    if season is None:
        return 0
    if atom.text in SEASON_SIGNS and atom_at(atoms, index + 1).value == season:
        return 2
    crossed = atom_at(atoms, index + 1)
    if atom.value == season and crossed.text in CROSS and crossed.gap == GLUED:
        return 1
    return 0


def _more_at(
    joint: str, number: Atom, place: tuple[int, int], last: int, *, signed: bool
) -> Count | None:
    """The number behind a joint, with all before it when the joint is one of a range.

    `place` is the index of the atom behind the number, and the digits of the number before it.
    """
    value = number.value
    after, before = place
    if value <= last:
        return None
    if signed and value > last + WIDEST_JUMP:
        return None
    if signed:
        ranged = "-" in joint or joint.strip() in DASHES or joint in RANGE_WORDS
        listed = joint in LIST_WORDS or not joint.strip(" ._+&,;/")
    else:
        ranged = joint in PLAIN_RANGE_GAPS or joint in RANGE_WORDS
        listed = joint in LIST_GAPS
        if number.width > max(3, len(str(last)), before) or value >= last + MOST:
            return None
    if ranged:
        return Count(span(last, value)[1:], after)
    return Count((value,), after) if listed else None
