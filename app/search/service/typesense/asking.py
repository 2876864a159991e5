"""Questions as the server is asked them.

What people write reaches it as words of letters and digits, values as marks and numbers: there is
nothing to escape, and nothing that could end a filter.
"""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.core.access import Scope
from app.search.domain import (
    MOST_HITS,
    Between,
    Filters,
    Number,
    Search,
    SearchCollection,
    SearchKind,
    Words,
    is_unspaced,
)
from app.search.service.typesense.reading import Reading, Text, is_open, text_of
from app.search.service.typesense.schema import (
    FLOATS,
    GAP,
    LIBRARY_BITS,
    UNRATED,
    age_of,
    mark_of,
    place_of,
    sight_of,
    start_of,
)

PAGE: Final = 250
WINDOW: Final = 30  # hits of each search, whatever is asked for, that are put in order anew
MOST_COUNTED: Final = 250  # values of a facet in one collection, before those of several are added
ALSO_WEIGHT: Final = 8
MOST_CANDIDATES: Final = 40  # words that a beginning or a typo may stand for
MOST_BEGUN: Final = 250  # titles of one beginning that are looked at
CUTOFF_MS: Final = 600
# Without words the server counts a document for each of its sights; this makes it one again.
EACH_ONCE: Final = "version:>=0"
LARGEST: Final = float(1 << 53)
# Typos are looked for in bytes: letters beyond ASCII have two.
TYPOS: Final = {True: (3, 6), False: (6, 12)}
SHOWN: Final = "id,label,keys,year,popularity"


class Way(StrEnum):
    """By what a title is looked for: each is a search of its own."""

    START = "start"
    DATED = "dated"
    WORDS = "words"


class Asked(NamedTuple):
    """One search of several that are sent together, and which text of a reading it is for."""

    kind: SearchKind
    way: Way
    parameters: dict[str, Any]
    text: Text | None


class Sees(NamedTuple):
    """Who asks: what the scope admits but for libraries that are just being deleted."""

    scope: Scope
    hidden: frozenset[UUID] = frozenset()


def sieve_of(collection: SearchCollection, sees: Sees, filters: Filters) -> str | None:
    """What hits have to fulfil, as the server filters; None where nothing can."""
    parts = [_seen(sees, filters) if collection.scoped else _unplaced(filters)]
    names = {facet.name for facet in collection.facets}
    for wanted in filters.values:
        if wanted.facet not in names or not wanted.values:
            return None
        marks = (mark_of(wanted.facet, value) for value in wanted.values)
        parts.append(f"marks:=[{','.join(marks)}]")
    for between in filters.ranges:
        if between.number not in collection.sorts:
            return None
        parts.append(_between(between))
    return None if None in parts else " && ".join(filter(None, parts))


def _unplaced(filters: Filters) -> str | None:
    return "" if filters.libraries is None else None


def _seen(sees: Sees, filters: Filters) -> str | None:
    """A sight in a library, and of an age, that the viewer may see; None where there is none."""
    libraries, most = sees.scope.libraries, sees.scope.max_age
    if filters.libraries is not None:
        wanted = frozenset(filters.libraries)
        libraries = wanted if libraries is None else wanted & libraries
    if most is not None and most < 0:
        return None
    if libraries is None:
        return _in_any(sees.hidden, most)
    age = UNRATED if most is None else min(most, UNRATED - 1)
    places = sorted(place_of(library) for library in libraries - sees.hidden)
    ranges = (f"{sight_of(place)}..{sight_of(place, age)}" for place in places)
    return f"sights:[{','.join(ranges)}]" if places else None


def _in_any(hidden: frozenset[UUID], most: int | None) -> str:
    """In any library but these: between the numbers of those that follow each other."""
    barred = sorted(place_of(library) for library in hidden)
    edges = zip([0, *(place + 1 for place in barred)], [*barred, 1 << LIBRARY_BITS], strict=True)
    open_ = [(first, end - 1) for first, end in edges if first < end]
    if most is None:
        ranges = (f"{sight_of(first)}..{sight_of(last, UNRATED)}" for first, last in open_)
        return f"sights:[{','.join(ranges)}]"
    ages = range(min(most, UNRATED - 1) + 1)
    each = (f"{age_of(n, first)}..{age_of(n, last)}" for n in ages for first, last in open_)
    return f"ages:[{','.join(each)}]"


def _between(between: Between) -> str | None:
    name, parts = between.number.value, []
    for sign, bound, whole in ((">=", between.least, math.ceil), ("<=", between.most, math.floor)):
        if bound is None:
            continue
        if math.isnan(bound):
            return None
        bounded = max(-LARGEST, min(LARGEST, bound))
        shown = f"{bounded:.6f}" if between.number in FLOATS else str(whole(bounded))
        parts.append(f"{name}:{sign}{shown}")
    return " && ".join(parts)


def searches(
    collection: SearchCollection, sees: Sees, asked: Search, reading: Reading | None, depth: int
) -> Iterable[Asked]:
    """All that is asked of one collection for the first `depth` hits; without a reading it is for
    everything.
    """
    sieve = sieve_of(collection, sees, asked.filters)
    if sieve is None:
        return
    order = order_of(collection, asked)
    shown = f"{SHOWN},{asked.sort.value}" if asked.sort in collection.sorts else SHOWN
    size = max(WINDOW, min(depth, PAGE))
    for way, more, by, text in _ways(collection, asked, reading):
        whole = {**by, "filter_by": _and(sieve, more), "sort_by": order, "include_fields": shown}
        for page in range(1, math.ceil(min(depth, MOST_HITS) / size) + 1):
            parameters = {**whole, "page": page, "per_page": size}
            yield Asked(collection.kind, way, parameters, text)


def _ways(
    collection: SearchCollection, asked: Search, reading: Reading | None
) -> Iterable[tuple[Way, str, dict[str, Any], Text | None]]:
    if reading is None:
        yield Way.WORDS, EACH_ONCE, by_words(collection), None
        return
    for text in reading.texts:
        yield Way.WORDS, "", by_words(collection, text, loose=reading.loose), text
    if asked.sort is None:
        for text in reading.titles:
            for way, more, by in by_starts(collection, text.words):
                yield way, more, by, text


def counting(
    collection: SearchCollection,
    sees: Sees,
    asked: Search,
    reading: Reading | None,
    names: Iterable[str],
) -> Iterable[Asked]:
    """The values of facets among all hits in one collection; nothing where there are none."""
    sieve = sieve_of(collection, sees, asked.filters)
    wanted = [f"facet_{one.name}" for one in collection.facets if one.name in set(names)]
    if sieve is None:
        return
    facets = {"facet_by": ",".join(wanted), "max_facet_values": MOST_COUNTED} if wanted else {}
    sieve = _and(sieve, EACH_ONCE) if reading is None else sieve
    for text in (None,) if reading is None else reading.texts:
        by = by_words(collection, text, loose=reading is not None and reading.loose)
        parameters = {**by, "filter_by": sieve, **facets, "per_page": 0}
        yield Asked(collection.kind, Way.WORDS, parameters, text)


def completing(
    collection: SearchCollection, sees: Sees, asked: Search, words: Words, limit: int
) -> Iterable[Asked]:
    """Titles that begin so, and that have words which do."""
    sieve = sieve_of(collection, sees, asked.filters)
    if sieve is None:
        return
    text = Text(text_of(words), words, is_open(words))
    ways = [
        *by_starts(collection, words),
        (Way.WORDS, "", by_words(collection, text, titles=True, loose=True)),
    ]
    for way, more, by in ways:
        order = {"sort_by": order_of(collection, asked), "per_page": max(WINDOW, limit)}
        yield Asked(collection.kind, way, {**by, "filter_by": _and(sieve, more), **order}, text)


def order_of(collection: SearchCollection, asked: Search) -> str:
    """The best match first, or by a number; what has none of it comes last."""
    if asked.sort is not None and asked.sort in collection.sorts:
        direction = "desc" if asked.descending else "asc"
        first = [f"{asked.sort.value}(missing_values: last):{direction}"]
        return ",".join([*first, *popular(collection, but=asked.sort)])
    first = ["_text_match:desc"] if asked.text.strip() and asked.sort is None else []
    return ",".join([*first, *popular(collection)])


def popular(collection: SearchCollection, but: Number | None = None) -> list[str]:
    """What breaks ties, where it is another number than this."""
    numbers = (Number.POPULARITY, Number.ADDED)
    found = (number for number in numbers if number in collection.sorts and number is not but)
    return [f"{number.value}(missing_values: last):desc" for number in found][:1]


def by_words(
    collection: SearchCollection,
    text: Text | None = None,
    *,
    titles: bool = False,
    loose: bool = False,
) -> dict[str, Any]:
    """By words of all fields, or of titles alone; everything without words. Loosely also by what is
    a typo away; one word, which is all that the server does so, also by parts of words.
    """
    fields = [f for f in collection.fields if f.title or not titles]
    by = [*((f.name, f.weight, "off") for f in fields), ("also", ALSO_WEIGHT, "fallback")]
    by.sort(key=lambda one: -one[1])
    names, weights, infix = (",".join(str(one[n]) for one in by) for n in range(3))
    if text is None:
        return {**_shown(), "q": "*", "query_by": names}
    return {
        **_shown(),
        "q": text.q,
        "query_by": names,
        "query_by_weights": weights,
        "text_match_type": "max_weight",
        "prefix": text.open,
        "drop_tokens_threshold": 0,
        **(_typos(text.words) if loose else {"num_typos": 0}),
        **({"infix": infix} if loose and " " not in text.q else {}),
    }


def by_starts(
    collection: SearchCollection, words: Words
) -> Iterable[tuple[Way, str, dict[str, Any]]]:
    """By how titles begin; where the query names a year, also by what else it says."""
    partial = is_open(words)
    for key in _keys(words):
        yield from ((Way.START, "", by) for by in _start(key, partial=partial))
    if words.yearless and Number.YEAR in collection.sorts:
        year = f"{Number.YEAR.value}:={words.year}"
        yield from ((Way.DATED, year, by) for by in _start(words.yearless, partial=False))


def _keys(words: Words) -> Iterable[str]:
    """The query as titles may begin; a "V" may become a word that is no number."""
    last = words.words[-1]
    yield words.key
    if last.partial and last.forms[1:] and words.key.endswith(last.forms[-1]):
        yield words.key.removesuffix(last.forms[-1]) + last.text


def _start(key: str, *, partial: bool) -> Iterable[dict[str, Any]]:
    start = start_of(key)
    if not start:
        return
    never = {
        **_shown(),
        "query_by": "starts",
        "num_typos": 0,
        "drop_tokens_threshold": 0,
        "max_candidates": MOST_BEGUN,
    }
    yield {**never, "q": start, "prefix": partial}
    if not partial and not start.endswith(GAP):
        yield {**never, "q": start + GAP, "prefix": True}


def _shown() -> dict[str, Any]:
    return {
        "include_fields": SHOWN,
        "highlight_fields": "none",
        "highlight_full_fields": "none",
        "max_candidates": MOST_CANDIDATES,
        "search_cutoff_ms": CUTOFF_MS,
    }


def _typos(words: Words) -> dict[str, Any]:
    if any(is_unspaced(word.text) for word in words.words):
        return {"num_typos": 0}
    one, two = TYPOS[all(word.text.isascii() for word in words.words)]
    return {
        "num_typos": 1 if one == 3 else 2,
        "min_len_1typo": one,
        "min_len_2typo": two,
        "typo_tokens_threshold": 1,
    }


def _and(*parts: str) -> str:
    return " && ".join(filter(None, parts))
