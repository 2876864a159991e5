"""Seasons, and seasons with their episodes, over the atoms of a name."""

from app.naming.service.atoms import GLUED
from app.naming.service.counting import LIST_GAPS as LISTED
from app.naming.service.counting import (
    PLAIN_RANGE_GAPS,
    RANGE_GAPS,
    WIDEST_SIGNED,
    Atoms,
    Count,
    atom_at,
    begins_word,
    counted,
    episode_at,
    is_number,
    span,
    worded_number,
)
from app.naming.service.episode_words import (
    AFTER_EPISODE,
    AFTER_SEASON,
    CROSS,
    DOUBTFUL_SEASON_WORDS,
    EPISODE_SIGNS,
    LIST_WORDS,
    OF_WORDS,
    ORDINAL_ENDINGS,
    RANGE_WORDS,
    SEASON_SIGNS,
    SEASON_WORDS,
    SERIES_WORDS,
)
from app.naming.service.numerals import ORDINAL_WORDS, ROMAN, number_word
from app.naming.service.wordlist import words

PLURALS = words("seasons saisons temporadas staffeln stagioni sezony сезоны")
LEADING_SEASON_WORDS = frozenset(w for w in SEASON_WORDS if w.isascii()) - words("sezon sez")
"""Behind these stands their number, unless "1st" or "1." says otherwise; Slavs say it first."""
MOST_SEASONS = 40
"""More than a series has: "Title 60 Сезон 5"."""
SEASON_GAPS = frozenset([GLUED, " ", ".", ". ", "_", "° ", "-"])


def season_at(atoms: Atoms, index: int) -> Count | None:
    """One season or several that begin at this atom."""
    first = _first_season(atoms, index)
    if first is None:
        return None
    values, after = first.values, first.after
    if atom_at(atoms, after).text in OF_WORDS and is_number(atom_at(atoms, after + 1), 2):
        return Count(values, after + 2)
    plural = atoms[index].text in PLURALS
    while True:
        more = _more_seasons(atoms, after, values[-1], plural=plural)
        if more is None:
            return Count(values, after)
        values, after = values + more.values, more.after


def _first_season(atoms: Atoms, index: int) -> Count | None:
    atom, following = atoms[index], atom_at(atoms, index + 1)
    text = atom.text
    if text in SEASON_SIGNS:
        return _signed_season(atoms, index)
    if text in SEASON_WORDS:
        return None if following.gap == " - " else worded_number(atoms, index + 1, roman=True)
    if text in DOUBTFUL_SEASON_WORDS:
        roman = -1 if text in SERIES_WORDS else ROMAN.get(following.text, -1)
        said = following.value if is_number(following, 2) else roman
        near = said >= 0 and following.gap in {GLUED, " ", ".", "_", ". ", "-"}
        return Count((said,), index + 2) if near else None
    if atom.value >= 0 or (text == "第" and following.value >= 0):
        return _number_then_season(atoms, index + (atom.value < 0))
    if text in ORDINAL_WORDS and following.text in AFTER_SEASON and following.gap in SEASON_GAPS:
        number = number_word(text)
        return None if number is None else Count((number,), index + 2)
    return None


def _signed_season(atoms: Atoms, index: int) -> Count | None:
    """Reads "S01"; also "S 01" where nothing of a title can follow."""
    number = atom_at(atoms, index + 1)
    if not begins_word(atoms, index) or not is_number(number):
        return None
    behind = atom_at(atoms, index + 2)
    apart = number.gap == " " and number.width == 2 and atoms[index].text == "s"
    if number.gap == GLUED or (apart and (behind.text in EPISODE_SIGNS or behind.text == "")):
        return Count((number.value,), index + 2)
    return None


def _number_then_season(atoms: Atoms, index: int) -> Count | None:
    """Reads "2 сезон", "1st Season" and "第2季"."""
    atom = atoms[index]
    if not is_number(atom, 2):
        return None
    following = atom_at(atoms, index + 1)
    after = index + 1
    if following.text in ORDINAL_ENDINGS and following.gap in {GLUED, "-", " "}:
        after += 1
        following = atom_at(atoms, after)
    if following.text not in AFTER_SEASON or following.gap not in SEASON_GAPS:
        return None
    if after == index + 1 and following.gap != ". " and _leads_number(atoms, after):
        return None
    if atom.value > MOST_SEASONS and is_number(atom_at(atoms, after + 1)):
        return None
    return Count((atom.value,), after + 1)


def _leads_number(atoms: Atoms, index: int) -> bool:
    """The word belongs to the number behind it: "Babylon 5 Season 1", but "1 сезон 2 серия"."""
    number, word = atom_at(atoms, index + 1), atom_at(atoms, index + 2)
    if atoms[index].text not in LEADING_SEASON_WORDS or not is_number(number):
        return False
    if number.gap not in {" ", ".", "_", GLUED} or word.text in ORDINAL_ENDINGS:
        return False
    return word.text not in AFTER_EPISODE or is_number(atom_at(atoms, index + 3), 3)


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
    behind = atom_at(atoms, at + 1)
    if behind.text in EPISODE_SIGNS and behind.gap == GLUED:
        return None
    spaced = signed or plural or (atom.width == 1 and last < 10)
    if worded in RANGE_WORDS or gap in (RANGE_GAPS if spaced else PLAIN_RANGE_GAPS):
        return Count(span(last, atom.value)[1:] or (atom.value,), at + 1)
    if worded or gap in LISTED or (signed and gap in {" ", ".", "_", GLUED}):
        return Count((atom.value,), at + 1)
    return None


def code_at(atoms: Atoms, index: int) -> tuple[Count, Count] | None:
    """Season and episodes side by side: "S01E02", "1x02", "Season 1 Episode 2"."""
    crossed = _cross_at(atoms, index)
    if crossed is not None:
        return crossed
    season = _first_season(atoms, index)
    if season is None or atoms[index].text in PLURALS:
        return None
    doubtful = atoms[index].text in DOUBTFUL_SEASON_WORDS
    return _episodes_behind(atoms, season, doubtful=doubtful)


def _cross_at(atoms: Atoms, index: int) -> tuple[Count, Count] | None:
    atom = atoms[index]
    if not is_number(atom) or not begins_word(atoms, index):
        return None
    between, number = atom_at(atoms, index + 1), atom_at(atoms, index + 2)
    if between.text in CROSS and between.gap == number.gap == GLUED and is_number(number, 3):
        if number.width < 2 and atom.width < 2 and index == 0:
            return None
        after = index + 3
    elif between.gap == "×" and is_number(between, 3):
        number, after = between, index + 2
    else:
        return None
    season = Count((atom.value,), after)
    return season, counted(atoms, after, number.value, season=atom.value)


def _episodes_behind(atoms: Atoms, season: Count, *, doubtful: bool) -> tuple[Count, Count] | None:
    index, number = season.after, season.values[0]
    atom, following = atom_at(atoms, index), atom_at(atoms, index + 1)
    if atom.gap.strip(" ._-,;:([/") or len(atom.gap) > 3:
        return None
    if atom.text in CROSS and atom.gap in {GLUED, "-"} and is_number(following, 3):
        return season, counted(atoms, index + 2, following.value, season=number)
    if atom.text in EPISODE_SIGNS:
        if is_number(following, WIDEST_SIGNED) and following.gap in {
            GLUED,
            " ",
            ".",
            "_",
            "-",
            ". ",
        }:
            return season, counted(atoms, index + 2, following.value, season=number)
        return None
    found = episode_at(atoms, index)
    if found is None and not doubtful and _is_plain_episode(atoms, index):
        found = counted(atoms, index + 1, atom.value, season=number)
    return None if found is None else (season, found)


def _is_plain_episode(atoms: Atoms, index: int) -> bool:
    """A bare number behind a season: "S2 - 05", "Season 2 [05]", "2nd Season 05", "S4-24"."""
    atom, season = atom_at(atoms, index), atoms[index - 1]
    if not is_number(atom, 3):
        return False
    if atom.gap == "-":
        return season.value >= 0 and season.width < atom.width
    if atom.width == 1:
        return atom.gap == " - " and atoms[index - 2].text in SEASON_SIGNS
    return True
