"""Which words of a document are those that were asked for, and the passages that they stand in."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct
from rapidfuzz.distance import OSA

from app.search.domain.asking import Word, Words
from app.search.domain.collections import Document
from app.search.domain.text import (
    HYPHENED,
    INITIALS,
    MOST_WORD,
    WORD,
    bigrams,
    folded,
    forms,
    is_unspaced,
)

MOST_SNIPPETS: Final = 2  # of a field
MOST_SNIPPET: Final = 160  # characters
MOST_VALUES: Final = 100  # of a field that are looked at
MOST_LOOKED_AT: Final = 5000  # characters of each
BEFORE: Final = 40  # characters that lead to the first word of a passage, at most
LEAST_MISTAKEN: Final = 4  # letters of a word that a typo leaves recognisable
TOKEN: Final = re.compile(f"{INITIALS.pattern}|{WORD.pattern}")


class Range(Struct, frozen=True):
    """Part of a text: Unicode code points from `start` to before `end`."""

    start: int
    end: int


class Highlight(Struct, frozen=True):
    """A passage of a field's own text, with where it says what was asked for."""

    field: str
    text: str
    ranges: tuple[Range, ...]


class _Token(Struct, frozen=True):
    """A word of a text, folded, and where it stands."""

    word: str
    place: Range


class _Value(Struct, frozen=True):
    """A text of a field with its words."""

    field: str
    text: str
    tokens: tuple[_Token, ...]


def highlights(document: Document, fields: Sequence[str], words: Words) -> tuple[Highlight, ...]:
    """Passages of these fields, in their order, at most two of each.

    A word is found by any of its forms, the last by its beginning; one that is nowhere so, with a
    typo. What is needless is not looked for.
    """
    wanted = [word for word in words.words if not word.needless]
    values = [value for field in fields for value in _values(document, field)]
    there = {token.word for value in values for token in value.tokens}
    exact = {token: word for token in there if (word := _exactly(token, wanted)) is not None}
    mistaken = [word for word in wanted if word not in exact.values()]
    marked = {t for t in there if t in exact or any(_nearly(t, word) for word in mistaken)}
    found: list[Highlight] = []
    for field in fields:
        passages = [
            passage
            for value in values
            if value.field == field
            for passage in _passages(value, _places(value, marked))
        ]
        passages.sort(key=lambda passage: -len(passage.ranges))
        found += passages[:MOST_SNIPPETS]
    return tuple(found)


def _values(document: Document, field: str) -> Iterator[_Value]:
    for text in document.texts.get(field, ())[:MOST_VALUES]:
        seen = text[:MOST_LOOKED_AT]
        yield _Value(field, seen, tuple(_tokens(seen)))


def _tokens(text: str) -> Iterator[_Token]:
    """The words as `words_of` reads them, and those that hyphens part also as one."""
    plain, places = _folded(text)
    for found in HYPHENED.finditer(plain):
        word = re.sub(r"[^\w]|_", "", found[0])[:MOST_WORD]
        yield _Token(word, _between(places, found.start(), found.end()))
    for found in TOKEN.finditer(plain):
        word = re.sub(r"[.']", "", found[0])[:MOST_WORD]
        parts = bigrams(word) if is_unspaced(word) else (word,)
        for index, part in enumerate(parts):
            start = found.start() + index
            end = start + len(part) if len(parts) > 1 else found.end()
            yield _Token(part, _between(places, start, end))


def _folded(text: str) -> tuple[str, Sequence[Range] | None]:
    """The text folded, and where each of its characters is in it; None where none has moved.

    Marks stay with the letter that they are on, however the text is composed.
    """
    if text.isascii():
        return text.lower(), None
    parts: list[str] = []
    places: list[Range] = []
    begin = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and unicodedata.category(text[end]) == "Mn":
            continue
        part = folded(text[begin:end])
        parts.append(part)
        places += [Range(begin, end)] * len(part)
        begin = end
    return "".join(parts), places


def _between(places: Sequence[Range] | None, start: int, end: int) -> Range:
    """Where a part of the folded text is in the text."""
    return Range(start, end) if places is None else Range(places[start].start, places[end - 1].end)


def _exactly(token: str, wanted: Iterable[Word]) -> Word | None:
    """The word that a token is, or begins with."""
    own = forms(token)
    for word in wanted:
        if not set(own).isdisjoint(word.forms):
            return word
    return next((w for w in wanted if w.partial and token.startswith(w.text)), None)


def _nearly(token: str, word: Word) -> bool:
    """Whether a token is the word with one typo: a letter more, less, changed or swapped."""
    text = word.text
    if len(text) < LEAST_MISTAKEN or is_unspaced(text) or text.isdigit():
        return False
    near = OSA.distance(token, text, score_cutoff=1) <= 1
    return near or (word.partial and OSA.distance(token[: len(text)], text, score_cutoff=1) <= 1)


def _places(value: _Value, marked: Collection[str]) -> list[Range]:
    """Where a text has these words, in order; places that overlap are one."""
    places = [token.place for token in value.tokens if token.word in marked]
    merged: list[Range] = []
    for place in sorted(places, key=lambda place: place.start):
        if merged and place.start < merged[-1].end:
            merged[-1] = Range(merged[-1].start, max(merged[-1].end, place.end))
        else:
            merged.append(place)
    return merged


def _passages(value: _Value, places: Sequence[Range]) -> Iterator[Highlight]:
    """Passages that hold them: the whole text where it is short."""
    rest, told = list(places), 0
    for _ in range(MOST_SNIPPETS):
        if not rest:
            return
        whole = _around(value.text, rest[0], told)
        told = whole.end
        within = [place for place in rest if place.start < whole.end]
        rest = rest[len(within) :]
        ranges = [
            Range(place.start - whole.start, min(place.end, whole.end) - whole.start)
            for place in within
        ]
        yield Highlight(value.field, value.text[whole.start : whole.end], tuple(ranges))


def _around(text: str, first: Range, told: int) -> Range:
    """Where the passage around a place begins, after what was told, and where it ends: between
    words, if it can.
    """
    if len(text) <= MOST_SNIPPET:
        return Range(0, len(text))
    start = max(told, min(first.start - BEFORE, len(text) - MOST_SNIPPET))
    if start > 0:
        blank = text.find(" ", start, first.start)
        start = blank + 1 if blank >= 0 else first.start
    end = min(len(text), start + MOST_SNIPPET)
    if end < len(text):
        blank = text.rfind(" ", first.end, end)
        end = blank if blank >= 0 else end
    return Range(start, end)
