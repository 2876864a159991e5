"""The catalogue that search is measured with, what it is asked, and how answers are judged."""

from collections.abc import Iterable

import pytest
from rapidfuzz.distance import OSA

from app.core.access import Scope
from app.search.domain import (
    Completion,
    Document,
    Facets,
    Found,
    Hit,
    Search,
    SearchKind,
    key_of,
    keys_of,
)
from app.search.service.collections import COLLECTIONS
from bench.search.__main__ import goals, missed, slowest, table
from bench.search.backends import Filled
from bench.search.corpus import LIBRARIES, Corpus
from bench.search.measuring import Measured, measure, quality
from bench.search.queries import WAYS, Case, Catalogue, beginnings, cases

SIZE = 2000
EACH = 20


class ByKey:
    """Finds those whose title is exactly what is asked."""

    name = "postgresql"
    configured = True

    def __init__(self, documents: Iterable[Document]) -> None:
        self._found: dict[str, list[Document]] = {}
        for document in documents:
            said = (t for name in titles(document) for t in document.texts.get(name, ()))
            for key in keys_of(said):
                self._found.setdefault(key, []).append(document)

    async def search(self, scope: Scope, asked: Search, depth: int) -> Found:
        found = self._found.get(key_of(asked.text), ())
        hits = tuple(Hit(one.kind, one.id, 1.0) for one in found if one.kind in asked.kinds)
        return Found(hits=hits[:depth], total=len(hits), backend=self.name)

    async def facets(self, scope: Scope, asked: Search, names: tuple[str, ...]) -> Facets:
        return {}

    async def complete(
        self, scope: Scope, prefix: str, kinds: tuple[SearchKind, ...], limit: int
    ) -> tuple[Completion, ...]:
        return ()


def titles(document: Document) -> tuple[str, ...]:
    return COLLECTIONS[document.kind].titles


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(SIZE)


@pytest.fixture(scope="module")
def known(corpus: Corpus) -> Catalogue:
    return Catalogue(corpus)


async def no_ping() -> None:
    """As if the way to PostgreSQL took no time."""


def test_every_run_has_the_same_documents(corpus: Corpus) -> None:
    again = [one for batch in Corpus(SIZE).batches(300) for one in batch]
    assert again == [corpus.document(n) for n in range(SIZE)]
    other = Corpus(SIZE, seed=8)
    assert sum(other.document(n).texts == corpus.document(n).texts for n in range(200)) < 5


def test_documents_are_such_as_are_declared(corpus: Corpus) -> None:
    ids = [corpus.id(n) for n in range(SIZE)]
    assert ids == sorted(set(ids))
    for document in (corpus.document(n) for n in range(SIZE)):
        collection = COLLECTIONS[document.kind]
        assert {field.name for field in collection.fields} >= document.texts.keys()
        assert {facet.name for facet in collection.facets} >= document.facets.keys()
        assert {sort.value for sort in collection.sorts} >= document.numbers.keys()
        assert {sight.library_id for sight in document.sights} <= set(LIBRARIES)


def test_some_titles_are_shared_and_most_are_not(corpus: Corpus) -> None:
    keys = [key_of(corpus.naming(n).title) for n in range(SIZE)]
    assert 0.8 < len(set(keys)) / len(keys) < 0.99


@pytest.mark.parametrize("way", WAYS)
def test_every_question_has_an_answer(way: str, known: Catalogue) -> None:
    found = dict(cases(known, 7, EACH))
    assert len(found[way]) == EACH
    assert all(case.right for case in found[way])
    assert found[way] == dict(cases(known, 7, EACH))[way]


def test_one_typo_is_one_and_two_are_two(known: Catalogue) -> None:
    asked = dict(cases(known, 7, EACH))
    for way, most in (("one typo", 1), ("two typos", 2)):
        for case in asked[way]:
            [*said] = {known.corpus.naming(one.int & 0xFFFF_FFFF).title for one in case.right}
            assert min(OSA.distance(case.text.lower(), one.lower()) for one in said) <= most
            assert key_of(case.text) not in known.titled


def test_beginnings_have_one_to_eight_letters(known: Catalogue) -> None:
    assert {len(one) for one in beginnings(known, 7, 200)} == set(range(1, 9))


async def test_what_is_found_counts(known: Catalogue) -> None:
    backend = ByKey(known.corpus.document(n) for n in range(SIZE))
    asked = dict(cases(known, 7, EACH))
    found = await measure(backend, no_ping, asked, beginnings(known, 7, EACH))
    assert quality(found.asked["exact title"]).recall_10 == 1
    assert quality(found.asked["person"]).recall_1 == 1
    assert quality(found.asked["one typo"]).recall_10 == 0
    assert quality(found.completed).recall_1 == 0
    assert table("one", found).count("\n") == len(WAYS) + 3
    assert any(line.startswith("one typo: 20 missed") for line in missed(found))
    assert len(list(slowest(found, 3))) == 3
    lost = {goal for goal, met in goals({"postgresql": found}, filled(59)) if not met}
    assert "one typo: recall@10 >= 97 %" in lost
    assert "exact title: recall@1 >= 99 %" not in lost
    assert "postgresql: 100,000 indexed in < 60 s" not in lost


async def test_a_server_has_to_find_as_much(known: Catalogue) -> None:
    asked: dict[str, list[Case]] = dict(cases(known, 7, EACH))
    ours = await measure(ByKey(map(known.corpus.document, range(SIZE))), no_ping, asked, ["a"])
    nothing = await measure(ByKey(()), no_ping, asked, ["a"])
    both: dict[str, Measured] = {"postgresql": ours, "typesense": nothing}
    lost = {goal for goal, met in goals(both, filled(61)) if not met}
    assert {"typesense, exact title: as good", "typesense, person: as good"} <= lost
    assert "postgresql: 100,000 indexed in < 60 s" in lost


def filled(seconds: float) -> Filled:
    return Filled(100_000, {"postgresql": seconds}, 1 << 20, 1 << 20)
