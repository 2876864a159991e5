"""What the server finds, put together: one order out of many lists."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Annotated, Final, NamedTuple
from uuid import UUID

from msgspec import Meta, Struct

from app.search.domain import Search, SearchKind
from app.search.domain.ranking import Tier, distance
from app.search.service.typesense.asking import WINDOW, Asked, Way
from app.search.service.typesense.reading import Text

STEPS: Final = 10_240  # places between what is 0.1 apart
CORRECTED: Final = 0.5  # how much later what was not written comes
Amount = Annotated[int, Meta(ge=0, lt=1 << 28)]  # of which several are added


class Shown(Struct):
    """What a hit tells of its document."""

    id: UUID
    label: str = ""
    keys: tuple[str, ...] = ()
    year: Annotated[int, Meta(ge=-(1 << 31), lt=1 << 31)] | None = None
    popularity: float | None = None
    added: float | None = None
    released: float | None = None
    rating: float | None = None
    votes: float | None = None
    runtime: float | None = None


class One(Struct):
    """A hit."""

    document: Shown


class Value(Struct):
    """How often a value is there."""

    value: str
    count: Amount


class FacetCounts(Struct):
    """The values of one facet."""

    field_name: str
    counts: tuple[Value, ...] = ()


class Result(Struct):
    """What one search found; `code` is there where it failed."""

    found: Amount = 0
    hits: tuple[One, ...] = ()
    facet_counts: tuple[FacetCounts, ...] = ()
    code: int | None = None
    error: str = ""


class Listed(Struct):
    """What one search found, all its pages together."""

    kind: SearchKind
    way: Way
    text: Text | None
    found: int
    shown: list[Shown]


class Ranked(NamedTuple):
    """A hit with its place: smaller is better."""

    distance: float
    place: int
    unpopular: float
    kind: SearchKind
    shown: Shown

    @property
    def score(self) -> float:
        return round(Tier.REST + 1 - self.distance - (self.place + 1) / STEPS, 6)


def lists_of(wanted: Sequence[Asked], results: Sequence[Result]) -> list[Listed]:
    """The pages of each search follow each other."""
    pairs = zip(wanted, results, strict=True)
    lists: list[Listed] = []
    for one, result in pairs:
        shown = [hit.document for hit in result.hits]
        if one.parameters.get("page", 1) > 1:
            lists[-1].shown += shown
        else:
            lists.append(Listed(one.kind, one.way, one.text, result.found, shown))
    return lists


def total_of(lists: Iterable[Listed]) -> int:
    """How many hits there are. The texts of a reading find different things; titles that begin so
    are among them, unless more words begin so than the server looks at.
    """
    return sum(
        max(
            sum(one.found for one in of_kind if one.way is Way.WORDS),
            *(one.found for one in of_kind if one.way is not Way.WORDS),
            0,
        )
        for _, of_kind in _by_kind(lists)
    )


def suggestion_of(lists: Iterable[Listed]) -> str | None:
    """The first text that found something, unless one did as it was written."""
    texts = [one.text for one in lists if one.found and one.text is not None]
    return min(texts, key=lambda text: text.place).suggestion if texts else None


def _by_kind(lists: Iterable[Listed]) -> Iterator[tuple[SearchKind, list[Listed]]]:
    for kind, some in groupby(lists, key=lambda one: one.kind):
        yield kind, list(some)


def by_match(lists: Iterable[Listed]) -> list[Ranked]:
    """Several lists in one: by how well titles match, then by the place in one's own list.

    The beginning of each is always the same, however much of it is asked for, and so is that of
    what comes of them: pages fit together.
    """
    return _once(one for listed in lists for one in _ranked(listed))


def _ranked(listed: Listed) -> Iterator[Ranked]:
    text = listed.text
    if text is None:
        each = [(0.0, shown) for shown in listed.shown]
    else:
        later = CORRECTED if text.place else 0.0
        each = [
            (later + distance(text.words, shown.keys, shown.year), shown) for shown in listed.shown
        ]
    first = sorted(each[:WINDOW], key=lambda one: one[0])
    least = first[-1][0] if first else 0.0
    for place, (far, shown) in enumerate([*first, *each[WINDOW:]]):
        least = far if place < WINDOW else max(least, far)
        yield Ranked(least, place, -(shown.popularity or 0), listed.kind, shown)


def by_number(asked: Search, lists: Iterable[Listed]) -> list[Ranked]:
    """By what is sorted by; what has none of it last."""
    sign = -1 if asked.descending else 1
    return _once(
        Ranked(float(value is None), 0, 0.0 if value is None else sign * value, listed.kind, shown)
        for listed in lists
        for shown in listed.shown
        for value in (getattr(shown, asked.sort or ""),)
    )


def _once(ranked: Iterable[Ranked]) -> list[Ranked]:
    """In order, each thing where it is best."""
    best: dict[tuple[SearchKind, UUID], Ranked] = {}
    for one in sorted(ranked, key=lambda one: one[:3]):
        best.setdefault((one.kind, one.shown.id), one)
    return list(best.values())
