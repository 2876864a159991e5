"""One suite for both backends: what is asked of the shelf is found, and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.container import Container
from app.core.access import NOTHING
from app.core.errors import Invalid
from app.search.domain import MOST_QUERY, Search, SearchBackend
from tests.conftest import empty
from tests.search.backends import BACKENDS, filled
from tests.search.shelf import ALL, OPEN, SHELF, SLUGS, TEEN, id_of
from tests.search.suite import (
    CASES,
    COMPLETED,
    CONTENT,
    COUNTED,
    MOVIES,
    SUGGESTED,
    Case,
    Completed,
    Counted,
)

DEPTH = 200


@pytest.fixture(scope="module", params=BACKENDS)
async def backend(
    request: pytest.FixtureRequest, opened: Container, housekeeping: Any
) -> AsyncIterator[SearchBackend]:
    """A backend that has the shelf."""
    yield await filled(request, opened, housekeeping, SHELF.values())
    await empty(housekeeping)
    opened.cache.gap()


def said(case: Case | Completed) -> str:
    """What the test is called."""
    text = case.text if isinstance(case, Case) else case.prefix
    chosen = case.filters if isinstance(case, Case) and not text else ""
    sort = f"{case.sort} {case.descending}" if isinstance(case, Case) and case.sort else ""
    parts = (text, str(chosen), sort, "" if case.scope is ALL else case.scope.key)
    return " ".join(filter(None, parts)) or "all"


@pytest.mark.parametrize(
    "case",
    [pytest.param(one, id=f"{kind}: {said(one)}") for kind, some in CASES.items() for one in some],
)
async def test_what_is_asked_is_found(case: Case, backend: SearchBackend) -> None:
    found = await backend.search(case.scope, case.asked, DEPTH)
    names = [SLUGS[hit.id] for hit in found.hits]
    expect(case, names)
    assert [hit.kind for hit in found.hits] == [SHELF[name].kind for name in names]
    assert all(hit.kind in case.kinds for hit in found.hits)
    assert found.total == len(names) == len(set(names))
    assert case.total in {None, found.total}, names
    assert found.backend == backend.name
    if case.sort is None:
        scores = [hit.score for hit in found.hits]
        assert scores == sorted(scores, reverse=True)


def expect(case: Case | Completed, names: list[str]) -> None:
    """The hits are those that the case names."""
    first = case.first.split()
    assert names[: len(first)] == first, names
    assert set(case.some.split()) <= set(names), names
    assert not set(case.never.split()) & set(names), names


@pytest.mark.parametrize("case", COMPLETED, ids=said)
async def test_what_is_begun_is_completed(case: Completed, backend: SearchBackend) -> None:
    found = await backend.complete(case.scope, case.prefix, case.kinds, 10)
    expect(case, [SLUGS[one.id] for one in found])
    for one in found:
        document = SHELF[SLUGS[one.id]]
        titles = [text for texts in document.texts.values() for text in texts]
        assert one.title in titles
        assert one.kind is document.kind
        assert one.year == document.numbers.get("year")
    assert not found or any((case.first, case.some, case.never)), found


@pytest.mark.parametrize("case", COUNTED, ids=lambda one: f"{one.facet} {one.text}")
async def test_hits_are_counted(case: Counted, backend: SearchBackend) -> None:
    asked = Search(text=case.text, kinds=case.kinds, filters=case.filters)
    found = (await backend.facets(case.scope, asked, (case.facet, "available")))[case.facet]
    assert {one.value: one.count for one in found} == case.counts
    counts = [one.count for one in found]
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("limit", [1, 3])
async def test_as_many_completions_as_asked(limit: int, backend: SearchBackend) -> None:
    assert len(await backend.complete(ALL, "ro", MOVIES, limit)) == limit


@pytest.mark.parametrize("text", ["alien", "rocky", "", "godfahter", "pacino"])
async def test_pages_are_parts_of_one_order(text: str, backend: SearchBackend) -> None:
    asked = Search(text=text, kinds=CONTENT)
    whole = await backend.search(ALL, asked, DEPTH)
    for depth in (1, 2, 3, 7):
        page = await backend.search(ALL, asked, depth)
        assert page.hits == whole.hits[:depth]
        assert page.total == whole.total


@pytest.mark.parametrize(("text", "meant"), SUGGESTED.items())
async def test_what_was_meant_is_suggested(text: str, meant: str, backend: SearchBackend) -> None:
    """PostgreSQL says it; a search server need not, but then it says nothing else."""
    found = await backend.search(ALL, Search(text=text, kinds=CONTENT), DEPTH)
    assert found.suggestion in ({meant} if backend.name == "postgresql" else {None, meant})


@pytest.mark.parametrize("text", ["godfather", "heat", "blade runner", "amelie", "2012"])
async def test_what_is_there_needs_no_suggestion(text: str, backend: SearchBackend) -> None:
    found = await backend.search(ALL, Search(text=text, kinds=CONTENT), DEPTH)
    assert found.suggestion is None


@pytest.mark.parametrize(
    "text", ["zyzyva", "zyzzyvva", "quiirin", "conspirocy", "vixxen", "crimsn"]
)
async def test_nothing_hidden_is_suggested(text: str, backend: SearchBackend) -> None:
    """What all may see is suggested to them, but nobody is told a word that he may not see."""
    assert (await backend.search(ALL, Search(text=text, kinds=CONTENT), DEPTH)).hits
    for scope in (TEEN, NOTHING):
        found = await backend.search(scope, Search(text=text, kinds=CONTENT), DEPTH)
        assert found.suggestion is None
        assert found.hits == ()


async def test_hits_that_are_hidden_do_not_move_others(backend: SearchBackend) -> None:
    """Who sees less has the same hits in the same order, without those that are hidden."""
    asked = Search(text="alien", kinds=CONTENT)
    whole = [hit.id for hit in (await backend.search(ALL, asked, DEPTH)).hits]
    some = [hit.id for hit in (await backend.search(OPEN, asked, DEPTH)).hits]
    assert some == [one for one in whole if one != id_of("aliensecret")]


@pytest.mark.parametrize(
    "text", ["!!!", "...", '"', '"alien', "x" * (MOST_QUERY + 1), '""'], ids=lambda text: text[:8]
)
async def test_what_is_no_query_is_told(text: str, backend: SearchBackend) -> None:
    with pytest.raises(Invalid):
        await backend.search(ALL, Search(text=text, kinds=CONTENT), DEPTH)


@pytest.mark.parametrize(
    "text",
    ["a:b & !c | (d)", "'; drop table", "alien:*", "%", "alien && title:=x", "`alien`", "\\", "*",
     "a" * MOST_QUERY, "alien " * 30, "-alien", "alien\0", "\ud800alien"],
    ids=ascii,
)  # fmt: skip
async def test_signs_of_query_languages_are_text(text: str, backend: SearchBackend) -> None:
    try:
        found = await backend.search(ALL, Search(text=text, kinds=CONTENT), DEPTH)
        await backend.facets(ALL, Search(text=text, kinds=CONTENT), ("genre",))
        await backend.complete(ALL, text, CONTENT, 5)
    except Invalid:
        assert not any(c.isalnum() for c in text)
    else:
        assert found.total == len(found.hits)
