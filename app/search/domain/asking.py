"""What is asked of search, and what is answered."""

from collections.abc import Mapping
from typing import Final, Protocol
from uuid import UUID

from msgspec import Struct

from app.core.access import Scope
from app.core.errors import Invalid
from app.search.domain.collections import MOST_QUERY, Number, SearchKind
from app.search.domain.text import STOPS, bigrams, forms, is_unspaced, key_of, runs

YEARS: Final = range(1880, 2101)
MOST_WORDS: Final = 16


class Word(Struct, frozen=True):
    """A word that is looked for, by any of its forms.

    `partial` is the last one, which may not be finished; of one that is `needless` a hit may lack.
    """

    forms: tuple[str, ...]
    partial: bool = False
    needless: bool = False

    @property
    def text(self) -> str:
        """As it was written."""
        return self.forms[0]


class Words(Struct, frozen=True, kw_only=True):
    """A query, taken apart. `phrases` are words that follow each other; `key` is the whole of it as
    a title, `yearless` without the year that it names.
    """

    words: tuple[Word, ...]
    phrases: tuple[tuple[tuple[str, ...], ...], ...] = ()
    key: str = ""
    year: int | None = None
    yearless: str = ""


class OneOf(Struct, frozen=True):
    """Of this facet, one of these values."""

    facet: str
    values: tuple[str, ...]


class Between(Struct, frozen=True):
    """A number that lies between these, both included."""

    number: Number
    least: float | None = None
    most: float | None = None


class Filters(Struct, frozen=True, kw_only=True):
    """What all hits fulfil; libraries are of the scope."""

    values: tuple[OneOf, ...] = ()
    ranges: tuple[Between, ...] = ()
    libraries: tuple[UUID, ...] | None = None


class Search(Struct, frozen=True, kw_only=True):
    """A whole question; `sort` is None for relevance. Equal ones have equal answers."""

    text: str
    kinds: tuple[SearchKind, ...]
    filters: Filters = Filters()
    sort: Number | None = None
    descending: bool = True


class Hit(Struct, frozen=True, array_like=True):
    """What was found. Scores of one answer compare; higher is better."""

    kind: SearchKind
    id: UUID
    score: float


class Found(Struct, frozen=True, kw_only=True):
    """The best hits in order, how many there are in all, and which backend said so."""

    hits: tuple[Hit, ...]
    total: int
    suggestion: str | None = None
    backend: str = ""


class Count(Struct, frozen=True, array_like=True):
    """How many hits have a value of a facet."""

    value: str
    count: int


Facets = Mapping[str, tuple[Count, ...]]


class Completion(Struct, frozen=True, kw_only=True):
    """What may be meant by the beginning of a text."""

    kind: SearchKind
    id: UUID
    title: str
    year: int | None = None
    score: float = 0.0


class SearchBackend(Protocol):
    """What answers questions. All of it keeps to the scope.

    Raises Unavailable where it cannot answer.
    """

    name: str

    @property
    def configured(self) -> bool:
        """Whether there is one; what is asked of it otherwise raises Unavailable."""

    async def search(self, scope: Scope, asked: Search, depth: int) -> Found:
        """The first `depth` hits."""

    async def facets(self, scope: Scope, asked: Search, names: tuple[str, ...]) -> Facets:
        """The most frequent values of these facets among all hits; of all there is where the text
        is empty.
        """

    async def complete(
        self, scope: Scope, prefix: str, kinds: tuple[SearchKind, ...], limit: int
    ) -> tuple[Completion, ...]:
        """Titles and names that begin so, the best first."""


def words_in(text: str) -> Words:
    """A query taken apart. Raises Invalid for one without words, or that is too long."""
    if len(text) > MOST_QUERY:
        raise Invalid(f"A query has at most {MOST_QUERY} characters.", field="query")
    parts = text.replace("“", '"').replace("”", '"').replace("„", '"').split('"')
    if len(parts) % 2 == 0:
        raise Invalid('A quotation mark is not closed: write "the exact words".', field="query")
    plain = [word for part in parts[::2] for word in runs(part)]
    quoted = [forms_ for part in parts[1::2] if (forms_ := _phrase(part))]
    words = [*_words(plain, partial=parts[-1][-1:].isalnum()), *_quoted(quoted)][:MOST_WORDS]
    if not words:
        raise Invalid("A query has at least one letter or digit.", field="query")
    if all(word.needless for word in words):
        words = [Word(word.forms, word.partial) for word in words]
    unquoted = " ".join(parts)
    year = _year(plain)
    return Words(
        words=tuple(words),
        phrases=tuple(quoted),
        key=key_of(unquoted),
        year=year,
        yearless=key_of(unquoted.replace(str(year), " ")) if year else "",
    )


def _words(plain: list[str], *, partial: bool) -> list[Word]:
    found: list[Word] = []
    for index, run in enumerate(plain):
        last = partial and index == len(plain) - 1
        if is_unspaced(run):
            found += [Word((pair,), partial=len(run) == 1) for pair in bigrams(run)]
        else:
            found.append(Word(forms(run), partial=last, needless=run in STOPS and not last))
    return found


def _quoted(phrases: list[tuple[tuple[str, ...], ...]]) -> list[Word]:
    return [Word(forms_) for phrase in phrases for forms_ in phrase]


def _phrase(part: str) -> tuple[tuple[str, ...], ...]:
    found: list[tuple[str, ...]] = []
    for run in runs(part):
        found += [(pair,) for pair in bigrams(run)] if is_unspaced(run) else [forms(run)]
    return tuple(found[:MOST_WORDS])


def _year(plain: list[str]) -> int | None:
    """The last word that may be a year, where it is not all there is."""
    if len(plain) < 2:
        return None
    years = [int(word) for word in plain if len(word) == 4 and word.isdecimal()]
    return next((year for year in reversed(years) if year in YEARS), None)
