"""Answers of later servers than the one that tests can start, in small.

After the documentation of 27.0 and 30.0 (typesense.org/docs/27.0/api and /docs/30.0/api: search,
collections, collection-alias, documents, synonyms, cluster-operations). 30 has synonyms and
curations in sets of their own, which collections name; nothing here uses either, and nothing here
may be disturbed by them.
"""

import json
from typing import Any
from uuid import UUID

import pytest

from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.errors import Unavailable
from app.search.domain import Count, Search, SearchKind
from app.search.service.collections import MOVIES
from app.search.service.typesense.server import KeyRefused, NotThere, Place, Refused
from tests.support.outside import Asked, Site, Write, response, site

ID = UUID(int=7)
HIT = {
    "document": {"id": ID.hex, "keys": ["alien"], "label": "Alien", "year": 1979},
    "highlight": {},
    "highlights": [],
    "text_match": 578730123365711993,
    "text_match_info": {
        "best_field_score": "1108091339008",
        "best_field_weight": 15,
        "fields_matched": 1,
        "num_tokens_dropped": 0,
        "score": "578730123365711993",
        "tokens_matched": 1,
        "typo_prefix_score": 0,
    },
}
FACETS = {
    "counts": [{"count": 3, "highlighted": "x Horror", "value": "x Horror"}],
    "field_name": "facet_genre",
    "sampled": False,
    "stats": {"total_values": 1},
}
RESULT = {
    "facet_counts": [FACETS],
    "found": 1,
    "hits": [HIT],
    "out_of": 9,
    "page": 1,
    "request_params": {"collection_name": "any", "first_q": "alien", "per_page": 5, "q": "alien"},
    "search_cutoff": False,
    "search_time_ms": 2,
}
COLLECTION = {
    "created_at": 1750000000,
    "curation_sets": ["of somebody"],
    "default_sorting_field": "",
    "enable_nested_fields": False,
    "fields": [{"name": "also", "type": "string[]", "infix": True, "stem": False, "store": True}],
    "name": "revenge_movie.x.1",
    "num_documents": 5,
    "symbols_to_index": ["_"],
    "synonym_sets": ["of somebody"],
    "token_separators": [],
    "voice_query_model": {},
}
ANSWERS: dict[str, Any] = {
    "GET /collections": [COLLECTION, COLLECTION | {"name": "of another product"}],
    "POST /collections": COLLECTION,
    "GET /aliases/revenge_movie": {"collection_name": COLLECTION["name"], "name": "revenge_movie"},
    "PUT /aliases/revenge_movie": {"collection_name": COLLECTION["name"], "name": "revenge_movie"},
    "GET /debug": {"state": 1, "version": "30.0"},
    "GET /aliases/revenge_show": (404, {"message": "Not Found"}),
}


async def _speak(asked: Asked, write: Write) -> None:
    path = asked.path.partition("?")[0]
    found = ANSWERS.get(f"{asked.method} {path}")
    if path == "/multi_search":
        found = {"results": [RESULT for _ in json.loads(asked.body)["searches"]]}
    if path.endswith("/import"):
        lines = asked.body.splitlines()
        said = b"\n".join([b'{"success":true}'] * (len(lines) - 1) + [b'{"success":true,"id":"1"}'])
        await write(response(said, content_type="text/plain; charset=utf-8"))
        return
    status, body = found if isinstance(found, tuple) else (200, found)
    await write(response(json.dumps(body).encode(), status, content_type="application/json"))


async def configured(app: Container, there: Site) -> None:
    await app.settings.update(SYSTEM, "search.typesense.url", there.url)
    await app.settings.update(SYSTEM, "search.typesense.api_key", "key")


async def test_later_servers_are_understood(app: Container) -> None:
    async with site(_speak) as there:
        await configured(app, there)
        filling, backend = app.search_server.filling, app.search_server.backend
        assert await filling.names(SearchKind.MOVIE) == {"revenge_movie.x.1"}
        assert await filling.shown(SearchKind.MOVIE) == "revenge_movie.x.1"
        assert await filling.shown(SearchKind.SHOW) is None
        assert (await filling.create(MOVIES)).startswith("revenge_movie.")
        await filling.show(SearchKind.MOVIE, "revenge_movie.x.1")
        await filling.put("revenge_movie.x.1", [{"id": "0"}, {"id": "1"}])
        asked = Search(text="alien", kinds=(SearchKind.MOVIE,))
        found = await backend.search(EVERYTHING, asked, 5)
        assert [hit.id for hit in found.hits] == [ID]
        assert found.total == 1
        facets = await backend.facets(EVERYTHING, asked, ("genre",))
        assert facets["genre"] == (Count("Horror", 3),)
        assert all(one.headers["x-typesense-api-key"] == "key" for one in there.asked)
        paths = {one.path for one in there.asked}
        assert not any("synonym" in path or "overrides" in path for path in paths)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, b'{"message":"no"}', Refused),
        (401, b'{"message":"Forbidden - a valid `x-typesense-api-key` header must be sent."}',
         KeyRefused),
        (404, b'{"message":"Not Found"}', NotThere),
        (503, b'{"message":"Not Ready or Lagging"}', Unavailable),
        (200, b"not JSON", Unavailable),
        (200, b'{"results":[{"code":404,"error":"Not found."}]}', Unavailable),
        (200, b'{"results":"none"}', Unavailable),
        (200, b"[]", Unavailable),
    ],
)  # fmt: skip
async def test_failures_are_unavailable(
    app: Container, status: int, body: bytes, expected: type[Unavailable]
) -> None:
    async def fail(_: Asked, write: Write) -> None:
        await write(response(body, status, content_type="application/json"))

    async with site(fail) as there:
        await configured(app, there)
        asked = Search(text="alien", kinds=(SearchKind.MOVIE,))
        with pytest.raises(expected):
            await app.search_server.backend.search(EVERYTHING, asked, 5)


async def test_a_line_that_was_not_taken_is_an_error(app: Container) -> None:
    async def fail(_: Asked, write: Write) -> None:
        said = (
            b'{"success":true}\n{"success":false,"error":"Field `version` is missing.","code":400}'
        )
        await write(response(said, content_type="text/plain"))

    async with site(fail) as there:
        await configured(app, there)
        with pytest.raises(Unavailable):
            await app.search_server.filling.put("any", [{"id": "1"}, {"id": "2"}])


async def test_a_key_goes_to_its_own_server_alone(app: Container) -> None:
    """What the environment says is not sent to an address that was set."""
    elsewhere = {"typesense_url": "http://127.0.0.1:9", "typesense_api_key": "of-there"}
    connection = type(app.search_server.connection)(
        app.config.model_copy(update=elsewhere), app.settings, app.outside
    )
    assert connection.place == Place("http://127.0.0.1:9", "of-there")
    await app.settings.update(SYSTEM, "search.typesense.url", "http://127.0.0.1:10")
    with pytest.raises(Unavailable):
        await connection.query(lambda client: client.debug.retrieve())
    await app.settings.update(SYSTEM, "search.typesense.api_key", "mine")
    assert connection.place == Place("http://127.0.0.1:10", "mine")
