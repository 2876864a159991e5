"""What is not meant well: texts that are slow to read, servers that answer anything, floods."""

import asyncio
import json
import time
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import EVERYTHING, Scope
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.search.domain import (
    Between,
    Filters,
    Number,
    Search,
    SearchKind,
    Sight,
    joined,
    runs,
    words_of,
)
from app.search.domain.asking import words_in
from app.search.domain.highlights import highlights
from app.search.repository import PostgresBackend, VocabularyRepository, words
from app.search.repository.postgres import AT_ONCE
from app.search.service.collections import COLLECTIONS
from tests.gql.world import World
from tests.search.asked import PALETTE, RESULTS
from tests.search.test_typesense_shapes import FACETS, RESULT, configured
from tests.search.typesense import LIBRARY, document, store
from tests.support.api import Api
from tests.support.outside import Asked, Write, response, site
from tests.support.people import People

MOVIES = (SearchKind.MOVIE,)
CHILD = Scope(libraries=None, max_age=12, key="child")
LONG = 50_000  # characters
SPECIAL = frozenset("'\"\\\0&|!<>:*()^ \t\r\n")


def postgres(app: Container) -> PostgresBackend:
    return PostgresBackend(app.db, VocabularyRepository(app.db, app.cache), COLLECTIONS)


# -- texts


def test_no_word_has_what_a_query_language_reads() -> None:
    """Words stand in quotes, and nothing is escaped: no character of all there are may need it."""
    for code in range(0x110000):
        for said in (chr(code), f"a{chr(code)}b", f"a-{chr(code)}b", f"{chr(code)}千"):
            for word in (*runs(said), *joined(said)):
                assert word, f"U+{code:04X}"
                assert SPECIAL.isdisjoint(word), f"U+{code:04X}"


@pytest.mark.parametrize("part", ["a", "千", "ǆ", "a.", "a-", "a'", "-a_", "a\u0301", "각"])
def test_long_texts_are_read_in_time(part: str) -> None:
    said = "-" + part * (LONG // len(part))
    began = time.process_time()
    joined(said)
    words_of(said)
    assert time.process_time() - began < 3  # a quarter of a second; it was minutes


def test_a_long_word_is_highlighted_in_time() -> None:
    told = document(texts={"overview": tuple("a" * 4990 + str(n) for n in range(40))})
    began = time.process_time()
    highlights(told, ("overview",), words_in("beta"))
    assert time.process_time() - began < 3  # it was half a minute


async def test_values_take_one_number_each(app: Container) -> None:
    """Their numbers are parts of others, and would run into those after so many changes."""
    facets = {"genre": tuple(f"genre {n}" for n in range(50))}
    film = document(facets=facets)
    for n in range(5):
        await store(app, msgspec.structs.replace(film, numbers={"rating": float(n)}))
    rows = await app.db.records(
        text(
            "select count(*) as n, max(id) - min(id) + 1 as span"
            " from search_values where value like 'genre %'"
        )
    )
    assert [tuple(row) for row in rows] == [(50, 50)]
    await store(app, document(facets={"genre": ("genre 50",)}))
    highest = await app.db.scalar(
        text("select max(id) - min(id) from search_values where value like 'genre %'")
    )
    assert highest == 50


# -- what may be told


async def test_nothing_is_suggested_that_was_hidden_since(app: Container) -> None:
    """Words are known for longer than titles have them."""
    backend = postgres(app)
    films = [document(title="Zyzzyva", sights=(Sight(LIBRARY, 6),)) for _ in range(3)]
    await store(app, *films, document(title="Zyzzyx", sights=(Sight(LIBRARY, 6),)))
    asked = Search(text="zyzzyvx", kinds=MOVIES)
    found = await backend.search(CHILD, asked, 10)
    assert (found.total, found.suggestion) == (4, "zyzzyva")
    await store(app, *(msgspec.structs.replace(f, sights=(Sight(LIBRARY, 18),)) for f in films))
    app.cache.gap()
    found = await backend.search(CHILD, asked, 10)
    assert (found.total, found.suggestion) == (1, None)
    assert (await backend.search(EVERYTHING, asked, 10)).suggestion == "zyzzyva"


async def test_nothing_is_counted_of_a_library_that_is_being_deleted(
    api: Api, people: People
) -> None:
    world = await World.make(api.app, people)
    asked = '{ search(query: "hidden") { totalCount facets(names: [GENRE]) { values { value } } } }'
    counted = "{ searchFacets(names: [STUDIO]) { values { value } } }"
    for who in (world.admin, world.bob):
        assert (await api.run(asked, who))["search"]["totalCount"] > 0
        assert "Hidden Studio" in str(await api.run(counted, who))
    await api.app.cache.settle()
    viewer = await api.app.principals.viewer(world.admin.token)
    await api.app.libraries.delete(viewer, world.hidden.id)
    for who in (world.admin, world.bob):
        found = (await api.run(asked, who))["search"]
        assert found == {"totalCount": 0, "facets": [{"values": []}]}
        assert "Hidden" not in str(await api.run(counted, who))


# -- floods


async def test_questions_leave_connections_to_others(app: Container) -> None:
    backend = postgres(app)
    await store(app, document(title="Alien"))
    running, most = 0, 0
    records = app.db.records

    async def slow(*given: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return await records(*given)

    await backend.search(EVERYTHING, Search(text="alien", kinds=MOVIES), 5)
    filters = (Filters(ranges=(Between(Number.YEAR, None, 3000.0 + n),)) for n in range(20))
    asked = [Search(text="alien", kinds=MOVIES, filters=one) for one in filters]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.db, "records", slow)
        await asyncio.gather(*(backend.search(EVERYTHING, one, 5) for one in asked))
    assert most == AT_ONCE


async def test_words_of_before_are_let_go_of(app: Container) -> None:
    """A question that was read keeps the vocabulary that it was read with."""
    backend = postgres(app)
    for n in range(3):
        await store(app, document(title=f"Alien {n}"))
        app.cache.gap()
        await backend.search(EVERYTHING, Search(text="alien", kinds=MOVIES), 5)
        assert len(backend._readings) == 1


async def test_words_that_take_too_long_are_read_again(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = postgres(app)
    await store(app, document(title="Alien"))
    asked = Search(text="alein", kinds=MOVIES)
    with monkeypatch.context() as patch:
        patch.setattr(words, "ALL", "select pg_sleep(60)")
        patch.setattr(words, "MOST_SECONDS", 1)
        vocabulary = backend._words
        await vocabulary.latest()
        assert vocabulary._reading is not None
        await asyncio.wait([vocabulary._reading])
        assert vocabulary._reading.exception() is None
    assert (await backend.search(EVERYTHING, asked, 5)).total == 1


# -- a search server that answers anything


def _hit(**told: Any) -> dict[str, Any]:
    return {**RESULT, "hits": [{"document": {"id": new_id().hex, **told}}]}


def _facet(**told: Any) -> dict[str, Any]:
    return {**RESULT, "facet_counts": [{**dict(FACETS), **told}]}


@pytest.mark.parametrize(
    ("result", "degraded"),
    [
        (_hit(id="../../etc/passwd"), True),
        (_hit(year=10**15), True),
        (_hit(keys=None), True),
        ({**RESULT, "found": 10**12}, True),
        ({**RESULT, "found": -5}, True),
        (_facet(counts=[{"value": "x Horror", "count": 10**12}]), True),
        (_facet(field_name="facet_of_nobody"), False),
        (_facet(field_name="facet_library", counts=[{"value": "x of nobody", "count": 1}]), False),
    ],
)
async def test_what_a_server_makes_up_is_no_failure(
    api: Api, people: People, result: dict[str, Any], *, degraded: bool
) -> None:
    world = await World.make(api.app, people)

    async def speak(asked: Asked, write: Write) -> None:
        said = {"results": [result] * len(json.loads(asked.body)["searches"])}
        await write(response(json.dumps(said).encode(), content_type="application/json"))

    async with site(speak) as there:
        await configured(api.app, there)
        answer = await api.send(RESULTS, {"text": "open"}, world.alice)
        assert "errors" not in answer
        assert answer["extensions"]["search"]["degraded"] is degraded
        assert "errors" not in await api.send(PALETTE, {"prefix": "open"}, world.alice)
    await api.app.outside.close()


async def test_an_answer_that_is_nested_too_deeply(app: Container) -> None:
    async def speak(_: Asked, write: Write) -> None:
        await write(response(b"[" * 1_000_000, content_type="application/json"))

    async with site(speak) as there:
        await configured(app, there)
        with pytest.raises(Unavailable):
            await app.search_server.backend.search(
                EVERYTHING, Search(text="alien", kinds=MOVIES), 5
            )
    await app.outside.close()
