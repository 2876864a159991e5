"""Which of the numbers in a name are those of its season and episodes."""

from datetime import date

from msgspec import Struct

from app.naming.service.atoms import cut
from app.naming.service.counting import Atoms, atom_at, is_number
from app.naming.service.episode_words import (
    COMPLETE_WORDS,
    EPISODE_SIGNS,
    OF_WORDS,
    SEASON_SIGNS,
    SEASON_WORDS,
    SERIES_WORDS,
    SURE_SPECIALS,
)
from app.naming.service.findings import CODED, PLAIN_RANKS, Found, Rank, all_found
from app.naming.service.marks import Mark
from app.naming.service.tokens import OUTSIDE, Name


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
    mini: bool = False
    """Counted as the parts of a series of one season are: "Part 2", "3 of 6", "E07-E08"."""
    again: tuple[int, int] | None = None
    """The same numbers, once more behind a second title."""
    packed: int | None = None
    """A number that may hold season and episode, "102", for a folder to say so."""


def numbering(name: Name, at: list[Mark | None], *, folder: bool = False) -> Numbering | None:
    """The numbers of a name; None when it has none that could be an episode's or a season's.

    A folder's bare number is one of its title, as in "The 100", unless it is a range.
    """
    atoms = cut(name.tokens, at)
    found = all_found(atoms, name, at)
    if folder:
        found = [f for f in found if f.rank > Rank.PLAIN or len(f.count.values) > 1]
    best = max(found, key=lambda f: (f.rank, f.surety, -f.first), default=None)
    if best is None or best.rank is Rank.DOUBTFUL:
        return _unnumbered(atoms, name, at, best)
    made = _made(atoms, best)
    _complete(atoms, made, best, found)
    if made.pack or len(made.episodes) > 1:
        _widen(name, made)
    return made


def _made(atoms: Atoms, best: Found) -> Numbering:
    made = Numbering(best.rank, [_tokens(atoms, best)], version=best.count.version)
    made.part, made.air_date = best.count.part, best.air_date
    values = best.count.values
    if best.rank is Rank.SEASON:
        made.pack = True
        _set_seasons(made, values)
    elif best.rank in PLAIN_RANKS:
        _set_plain(made, atoms, best)
    elif best.rank not in {Rank.DATE, Rank.BROKEN}:
        made.episodes = values
        made.special = best.rank is Rank.SPECIAL
        ranged = len(values) > 1 and atoms[best.first].text in EPISODE_SIGNS
        made.mini = best.rank in {Rank.PART, Rank.OF} or ranged
    if best.rank in CODED and best.season is not None:
        made.season = best.season.values[0]
        made.special = made.season == 0
        _set_whole(made, atoms, best)
    return made


def _set_whole(made: Numbering, atoms: Atoms, best: Found) -> None:
    """Of "S2E1-16 of 16" the episodes are the season; of "S2E1-8 of 16" they are half of it."""
    values, after = best.count.values, best.count.after
    if atom_at(atoms, after).text not in OF_WORDS:
        return
    said = atom_at(atoms, after + 1)
    if len(values) == 1 or not is_number(said, 3):
        return
    made.spans[0] = (made.spans[0][0], said.token + 1)
    if atoms[best.first].text in SEASON_SIGNS and (values[0], values[-1]) == (1, said.value):
        made.pack, made.episodes = True, ()


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
        said = other.rank is Rank.SEASON or (other.rank is Rank.DOUBTFUL and other.first > 0)
        if said and other.count.values == (made.season,) and _leads_to(atoms, other, best):
            made.spans.append(_tokens(atoms, other))
        elif said and made.season is None and best.rank > Rank.SEASON:
            _set_seasons(made, other.count.values)
            made.episodes = made.episodes or made.absolute
            made.absolute = ()
            made.spans.append(_tokens(atoms, other))
        elif other.rank is best.rank and other.count.values == best.count.values:
            made.again = _tokens(atoms, other)
        elif other.rank is Rank.DATE and made.air_date is None:
            made.air_date = other.air_date
            made.spans.append(_tokens(atoms, other))
        elif _is_absolute(atoms, best, other) and not made.absolute:
            packed = other.rank is Rank.PACKED
            made.absolute = (atoms[other.first].value,) if packed else other.count.values
            made.spans.append(_tokens(atoms, other))
    made.spans.sort()


def _leads_to(atoms: Atoms, other: Found, best: Found) -> bool:
    """Nothing but brackets and release words in between: no other title."""
    between = atoms[other.count.after : best.first]
    return other.first < best.first and all(
        not atom.text or atom.bracket != OUTSIDE for atom in between
    )


def _is_absolute(atoms: Atoms, best: Found, other: Found) -> bool:
    """A bare number behind a code, or before it between dashes: "Title - 214 - S10E14"."""
    atom = atoms[other.first]
    bare = other.rank in PLAIN_RANKS or other.rank is Rank.PACKED
    if best.rank is not Rank.CODE or not bare or not 2 <= atom.width <= 4:
        return False
    if best.count.after == other.first:
        return True
    before = other.count.after == best.first or other.count.after + 1 == best.first
    return before and (other.rank is Rank.DASHED or len(other.count.values) > 1)


def _widen(name: Name, made: Numbering) -> None:
    """Words before the numbers of a pack that are none of the title: "The Complete Season 1"."""
    first, last = made.spans[0]
    tokens = name.tokens
    start = first
    while start > 1:
        key = tokens[start - 1].key
        if key not in COMPLETE_WORDS and key not in SERIES_WORDS and key != "the":
            break
        start -= 1
    complete = next((i for i in range(start, first) if tokens[i].key in COMPLETE_WORDS), None)
    if complete is not None:
        before = complete - 1
        made.spans[0] = (before if before > 0 and tokens[before].key == "the" else complete, last)
    elif start < first and tokens[first - 1].key in SEASON_WORDS:
        made.spans[0] = (first - 1, last)


def _unnumbered(
    atoms: Atoms, name: Name, at: list[Mark | None], doubtful: Found | None
) -> Numbering | None:
    """Specials without a number, and packs that say so in words."""
    for index, atom in enumerate(atoms):
        token = name.tokens[atom.token] if atom.text else None
        if token is None or index == 0:
            continue
        if atom.text in SURE_SPECIALS and token.text.isupper():
            return Numbering(Rank.SPECIAL, [(atom.token, atom.token + 1)], special=True)
        following = atom_at(atoms, index + 1)
        released = following.text == "" or (
            atom.text != "collection" and at[following.token] is not None
        )
        if atom.text in COMPLETE_WORDS and released:
            return Numbering(Rank.BARE, [(atom.token, atom.token + 1)], pack=True)
        if atom.text in COMPLETE_WORDS and following.text in SERIES_WORDS:
            article = index > 1 and atoms[index - 1].text == "the"
            first = atoms[index - 1].token if article else atom.token
            return Numbering(Rank.SEASON, [(first, following.token + 1)], pack=True)
    if doubtful is not None and doubtful.first > 0 and _is_series_pack(atoms, doubtful):
        made = _made(atoms, doubtful)
        made.rank, made.pack = Rank.SEASON, True
        made.season, made.episodes = doubtful.count.values[0], ()
        return made
    return None


def _is_series_pack(atoms: Atoms, doubtful: Found) -> bool:
    """Reads "Title Series 2 720p", as the British say."""
    behind = atom_at(atoms, doubtful.count.after)
    return atoms[doubtful.first].text in SERIES_WORDS and behind.text == ""
