"""Which of the numbers in a name are those of its season and episodes."""

from datetime import date
from enum import IntEnum

from msgspec import Struct

from app.naming.service.air_dates import date_at
from app.naming.service.atoms import GLUED, cut
from app.naming.service.counting import (
    Atoms,
    Count,
    atom_at,
    code_at,
    counted,
    episode_at,
    is_number,
    season_at,
)
from app.naming.service.episode_words import (
    COMPLETE_WORDS,
    DOUBTFUL_SEASON_WORDS,
    OF_WORDS,
    PACKING_WORDS,
    PART_WORDS,
    SERIES_WORDS,
    SPECIAL_WORDS,
    SURE_SPECIALS,
)
from app.naming.service.marks import Mark
from app.naming.service.numerals import number_word
from app.naming.service.plain import plain_number
from app.naming.service.tokens import OUTSIDE, Name


class Rank(IntEnum):
    """How surely a number is one of an episode; a name's surest numbers count."""

    PART = 1
    PLAIN = 2
    SEASON = 3
    SPECIAL = 4
    OF = 5
    DASHED = 6
    WORD = 7
    DATE = 8
    CODE = 9


class Numbering(Struct, gc=False):
    """What the numbers of a name say; `spans` are the tokens that say it."""

    rank: Rank
    spans: list[tuple[int, int]]
    season: int | None = None
    seasons: tuple[int, ...] = ()
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: date | None = None
    part: int | None = None
    version: int = 0
    special: bool = False
    pack: bool = False
    packed: int | None = None
    """A number that may hold season and episode, "102", for a folder to say so."""


class Found(Struct, gc=False):
    """Something that counts, at these atoms."""

    rank: Rank
    first: int
    count: Count
    season: Count | None = None
    air_date: date | None = None
    surety: int = 0


def numbering(name: Name, at: list[Mark | None], *, folder: bool = False) -> Numbering | None:
    """The numbers of a name; None when it has none that could be an episode's or a season's.

    A folder's bare number is one of its title, as in "The 100", unless it is a range.
    """
    atoms = cut(name.tokens, at)
    found = _all(atoms, name, at)
    if folder:
        found = [f for f in found if f.rank > Rank.PLAIN or len(f.count.values) > 1]
    if not found:
        return _unnumbered(atoms, name)
    best = max(found, key=lambda f: (f.rank, f.surety, -f.first))
    made = _made(atoms, best)
    _complete(atoms, made, best, found)
    return made


def _all(atoms: Atoms, name: Name, at: list[Mark | None]) -> list[Found]:
    found: list[Found] = []
    index, count = 0, len(atoms)
    while index < count:
        one = _found_at(atoms, index, name, at) if atoms[index].text else None
        if one is None:
            index += 1
            continue
        found.append(one)
        index = max(one.count.after, index + 1)
    return found


def _found_at(atoms: Atoms, index: int, name: Name, at: list[Mark | None]) -> Found | None:
    atom = atoms[index]
    code = code_at(atoms, index)
    if code is not None:
        return Found(Rank.CODE, index, code[1], code[0])
    when = date_at(atoms, index)
    if when is not None:
        return Found(Rank.DATE, index, Count((), when[1]), air_date=when[0])
    episode = episode_at(atoms, index)
    if episode is not None:
        return _worded(atoms, index, episode)
    season = season_at(atoms, index)
    if season is not None:
        doubtful = atom.text in DOUBTFUL_SEASON_WORDS
        return None if doubtful else Found(Rank.SEASON, index, season, season)
    if atom.value >= 0:
        return _number(atoms, index, name, at)
    return _lettered(atoms, index)


def _worded(atoms: Atoms, index: int, episode: Count) -> Found:
    """Behind "Cap." season and episode may be one number."""
    value = episode.values[0]
    if atoms[index].text in PACKING_WORDS and value > 100 and value % 100:
        season = Count((value // 100,), index + 1)
        values = tuple(v % 100 for v in _unpacked(episode.values))
        return Found(Rank.CODE, index, Count(values, episode.after), season)
    return Found(Rank.WORD, index, episode)


def _unpacked(values: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(v for v in values if v // 100 == values[0] // 100)


def _number(atoms: Atoms, index: int, name: Name, at: list[Mark | None]) -> Found | None:
    of = _of(atoms, index)
    if of is not None:
        return of
    plain = plain_number(atoms, index, name, at)
    if plain is None:
        return None
    rank = Rank.DASHED if plain.dashed else Rank.PLAIN
    count = counted(atoms, index + 1, atoms[index].value)
    return Found(rank, index, count, surety=plain.surety)


def _of(atoms: Atoms, index: int) -> Found | None:
    """Reads "01of13" and "(1 of 3)"."""
    atom, middle, last = atoms[index], atom_at(atoms, index + 1), atom_at(atoms, index + 2)
    if not is_number(atom, 3):
        return None
    if middle.text in OF_WORDS and is_number(last, 3) and atom.value <= last.value:
        glued = middle.gap == last.gap == GLUED
        if glued or (middle.gap == last.gap and (atom.width > 1 or atom.bracket != OUTSIDE)):
            return Found(Rank.OF, index, Count((atom.value,), index + 3))
    return None


def _lettered(atoms: Atoms, index: int) -> Found | None:
    atom, following = atoms[index], atom_at(atoms, index + 1)
    if atom.text in SPECIAL_WORDS:
        if is_number(following, 3) and following.gap in {GLUED, " ", ".", "_", " - ", "-"}:
            return Found(Rank.SPECIAL, index, counted(atoms, index + 2, following.value))
        return None
    if atom.text in PART_WORDS and following.gap in {GLUED, " ", ".", "_"}:
        number = following.value if is_number(following, 2) else number_word(following.text)
        if number is not None and number > 0:
            after = index + 2
            behind = atom_at(atoms, after)
            if behind.text in OF_WORDS and is_number(atom_at(atoms, after + 1), 2):
                after += 2
            return Found(Rank.PART, index, Count((number,), after))
    return None


def _made(atoms: Atoms, best: Found) -> Numbering:
    made = Numbering(best.rank, [_tokens(atoms, best)], version=best.count.version)
    made.part, made.air_date = best.count.part, best.air_date
    values = best.count.values
    if best.rank is Rank.SEASON:
        made.pack = True
        _set_seasons(made, values)
    elif best.rank in {Rank.DASHED, Rank.PLAIN}:
        _set_plain(made, atoms, best)
    elif best.rank is not Rank.DATE:
        made.episodes = values
        made.special = best.rank is Rank.SPECIAL
    if best.rank is Rank.CODE and best.season is not None:
        made.season = best.season.values[0]
        made.special = made.season == 0
    return made


def _tokens(atoms: Atoms, found: Found) -> tuple[int, int]:
    return atoms[found.first].token, atoms[found.count.after - 1].token + 1


def _set_seasons(made: Numbering, values: tuple[int, ...]) -> None:
    made.season = values[0]
    made.seasons = values if len(values) > 1 else ()


def _set_plain(made: Numbering, atoms: Atoms, best: Found) -> None:
    """A decimal is a special that stands between two episodes."""
    following = atom_at(atoms, best.count.after)
    if following.gap == "." and is_number(following, 1) and len(best.count.values) == 1:
        made.special = True
        first, _ = made.spans[0]
        made.spans[0] = (first, following.token + 1)
        return
    made.absolute = best.count.values
    atom = atoms[best.first]
    if atom.width in {3, 4} and atom.value % 100:
        made.packed = atom.value


def _complete(atoms: Atoms, made: Numbering, best: Found, found: list[Found]) -> None:
    """A season that is said apart, a date beside a number, an absolute number beside a code."""
    for other in found:
        if other is best:
            continue
        if other.rank is Rank.SEASON and made.season is None and best.rank > Rank.SEASON:
            _set_seasons(made, other.count.values)
            made.episodes = made.episodes or made.absolute
            made.absolute = ()
            made.spans.append(_tokens(atoms, other))
        elif other.rank is Rank.DATE and made.air_date is None:
            made.air_date = other.air_date
            made.spans.append(_tokens(atoms, other))
        elif _is_absolute(atoms, best, other) and not made.absolute:
            made.absolute = other.count.values
            made.spans.append(_tokens(atoms, other))
    made.spans.sort()


def _is_absolute(atoms: Atoms, best: Found, other: Found) -> bool:
    """A bare number right before or right behind a code, with nothing but signs between."""
    if best.rank is not Rank.CODE or other.rank not in {Rank.DASHED, Rank.PLAIN}:
        return False
    if other.count.after == best.first:
        return atoms[other.first].width > 1
    return best.count.after == other.first and atoms[other.first].width > 1


def _unnumbered(atoms: Atoms, name: Name) -> Numbering | None:
    """Specials without a number, and packs that say so in words."""
    for index, atom in enumerate(atoms):
        token = name.tokens[atom.token] if atom.text else None
        if token is None or index == 0:
            continue
        if atom.text in SURE_SPECIALS and token.text.isupper():
            return Numbering(Rank.SPECIAL, [(atom.token, atom.token + 1)], special=True)
        following = atom_at(atoms, index + 1)
        if atom.text in COMPLETE_WORDS and following.text in SERIES_WORDS:
            return Numbering(Rank.SEASON, [(atom.token, following.token + 1)], pack=True)
    return None
