"""What a provider has on record and finds, and how files tell of it."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from app.metadata.domain import Hit, RecordKind, Sought
from app.metadata.service.matching import matched

KNOWN: Final = 20  # times as many votes as all others of its title: that one is meant
NUMERALS: Final = {"II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6", "X": "10"}
SIGNS: Final = re.compile(r"[\W_]+")
BARE: Final = str.maketrans({"ł": "l", "Ł": "L", "ı": "i", "ø": "o", "Ø": "O"})


class Telling(NamedTuple):
    """`expected`: the id that has to be found; None where nothing may be sure."""

    how: str
    sought: Sought
    expected: str | None


class Provider:
    """What a table has a line for; ids are the places of the lines."""

    def __init__(self, table: str, kind: RecordKind) -> None:
        lines = enumerate(table.strip().splitlines())
        self.kind = kind
        self.known = [_hit(kind, str(place + 1), line) for place, line in lines]
        self._found: dict[str, list[Hit]] = {}

    def search(self, title: str) -> list[Hit]:
        """Whatever is somewhat like it, or has it in its title."""
        if title not in self._found:
            self._found[title] = [hit for hit in self.known if _is_like(hit, title)]
        return self._found[title]


def _hit(kind: RecordKind, place: str, line: str) -> Hit:
    title, year, votes, other = line.split("|")
    return Hit(
        source="films",
        kind=kind,
        id=place,
        title=title,
        original_title=other or None,
        year=int(year),
        votes=int(votes),
    )


def _is_like(hit: Hit, title: str) -> bool:
    if title.casefold() in hit.title.casefold():
        return True
    return any(agreement(title, t) > 0 for t in (hit.title, hit.original_title) if t)


def agreement(title: str, other: str) -> float:
    """How far two titles agree, from 0 to 1, where all else does."""
    sought = Sought(kind=RecordKind.MOVIE, titles=(title,), year=2004)
    hit = Hit(source="films", kind=RecordKind.MOVIE, id="1", title=other, year=2004)
    [match] = matched(sought, [hit])
    return match.score


def tellings(hit: Hit, known: list[Hit]) -> Iterator[Telling]:
    """How files tell of one, and what has to be found."""
    title, year = hit.title, hit.year
    assert year is not None
    same = [other for other in known if other.title.casefold() == title.casefold()]
    twins = [other for other in same if other.year == year]
    near = [other for other in same if other is not hit and abs((other.year or 0) - year) <= 2]
    for how, spelling in _spellings(title):
        yield Telling(how, _sought(hit, spelling, year), _meant(twins))
    if original := hit.original_title:
        yield Telling("its own title", _sought(hit, original, year), hit.id)
        if _plain(original) != original:
            yield Telling("without accents", _sought(hit, _plain(original), year), hit.id)
    if not near:
        yield Telling("the year after", _sought(hit, title, year + 1), hit.id)
    yield Telling("no year", _sought(hit, title, None), _meant(same))
    later = _sought(hit, title, year + 37)
    if not any(tells_of(later, other) for other in known):
        yield Telling("another of that title", later, None)


def tells_of(sought: Sought, hit: Hit) -> bool:
    """Whether it may well be this one: one title and, where said, a year apart at most."""
    assert hit.year is not None
    titles = {_bare(title) for title in (hit.title, hit.original_title) if title}
    years_apart = abs(sought.year - hit.year) if sought.year else 0
    return _bare(sought.titles[0]) in titles and years_apart <= 1


def _spellings(title: str) -> Iterator[tuple[str, str]]:
    yield "title and year", title
    yield "in small letters", title.lower().replace(":", " ")
    words = SIGNS.sub(" ", title).strip()
    if words not in {title, ""}:
        yield "without signs", words
    if _plain(title) != title:
        yield "without accents", _plain(title)
    if title.startswith("The "):
        yield "without its article", title.removeprefix("The ")
    if " and " in title:
        yield "ampersand", title.replace(" and ", " & ")
    if "&" in title:
        yield "no ampersand", title.replace("&", "and")
    start, _, last = title.rpartition(" ")
    if start and last in NUMERALS:
        yield "numeral", f"{start} {NUMERALS[last]}"
    if len(title) > 9 and title[4].isalpha():
        yield "a letter left out", title[:4] + title[5:]


def _plain(title: str) -> str:
    """As who has none writes accents; a title in another script is left as it is."""
    split = unicodedata.normalize("NFD", title.translate(BARE))
    bare = "".join(sign for sign in split if not unicodedata.combining(sign))
    return bare if bare.isascii() else title


def _bare(title: str) -> str:
    words = _plain(title).casefold().replace("&", "and").removeprefix("the ")
    return SIGNS.sub("", words) or title


def _meant(same: list[Hit]) -> str | None:
    """Of several with one title the one that all the world knows, if there is one."""
    first, *others = sorted(same, key=lambda hit: -(hit.votes or 0))
    known = all((first.votes or 0) >= KNOWN * (other.votes or 1) for other in others)
    return first.id if known else None


def _sought(hit: Hit, title: str, year: int | None) -> Sought:
    return Sought(kind=hit.kind, titles=(title,), year=year)
