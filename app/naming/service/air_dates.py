"""Dates on which episodes of daily shows were aired, in the ways that people write them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from app.naming.service.atoms import GLUED, Atom
from app.naming.service.counting import atom_at
from app.naming.service.episode_words import ORDINAL_ENDINGS

FIRST_YEAR = 1960
"""Hardly any daily show was recorded before."""
CENTURY = 19
FIRST_ISO_YEAR = 1951
"""A date as "1954-01-23" cannot be anything else; of the live shows before, few were ever kept."""
YEARS_AHEAD = 1
LAST_YEAR = datetime.now(UTC).year + YEARS_AHEAD
"""Read once: a process does not run for years."""
SEPARATORS = frozenset([".", "-", "_", " ", "/", "–", " - ", ". "])
MONTH_NAMES = (
    ("jan", "january", "januar", "janvier", "enero", "gennaio", "janeiro"),
    ("feb", "february", "februar", "février", "febrero", "febbraio", "fevereiro"),
    ("mar", "march", "märz", "mars", "marzo", "março"),
    ("apr", "april", "avril", "abril", "aprile"),
    ("may", "mai", "mayo", "maggio", "maio"),
    ("jun", "june", "juni", "juin", "junio", "giugno", "junho"),
    ("jul", "july", "juli", "juillet", "julio", "luglio", "julho"),
    ("aug", "august", "août", "agosto"),
    ("sep", "sept", "september", "septembre", "septiembre", "settembre", "setembro"),
    ("oct", "october", "oktober", "octobre", "octubre", "ottobre", "outubro", "okt"),
    ("nov", "november", "novembre", "noviembre", "novembro"),
    ("dec", "december", "dezember", "décembre", "diciembre", "dicembre", "dezembro", "dez"),
)
MONTHS = {name: number for number, row in enumerate(MONTH_NAMES, start=1) for name in row}


def date_at(atoms: Sequence[Atom], index: int) -> tuple[date, int] | None:
    """The date that begins at this atom, and the index of the atom behind it."""
    atom = atoms[index]
    if atom.value < 0:
        return _month_first(atoms, index) if atom.text in MONTHS else None
    if atom.width == 8:
        return _compact(atoms, index)
    if atom.width == 4:
        return _year_first(atoms, index)
    if atom.width <= 2 and not (atom.gap == GLUED and index):
        return _day_first(atoms, index)
    return None


def made(year: int, month: int, day: int, first: int = FIRST_YEAR) -> date | None:
    """The date, when there is such a day in the time of television."""
    if not (first <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _compact(atoms: Sequence[Atom], index: int) -> tuple[date, int] | None:
    value = atoms[index].value
    found = made(value // 10000, value // 100 % 100, value % 100)
    return None if found is None else (found, index + 1)


def _year_first(atoms: Sequence[Atom], index: int) -> tuple[date, int] | None:
    middle, last = atom_at(atoms, index + 1), atom_at(atoms, index + 2)
    if not _is_triple(atoms[index], middle, last):
        return None
    month = MONTHS.get(middle.text, middle.value if middle.width <= 2 else 0)
    year = atoms[index].value
    iso = middle.gap == last.gap == "-" and last.width == 2
    found = made(year, month, last.value, FIRST_ISO_YEAR if iso else FIRST_YEAR)
    if found is None and middle.width == 2:
        found = made(year, last.value, middle.value)
    return None if found is None else (found, index + 3)


def _is_triple(first: Atom, middle: Atom, last: Atom) -> bool:
    """Three words with the same sign between them; a month's name may stand in the middle."""
    if middle.gap not in SEPARATORS or last.gap not in SEPARATORS or last.width > 2:
        return False
    together = first.bracket == middle.bracket == last.bracket
    return together and last.value >= 0 and (middle.gap == last.gap or middle.text in MONTHS)


def is_broken_date(atoms: Sequence[Atom], index: int) -> bool:
    """Written like a date, but no day or more than one: "2013 40 45", "01-02-2014"."""
    atom, middle, last = atoms[index], atom_at(atoms, index + 1), atom_at(atoms, index + 2)
    if atom.width == 2 and last.width == 4:
        together = middle.gap == last.gap and atom.bracket == last.bracket
        ends = made(last.value, 1, 1) is not None and middle.width == 2 and middle.value >= 0
        return together and ends and middle.gap in SEPARATORS
    dashed = middle.gap == last.gap == "-"
    if atom.width != 4 or not (dashed or CENTURY <= atom.value // 100 <= CENTURY + 1):
        return False
    if not _is_triple(atom, middle, last) or middle.text in MONTHS:
        return False
    return middle.width == last.width == 2 and middle.value >= 0 and middle.gap != " - "


def _day_first(atoms: Sequence[Atom], index: int) -> tuple[date, int] | None:
    day, after = atoms[index].value, index + 1
    if atom_at(atoms, after).text in ORDINAL_ENDINGS:
        after += 1
    middle, year = atom_at(atoms, after), atom_at(atoms, after + 1)
    if middle.gap not in SEPARATORS or year.gap not in SEPARATORS or year.value < 0:
        return None
    named = MONTHS.get(middle.text)
    if named is None and middle.gap != year.gap:
        return None
    if year.width == 4:
        found = made(year.value, named, day) if named else _either(year.value, day, middle)
    else:
        found = _short(atoms[index], middle, year)
    return None if found is None else (found, after + 2)


def _either(year: int, first: int, middle: Atom) -> date | None:
    """Day and month, or as Americans write, month and day; none where it could be both.

    Dots are not American.
    """
    if not 0 <= middle.value <= 31 or middle.width > 2:
        return None
    day_first = made(year, middle.value, first)
    month_first = made(year, first, middle.value)
    if day_first and month_first and day_first != month_first:
        return None
    return day_first or month_first


def _short(first: Atom, middle: Atom, last: Atom) -> date | None:
    """Three pairs of digits: "24.01.31" begins with the year, "01-31-24" ends with it."""
    if first.width != 2 or middle.width != 2 or last.width != 2 or middle.value < 0:
        return None
    if middle.gap != last.gap or middle.gap not in {".", "-"}:
        return None
    year_first = made(2000 + first.value, middle.value, last.value)
    if middle.gap == ".":
        return year_first or made(2000 + last.value, middle.value, first.value)
    if middle.value == first.value + 1 and last.value == middle.value + 1:
        return None  # three episodes: "01-02-03"
    return made(2000 + last.value, first.value, middle.value) or year_first


def _month_first(atoms: Sequence[Atom], index: int) -> tuple[date, int] | None:
    """Reads "Jan 31 2024" and "January 31st, 2024"."""
    day, after = atom_at(atoms, index + 1), index + 2
    if day.value < 0 or day.width > 2 or day.gap not in SEPARATORS:
        return None
    if atom_at(atoms, after).text in ORDINAL_ENDINGS:
        after += 1
    year = atom_at(atoms, after)
    if year.width != 4 or year.value < 0 or not set(year.gap) <= set(" ,.-_"):
        return None
    found = made(year.value, MONTHS[atoms[index].text], day.value)
    return None if found is None else (found, after + 1)
