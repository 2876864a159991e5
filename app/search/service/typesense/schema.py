"""What a collection looks like on the server, and a document in it.

Texts are sent as the words that `app.search.domain` reads in them, with spaces between, and so are
queries: accents, scripts without spaces and numerals mean the same here as on PostgreSQL, whatever
version the server is of, and it needs neither locales nor synonyms.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, Final
from uuid import UUID

import msgspec

from app.search.domain import (
    Document,
    Number,
    SearchCollection,
    Sight,
    joined,
    keys_of,
    words_of,
)
from app.search.domain.text import _NUMBERS

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    digits: tuple(word for word, value in _NUMBERS.items() if value == digits)
    for digits in _NUMBERS.values()
}
FLOATS: Final = frozenset({Number.RATING, Number.POPULARITY})
MOST_START: Final = 60  # characters of a title by which it is found from its beginning
SHORT: Final = 60  # characters of a text that may be that of many
UNRATED: Final = 255
LIBRARY_BITS: Final = 54
AGE_BITS: Final = 8
GAP: Final = "_"  # stands between the words of a beginning, which is one word to the server


def start_of(key: str) -> str:
    """A title's key as one word."""
    return key.replace(" ", GAP)[:MOST_START]


def mark_of(facet: str, value: str) -> str:
    """What documents are filtered by: any value of a facet as 16 letters and digits."""
    return hashlib.blake2b(f"{facet}\0{value}".encode(), digest_size=8).hexdigest()


def facet_of(facet: str, value: str) -> str:
    """A value as it is counted: the server takes those for one that differ in case or signs."""
    return f"{mark_of(facet, value)} {value}"


def value_of(counted: str) -> str:
    """The value that was counted."""
    return counted.partition(" ")[2]


def place_of(library: UUID) -> int:
    """A library as a number: the end of its id, which is chance."""
    return library.int & ((1 << LIBRARY_BITS) - 1)


def sight_of(place: int, age: int = 0) -> int:
    """A sight as a number: those of a library follow each other, the unrated ones last."""
    return place << AGE_BITS | age


def age_of(age: int, place: int = 0) -> int:
    """A sight as another number: those of an age follow each other."""
    return age << LIBRARY_BITS | place


def schema_of(collection: SearchCollection, name: str) -> dict[str, Any]:
    """The collection as the server is told to create it."""
    many = {"type": "string[]", "optional": True}
    fields: list[dict[str, Any]] = [
        {"name": "version", "type": "int64"},
        {"name": "label", "type": "string", "index": False, "optional": True},
        {"name": "keys", "type": "string[]", "index": False, "optional": True},
        {"name": "starts", **many},
        {"name": "also", **many, "infix": True},
        {"name": "marks", **many},
        {"name": "sights", "type": "int64[]", "optional": True},
        {"name": "ages", "type": "int64[]", "optional": True},
        *({"name": field.name, **many} for field in collection.fields),
        *({"name": f"facet_{facet.name}", **many, "facet": True} for facet in collection.facets),
        *(_number(number) for number in collection.sorts),
    ]
    return {"name": name, "fields": fields, "symbols_to_index": [GAP]}


def shape_of(collection: SearchCollection) -> str:
    """A short sign that is another one whenever the collection has to be built anew."""
    told = [1, schema_of(collection, "")]  # the number: how documents are made
    return hashlib.blake2b(msgspec.json.encode(told), digest_size=4).hexdigest()


def _number(number: Number) -> dict[str, Any]:
    kind = "float" if number in FLOATS else "int64"
    return {"name": number.value, "type": kind, "optional": True, "sort": True}


def document_of(collection: SearchCollection, document: Document, version: int) -> dict[str, Any]:
    """A document as it is sent."""
    titles = [text for name in collection.titles for text in document.texts.get(name, ())]
    year = document.numbers.get(Number.YEAR)
    keys = keys_of(titles)
    places = [(place_of(sight.library_id), _age(sight)) for sight in document.sights]
    numbers = {n: document.numbers[n] for n in collection.sorts if n in document.numbers}
    said = {f.name: document.facets.get(f.name, ()) for f in collection.facets}
    return {
        "id": document.id.hex,
        "version": version,
        "label": titles[0] if titles else "",
        "keys": keys,
        "starts": list(dict.fromkeys(start_of(key) for key in keys)),
        "also": list(dict.fromkeys(_also(title, year) for title in titles)),
        "marks": [mark_of(name, value) for name, values in said.items() for value in values],
        "sights": [sight_of(place, age) for place, age in places],
        "ages": [age_of(age, place) for place, age in places],
        **{f.name: _read(document.texts.get(f.name, ())) for f in collection.fields},
        **{f"facet_{n}": [facet_of(n, value) for value in values] for n, values in said.items()},
        **{n.value: value if n in FLOATS else round(value) for n, value in numbers.items()},
    }


def _age(sight: Sight) -> int:
    return UNRATED if sight.age is None else min(max(sight.age, 0), UNRATED - 1)


def _read(texts: Iterable[str]) -> list[str]:
    """Texts as words; where one has numerals, also with digits, by which phrases are looked for."""
    read = (_known(text) if len(text) <= SHORT else _written(text) for text in texts)
    return list(dict.fromkeys(chain.from_iterable(read)))


def _written(text: str) -> tuple[str, ...]:
    words = words_of(text)
    written = " ".join([spelt[0] for spelt in words])
    numeral = any(len(spelt) > 1 for spelt in words)
    found = (written, " ".join([spelt[-1] for spelt in words])) if numeral else (written,)
    return found if written else ()


_known = lru_cache(maxsize=10_000)(_written)  # names and genres are those of many titles


def _also(title: str, year: float | None) -> str:
    """A title with whatever else it is looked for by: spellings of numerals, joined words, year."""
    found: list[str] = []
    for spelt in words_of(title):
        found += dict.fromkeys((*spelt, *SPELLINGS.get(spelt[-1], ())))
    found += joined(title)
    return " ".join(found if year is None else [*found, str(round(year))])
