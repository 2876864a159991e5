"""Numbers without a word: "Title - 12", "[12]", "Title_12_[720p]", "01. Title"."""

from typing import NamedTuple

from app.naming.service.atoms import Atom
from app.naming.service.counting import Atoms, atom_at
from app.naming.service.episode_words import LAST_WORDS
from app.naming.service.lexicon import Tag
from app.naming.service.marks import BARE_HEIGHTS, Mark
from app.naming.service.tokens import OUTSIDE, Name

FIRST_YEAR, LAST_YEAR = 1900, 2100
DASHED_GAPS = frozenset([" - ", "_-_", " – ", " — ", ".-.", " -", "_- ", "- ", " -_"])
AFTER_NUMBER = frozenset(["v", *LAST_WORDS])
OPENING = frozenset("[({【（「『")


class Plain(NamedTuple):
    surety: int
    dashed: bool


def plain_number(atoms: Atoms, index: int, name: Name, at: list[Mark | None]) -> Plain | None:
    """How surely a bare number is one of an episode, by what stands around it."""
    atom = atoms[index]
    if atom.width > 4 or _is_other(atoms, index, at):
        return None
    if atom.gap in DASHED_GAPS:
        return Plain(4 + _is_last(atoms, index), dashed=True)
    if _is_year(atom):
        return None
    if _fills_bracket(atoms, index, name):
        return Plain(3, dashed=True) if atom.width > 1 else None
    surety = _bare_surety(atoms, index)
    return Plain(surety, dashed=False) if surety else None


def _bare_surety(atoms: Atoms, index: int) -> int:
    """0 for a number that is more likely of the title."""
    atom = atoms[index]
    if atom.width < 2:
        return 0 if index else 1
    if _is_last(atoms, index):
        return 2
    return 1 if atom.width > 2 or atom.text[0] == "0" or not index else 0


def _is_year(atom: Atom) -> bool:
    return atom.width == 4 and FIRST_YEAR <= atom.value <= LAST_YEAR


def _is_other(atoms: Atoms, index: int, at: list[Mark | None]) -> bool:
    """A number of another kind, or a part of a word of letters and digits."""
    atom, following = atoms[index], atom_at(atoms, index + 1)
    if index and atom.token == atoms[index - 1].token:
        return True
    if following.token == atom.token and following.text not in AFTER_NUMBER:
        return True
    found = at[atom.token]
    if found is not None and found.tag not in {Tag.YEAR, Tag.CHANNELS, Tag.EPISODE}:
        return atom.value not in BARE_HEIGHTS or atom.gap not in DASHED_GAPS
    return _is_year(atom)


def _fills_bracket(atoms: Atoms, index: int, name: Name) -> bool:
    atom = atoms[index]
    if atom.bracket == OUTSIDE:
        return False
    group = name.groups[atom.bracket]
    if group.first != atom.token:
        return False
    if group.last == atom.token + 1:
        return True
    following = atom_at(atoms, index + 1)
    ranged = following.gap in {"-", "~", " "} and following.token == group.last - 1
    return ranged and (following.value > atom.value or following.text in LAST_WORDS)


def _is_last(atoms: Atoms, index: int) -> bool:
    """Nothing but brackets and release words behind it, or behind the range that it opens."""
    atom = atoms[index]
    behind = index + 1
    while behind < len(atoms) and atoms[behind].token == atom.token:
        behind += 1
    if behind == len(atoms):
        return True
    following = atoms[behind]
    if following.gap in {"-", "~"} and following.value > atom.value:
        following = atom_at(atoms, behind + 1)
    return following.text == "" or (following.bracket != OUTSIDE and atom.bracket == OUTSIDE)
