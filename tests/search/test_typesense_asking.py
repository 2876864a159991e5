"""Whatever is written, asked for or set: a filter stays the filter that it is."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

from app.core.access import EVERYTHING, Scope
from app.core.errors import Invalid
from app.search.domain import (
    Between,
    Document,
    Filters,
    Number,
    OneOf,
    Search,
    SearchKind,
    Sight,
    words_in,
)
from app.search.domain.ranking import Tier, tier
from app.search.service.collections import COLLECTIONS, MOVIES, PEOPLE, USERS
from app.search.service.typesense.asking import Sees, counting, searches, sieve_of
from app.search.service.typesense.reading import text_of
from app.search.service.typesense.schema import document_of, schema_of, shape_of

PART = re.compile(
    r"marks:=\[[0-9a-f]{16}(,[0-9a-f]{16})*\]"
    r"|(sights|ages):\[\d+\.\.\d+(,\d+\.\.\d+)*\]"
    r"|(year|released|added|rating|votes|popularity|runtime):(>=|<=|:=)?=?-?\d+(\.\d+)?"
)
IDS = some.uuids(version=4)
SCOPES = some.builds(
    Scope,
    libraries=some.none() | some.frozensets(IDS, max_size=4),
    max_age=some.none() | some.integers(-2, 99),
    key=some.just("any"),
)
FILTERS = some.builds(
    Filters,
    values=some.lists(
        some.builds(
            OneOf,
            facet=some.sampled_from([f.name for f in MOVIES.facets]),
            values=some.lists(some.text(), max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    ranges=some.lists(
        some.builds(
            Between,
            number=some.sampled_from(MOVIES.sorts),
            least=some.none() | some.floats(),
            most=some.none() | some.floats(),
        ),
        max_size=3,
    ).map(tuple),
    libraries=some.none() | some.lists(IDS, max_size=3).map(tuple),
)


@given(scope=SCOPES, hidden=some.frozensets(IDS, max_size=2), filters=FILTERS)
def test_no_value_leaves_its_place(scope: Scope, hidden: frozenset[UUID], filters: Filters) -> None:
    sieve = sieve_of(MOVIES, Sees(scope, hidden), filters)
    if sieve is None:
        return
    parts = sieve.split(" && ")
    assert all(PART.fullmatch(part) for part in parts), sieve
    assert any(part.startswith(("sights:", "ages:")) for part in parts)
    assert sum(part.startswith("marks:") for part in parts) == len(filters.values)


@given(query=some.text(max_size=200))
def test_a_query_is_words_and_phrases(query: str) -> None:
    try:
        asked = text_of(words_in(query))
    except Invalid:
        return
    assert asked.count('"') % 2 == 0
    assert not re.search(r"[\x00-\x1f!#-/:-@\[-`{-~]", asked)


@given(
    libraries=some.lists(IDS, min_size=1, max_size=3, unique=True),
    ages=some.lists(some.none() | some.integers(0, 21), min_size=3, max_size=3),
    scope=some.data(),
)
def test_the_sieve_lets_through_what_the_scope_admits(
    libraries: list[UUID], ages: list[int | None], scope: some.DataObject
) -> None:
    chosen = scope.draw(some.none() | some.frozensets(some.sampled_from(libraries)))
    most = scope.draw(some.none() | some.integers(0, 21))
    hidden = scope.draw(some.frozensets(some.sampled_from(libraries)))
    seen_by = Scope(libraries=chosen, max_age=most, key="any")
    sights = tuple(Sight(*one) for one in zip(libraries, ages, strict=False))
    document = Document(id=libraries[0], kind=SearchKind.MOVIE, sights=sights)
    sent = document_of(MOVIES, document, 1)
    sieve = sieve_of(MOVIES, Sees(seen_by, hidden), Filters())
    admitted = any(
        seen_by.admits(sight.library_id, sight.age) and sight.library_id not in hidden
        for sight in sights
    )
    assert (sieve is not None and _passes(sent, sieve)) == admitted


def _passes(sent: dict[str, list[int]], sieve: str) -> bool:
    name, _, ranges = sieve.partition(":")
    bounds = [one.split("..") for one in ranges.strip("[]").split(",")]
    return any(int(a) <= value <= int(b) for value in sent[name] for a, b in bounds)


def test_what_a_type_lacks_is_not_asked_of_it() -> None:
    everything = Sees(EVERYTHING)
    asked = Search(text="x", kinds=(), filters=Filters(values=(OneOf("status", ("Ended",)),)))
    assert not list(searches(MOVIES, everything, asked, None, 10))
    # What has no such number is found, and comes last.
    unrated = Search(text="x", kinds=(), sort=Number.RATING)
    [search] = searches(PEOPLE, everything, unrated, None, 5)
    assert "rating" not in str(search.parameters)
    [counted] = counting(USERS, everything, Search(text="", kinds=()), None, ("genre",))
    assert "facet_by" not in counted.parameters
    nobody = Sees(Scope(libraries=frozenset(), max_age=None, key="none"))
    assert not list(searches(MOVIES, nobody, Search(text="x", kinds=()), None, 10))


@pytest.mark.parametrize("kind", list(SearchKind))
def test_a_schema_names_each_field_once(kind: SearchKind) -> None:
    collection = COLLECTIONS[kind]
    names = [field["name"] for field in schema_of(collection, "any")["fields"]]
    assert len(names) == len(set(names))
    assert {field.name for field in collection.fields} <= set(names)
    sent = document_of(collection, Document(id=UUID(int=1), kind=kind), 7)
    assert set(sent) - {"id"} <= set(names)
    more = structs.replace(collection, fields=collection.fields[:-1])
    assert shape_of(collection) != shape_of(more)


@pytest.mark.parametrize(
    ("query", "keys", "year", "expected"),
    [
        ("alien", ("alien",), None, Tier.EXACT),
        ("the alien", ("alien",), None, Tier.EXACT),
        ("alien 1979", ("alien",), 1979, Tier.EXACT),
        ("alien 1979", ("alien",), 1986, Tier.REST),
        ("alien 1979", ("alien resurrection",), 1979, Tier.BEGINS),
        ("blade runner 2049", ("blade runner 2049",), 2017, Tier.EXACT),
        ("ali", ("alien",), None, Tier.BEGINS),
        ("ali ", ("alien",), None, Tier.REST),
        ("alien ", ("alien resurrection",), None, Tier.BEGINS),
        ("resurrection ali", ("alien resurrection",), None, Tier.WORDS),
        ("rocky ii", ("rocky 2",), None, Tier.EXACT),
        ("lord of rings", ("lord of the rings",), None, Tier.WORDS),
        ("尋", ("千と千尋の神隠し",), None, Tier.WORDS),
        ("alien", ("other", "alien"), None, Tier.EXACT),
        ("alien", (), None, Tier.REST),
    ],
)
def test_tiers(query: str, keys: tuple[str, ...], year: int | None, expected: Tier) -> None:
    assert tier(words_in(query), keys, year) is expected
