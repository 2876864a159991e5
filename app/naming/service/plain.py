"""Numbers without a word: "Title - 12", "[12]", "Title_12_[720p]", "01. Title", "t.102.hdtv"."""

from typing import NamedTuple

from app.naming.service.atoms import Atom
from app.naming.service.counting import LETTER_PARTS, Atoms, atom_at, is_number
from app.naming.service.episode_words import LAST_WORDS
from app.naming.service.lexicon import Tag
from app.naming.service.marks import Mark
from app.naming.service.tokens import OUTSIDE, Name

FIRST_YEAR, LAST_YEAR = 1900, 2100
DASHED_GAPS = frozenset(
    [" - ", "_-_", " – ", " — ", ".-.", " -", "_- ", "- ", " -_", "-_", "_-", " - #", " -.", " ~ "]
)
LEADING_GAPS = frozenset([" - ", ". ", " -", "- ", ".-.", "_-_", " – ", "-", ") "])
"""Behind a number that begins a name and is not of its title."""
AFTER_NUMBER = frozenset(["v", *LAST_WORDS, *LETTER_PARTS])


class Plain(NamedTuple):
    surety: int
    dashed: bool


def plain_number(atoms: Atoms, index: int, name: Name, at: list[Mark | None]) -> Plain | None:
    """How surely a bare number is one of an episode, by what stands around it."""
    atom = atoms[index]
    if atom.width > 4 or _is_other(atoms, index, at):
        return None
    if atom.gap in DASHED_GAPS and index:
        return Plain(4 + _is_last(atoms, index), dashed=True)
    if is_year(atom) or "'" in atom.gap or "’" in atom.gap:
        return None
    if _fills_bracket(atoms, index, name):
        leading = atoms[index].token == 0
        return Plain(3 - 2 * leading, dashed=not leading) if atom.width > 1 else None
    surety = _bare_surety(atoms, index, name)
    return Plain(surety, dashed=False) if surety else None


def _bare_surety(atoms: Atoms, index: int, name: Name) -> int:
    """0 for a number that is more likely of the title."""
    atom = atoms[index]
    if not index:
        return 3 if atom_at(atoms, 1).gap in LEADING_GAPS else 1
    if _is_first_after_group(atoms, index, name):
        return 1
    if _is_last(atoms, index) and (atom.width > 1 or _opens_range(atoms, index)):
        return 2
    return 1 if atom.width > 2 or (atom.width == 2 and atom.text[0] == "0") else 0


def _is_first_after_group(atoms: Atoms, index: int, name: Name) -> bool:
    """Right behind the group in front: "[Group] 06 Title"."""
    if atoms[index].bracket != OUTSIDE or not name.groups or name.groups[0].first:
        return False
    return name.groups[0].last == atoms[index].token and atoms[index].width > 1


def is_year(atom: Atom) -> bool:
    return atom.width == 4 and FIRST_YEAR <= atom.value <= LAST_YEAR


def _is_other(atoms: Atoms, index: int, at: list[Mark | None]) -> bool:
    """A number of another kind, or a part of a word of letters and digits."""
    atom, following = atoms[index], atom_at(atoms, index + 1)
    if index and atom.token == atoms[index - 1].token:
        return True
    if following.token == atom.token and following.text not in AFTER_NUMBER:
        return True
    found = at[atom.token]
    if found is None:
        return is_year(atom)
    if found.tag is Tag.RESOLUTION:
        return atom.gap not in DASHED_GAPS
    return found.tag not in {Tag.YEAR, Tag.CHANNELS, Tag.EPISODE} or is_year(atom)


def _fills_bracket(atoms: Atoms, index: int, name: Name) -> bool:
    """Nothing else stands in the bracket, or nothing but a range that begins here."""
    atom = atoms[index]
    if atom.bracket == OUTSIDE:
        return False
    group = name.groups[atom.bracket]
    if group.first != atom.token:
        return False
    if group.last == atom.token + 1:
        return True
    following = atom_at(atoms, index + 1)
    return _opens_range(atoms, index) or (
        following.token == group.last - 1 and following.text in LAST_WORDS
    )


def _opens_range(atoms: Atoms, index: int) -> bool:
    following = atom_at(atoms, index + 1)
    return following.gap in {"-", "~", "–", " ~ "} and following.value > atoms[index].value


def _is_last(atoms: Atoms, index: int) -> bool:
    """Nothing but brackets and release words behind it, or behind the range that it opens."""
    atom = atoms[index]
    behind = index + 1
    while behind < len(atoms) and atoms[behind].token == atom.token:
        behind += 1
    if behind == len(atoms):
        return True
    if _opens_range(atoms, index):
        behind += 1
    following = atom_at(atoms, behind)
    return following.text == "" or (following.bracket != OUTSIDE and atom.bracket == OUTSIDE)


def unpacked(atoms: Atoms, index: int) -> tuple[int, tuple[int, ...], int] | None:
    """Season and episodes of one number, as scene files write them: "title.102.hdtv".

    The season, its episodes, and the index of the atom behind; dots or underscores around.
    """
    atom = atoms[index]
    if (
        not index
        or atom.value < 0
        or atom.gap not in {".", "_"}
        or not begins_and_ends(atoms, index)
    ):
        return None
    behind = atom_at(atoms, index + 1)
    if not atom_is_edge(behind, atom.gap):
        return None
    if atom.width in {3, 4}:
        return _one_or_more(atoms, index)
    return _pair(atom, index) if atom.width in {5, 6} else None


def begins_and_ends(atoms: Atoms, index: int) -> bool:
    """The number is a word of its own."""
    token = atoms[index].token
    return atoms[index - 1].token != token and atom_at(atoms, index + 1).token != token


def atom_is_edge(behind: Atom, gap: str) -> bool:
    if behind.gap == "-":
        return behind.value < 0
    return behind.gap == gap or behind.token < 0 or behind.gap in {" ", ""}


def _one_or_more(atoms: Atoms, index: int) -> tuple[int, tuple[int, ...], int] | None:
    atom = atoms[index]
    season, episode = divmod(atom.value, 100)
    if is_year(atom) or not season or not episode:
        return None
    if atom.text[0] == "0" and atom.width == 3:
        return None
    episodes, after = [episode], index + 1
    following = atom_at(atoms, after)
    while is_number(following) and following.value == season * 100 + episodes[-1] + 1:
        episodes.append(following.value % 100)
        after += 1
        following = atom_at(atoms, after)
    return season, tuple(episodes), after


def _pair(atom: Atom, index: int) -> tuple[int, tuple[int, ...], int] | None:
    """Reads "10708": season 1, episodes 7 and 8."""
    rest, second = divmod(atom.value, 100)
    season, first = divmod(rest, 100)
    return (season, (first, second), index + 1) if season and second == first + 1 else None
