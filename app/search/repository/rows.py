"""Documents as rows: what PostgreSQL looks for, made out of their texts."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
import orjson

from app.search.domain import (
    Document,
    Number,
    SearchCollection,
    Sight,
    folded,
    joined,
    keys_of,
    words_of,
)
from app.search.domain.text import ARTICLES
from app.search.domain.vocabulary import LEAD

FORM: Final = b"1"
"""Changes with what rows are made of, so that those of before are written anew."""
MOST_PLACES: Final = 4000
APART: Final = 10  # places between two texts, so that no phrase spans them
MOST_OF_ONE: Final = 50  # places of one word
MOST_WORDS: Final = 400  # of titles, for completion and correction
MOST_TITLE: Final = 300
MOST_VALUE: Final = 300  # characters of a facet's value
_STRONG: Final = 3  # the least weight of what is more than mentioned
_encode = msgspec.json.Encoder(order="deterministic").encode


def mark_of(document: Document) -> bytes:
    """What differs where documents do."""
    return hashlib.blake2b(FORM + _encode(document), digest_size=16).digest()


def values_of(document: Document, collection: SearchCollection) -> list[tuple[int, str]]:
    """The values of its facets, each with the facet's code."""
    return [
        (facet.code, value[:MOST_VALUE])
        for facet in collection.facets
        for value in document.facets.get(facet.name, ())
    ]


def row_of(
    document: Document, collection: SearchCollection, ids: Mapping[tuple[int, str], int]
) -> dict[str, Any]:
    """The columns of a document as JSON takes them, without its version; `ids` are of values."""
    titles, everything = Lexemes(), Lexemes()
    for field in collection.fields:
        letter = ("A" if field is collection.fields[0] else "B") if field.title else ""
        for text in document.texts.get(field.name, ()):
            if field.title:
                titles.add(text, letter, lead=True)
            everything.add(text, letter or ("C" if field.weight >= _STRONG else "D"))
    year = document.numbers.get(Number.YEAR)
    if year is not None:
        everything.place(f"{year:.0f}", "C")
    said = titles_of(document, collection)
    return {
        "id": str(document.id),
        "kind": document.kind.value,
        **_sights(document.sights, scoped=collection.scoped),
        "people": [str(person) for person in document.people],
        "name": name_of(document, collection),
        "title": folded(said[0])[:MOST_TITLE] if said else "",
        "keys": keys_of(said),
        "words": list(titles)[:MOST_WORDS],
        "facets": [code << 24 | ids[code, v] for code, v in values_of(document, collection)],
        **{number.value: document.numbers.get(number) for number in Number},
        "titles": str(titles),
        "everything": str(everything),
        "digest": "\\x" + mark_of(document).hex(),
        "body": orjson.Fragment(_encode(document)),
    }


def titles_of(document: Document, collection: SearchCollection) -> list[str]:
    """All that it is called, the most telling first."""
    return [text for name in collection.titles for text in document.texts.get(name, ())]


def name_of(document: Document, collection: SearchCollection) -> str:
    """What it is shown as."""
    return next(iter(titles_of(document, collection)), "")[:MOST_TITLE]


def _sights(sights: tuple[Sight, ...], *, scoped: bool) -> Mapping[str, Any]:
    """One place for what is in one library, lists for what may be in several."""
    if not scoped:
        return {"libraries": None, "ages": None, "library_id": None, "age": None}
    if len(sights) == 1:
        [only] = sights
        found = {"library_id": str(only.library_id), "age": only.age}
        return found | {"libraries": None, "ages": None}
    libraries = [str(sight.library_id) for sight in sights]
    ages = [sight.age for sight in sights]
    return {"libraries": libraries, "ages": ages, "library_id": None, "age": None}


class Lexemes:
    """A text search vector in the making."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}
        self._place = 1

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __str__(self) -> str:
        """As PostgreSQL reads it; words are letters and digits, so that nothing is quoted."""
        found = self._found.items()
        return " ".join([f"'{word}':{','.join(at[:MOST_OF_ONE])}" for word, at in found])

    def add(self, text: str, letter: str, *, lead: bool = False) -> None:
        """The words of a text in their places, with this weight."""
        found, begun, words = self._found, self._place, words_of(text)
        for place, forms in enumerate(words, begun):
            mark = f"{min(place, MOST_PLACES)}{letter}"
            for form in forms:
                found.setdefault(form, []).append(mark)
        if lead and words:
            # With an article before it a title begins twice, so that phrases go on from both.
            second = len(words) > 1 and words[0][0] in ARTICLES
            for at in range(1 + second):
                for form in words[at]:
                    self.place(LEAD + form, letter, begun + at)
        for whole in joined(text):
            self.place(whole, letter)
        self._place += len(words) + APART

    def place(self, word: str, letter: str, at: int | None = None) -> None:
        """One word, where the text has got to or at another place."""
        place = min(at or self._place, MOST_PLACES)
        self._found.setdefault(word, []).append(f"{place}{letter}")


def alternatives(forms: Iterable[str], *, open_: str = "") -> str:
    """Any of these, in a query of PostgreSQL; `open_` with whatever it goes on to."""
    shown = [f"'{form}'" for form in dict.fromkeys(forms)]
    if open_:
        shown.append(f"'{open_}':*")
    return shown[0] if len(shown) == 1 else f"({' | '.join(shown)})"
