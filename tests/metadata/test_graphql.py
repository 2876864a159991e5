"""Looking things up at providers through the API; the provider is a server on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from app.metadata.providers.tmdb import Tmdb
from app.metadata.service import looking_up
from app.settings.domain import METADATA_PROVIDERS
from tests.support.api import Api
from tests.support.outside import Site, response, site
from tests.support.people import People
from tests.support.providers import Library

KEY = "canary-77aa-api-key"
PROVIDERS = "{ metadataProviders { name label priority enabled ready missing can address rate } }"
SEARCH = """query($k: MetadataKind!, $q: String!, $y: Int, $p: [String!]) {
  metadataSearch(kind: $k, query: $q, year: $y, providers: $p) {
    hits { source kind providerId title originalTitle year ids { source value } }
    failures { provider message retryAfter } } }"""
ITEM = """query($k: MetadataKind!, $p: String!, $i: String!, $l: String) {
  metadataItem(kind: $k, provider: $p, providerId: $i, language: $l) {
    source kind title year runtime genres overview ids { source value }
    ratings { source value votes } credits { name part character } pictures { kind url }
    seasons { number episodeCount } parts { title } } }"""
TEST = "mutation($p: String!) { testProvider(provider: $p) { ok message seconds } }"
FILM = {
    "id": 12, "title": "Glass Weather", "release_date": "2004-06-01", "runtime": 90,
    "imdb_id": "tt7654321", "genres": [{"id": 1, "name": "Drama"}], "vote_average": 6.5,
    "vote_count": 10, "overview": "Rain.", "poster_path": "/g.jpg",
    "credits": {"cast": [{"id": 5, "name": "Mo Reyes", "character": "Ana"}]},
}  # fmt: skip
RESULTS = {
    "results": [
        {"id": 11, "title": "Glass Weather", "release_date": "1988-01-01"},
        {"id": 12, "title": "Glass Weather", "release_date": "2004-06-01"},
    ]
}


@pytest.fixture
def library() -> Library:
    return Library({"/search/movie": RESULTS, "/movie/12": FILM})


@contextlib.asynccontextmanager
async def told(app: Container, library: Library, key: str = KEY) -> AsyncIterator[Site]:
    async with site(library) as where:
        await app.settings.update(SYSTEM, "metadata.tmdb.address", where.url)
        await app.settings.update(SYSTEM, "metadata.tmdb.api_key", key)
        yield where


async def test_all_providers_are_listed_and_keys_are_not_shown(
    app: Container, api: Api, people: People, library: Library
) -> None:
    admin = await people.admin()
    found = {p["name"]: p for p in (await api.run(PROVIDERS, admin))["metadataProviders"]}
    assert found["tmdb"]["missing"] == ["metadata.tmdb.api_key"]
    assert not found["tmdb"]["ready"]
    async with told(app, library) as where:
        answer = await api.send(PROVIDERS, {}, admin)
        assert KEY not in str(answer)
        tmdb = answer["data"]["metadataProviders"][0]
        assert (tmdb["name"], tmdb["ready"], tmdb["address"]) == ("tmdb", True, where.url)
        assert {"MOVIE_SEARCH", "SEASON_DETAILS", "COLLECTION_DETAILS"} <= set(tmdb["can"])
        await app.settings.update(SYSTEM, "metadata.tmdb.enabled", value=False)
        (tmdb, *_) = (await api.run(PROVIDERS, admin))["metadataProviders"]
        assert (tmdb["enabled"], tmdb["ready"]) == (False, False)
    assert library.requests == [], "nobody was asked"


async def test_a_search_prefers_the_year_and_tells_who_failed(
    app: Container, api: Api, people: People, library: Library
) -> None:
    alice = await people.admin()
    async with told(app, library):
        asked: dict[str, Any] = {"k": "MOVIE", "q": "glass weather", "y": 2004, "p": ["tmdb"]}
        found = (await api.run(SEARCH, alice, **asked))["metadataSearch"]
        assert [(h["providerId"], h["year"]) for h in found["hits"]] == [("12", 2004), ("11", 1988)]
        assert found["failures"] == []
        library.documents["/search/movie"] = response(b"{}", 401)
        found = (await api.run(SEARCH, alice, **{**asked, "q": "other"}))["metadataSearch"]
        assert found["hits"] == []
        (failure,) = found["failures"]
        assert failure["provider"] == "tmdb"
        assert "does not accept the key" in failure["message"]
        assert KEY not in str(found)


async def test_one_that_hangs_takes_nobody_along(
    app: Container,
    api: Api,
    people: People,
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = await people.admin()

    async def hang(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(looking_up, "PATIENCE", 1)
    async with told(app, library), site(hang) as silent:
        await app.settings.update(SYSTEM, "metadata.trakt.address", silent.url)
        await app.settings.update(SYSTEM, "metadata.trakt.client_id", KEY)
        asked = {"k": "MOVIE", "q": "glass weather", "p": ["trakt", "tmdb"]}
        found = (await api.run(SEARCH, admin, **asked))["metadataSearch"]
        assert [hit["source"] for hit in found["hits"]] == ["tmdb", "tmdb"]
        (failure,) = found["failures"]
        assert failure["message"] == "Trakt does not answer in time."


async def test_an_answer_that_cannot_be_read_is_one_provider_s_fault(
    app: Container,
    api: Api,
    people: People,
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = await people.admin()
    monkeypatch.setattr(Tmdb, "search_movies", AsyncMock(side_effect=ValueError("a secret")))
    async with told(app, library):
        asked = {"k": "MOVIE", "q": "glass weather", "p": ["tmdb"]}
        found = (await api.run(SEARCH, admin, **asked))["metadataSearch"]
        assert "secret" not in str(found)
        assert "in a form that is not its own" in found["failures"][0]["message"]


async def test_an_item(app: Container, api: Api, people: People, library: Library) -> None:
    alice = await people.admin()
    async with told(app, library):
        asked = {"k": "MOVIE", "p": "tmdb", "i": "12", "l": "de"}
        item = (await api.run(ITEM, alice, **asked))["metadataItem"]
        assert (item["title"], item["year"], item["runtime"]) == ("Glass Weather", 2004, 5400)
        assert {"source": "imdb", "value": "tt7654321"} in item["ids"]
        assert item["credits"] == [{"name": "Mo Reyes", "part": "CAST", "character": "Ana"}]
        assert item["pictures"][0]["url"] == "https://image.tmdb.org/t/p/original/g.jpg"
        assert library.requests[0].params["language"] == "de"
        missing = {"k": "MOVIE", "p": "tmdb", "i": "404"}
        assert (await api.run(ITEM, alice, **missing))["metadataItem"] is None


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"k": "MOVIE", "p": "nowhere", "i": "1"}, Code.NOT_FOUND, "provider"),
        ({"k": "MOVIE", "p": "tvdb", "i": "1"}, Code.INVALID, "provider"),
        ({"k": "MOVIE", "p": "tmdb", "i": "../account"}, Code.INVALID, "id"),
        ({"k": "MOVIE", "p": "tmdb", "i": "0"}, Code.INVALID, "id"),
        ({"k": "EPISODE", "p": "tmdb", "i": "1"}, Code.INVALID, "kind"),
        ({"k": "MOVIE", "p": "tmdb", "i": "1", "l": "klingon"}, Code.INVALID, "language"),
    ],
)
async def test_what_cannot_be_asked(
    app: Container, api: Api, people: People, library: Library, asked: Any, code: Code, field: str
) -> None:
    admin = await people.admin()
    async with told(app, library):
        error = await api.fails(ITEM, admin, **asked)
        assert (error.code, error.field) == (code, field)
        assert library.requests == []


async def test_nobody_has_seasons_to_find(api: Api, people: People) -> None:
    admin = await people.admin()
    error = await api.fails(SEARCH, admin, k="SEASON", q="x")
    assert (error.code, error.field) == (Code.INVALID, "kind")


async def test_a_provider_is_tried_anew_each_time(
    app: Container, api: Api, people: People, library: Library
) -> None:
    admin = await people.admin()
    async with told(app, library):
        for _ in range(2):
            tried = (await api.run(TEST, admin, p="tmdb"))["testProvider"]
            assert (tried["ok"], tried["message"]) == (True, "TMDb answers.")
        assert len(library.requests) == 2
        library.documents["/search/movie"] = response(b"", 500)
        tried = (await api.run(TEST, admin, p="tmdb"))["testProvider"]
        assert tried["ok"] is False
        assert KEY not in tried["message"]
    error = await api.fails(TEST, admin, p="omdb")
    assert (error.code, error.field) == (Code.INVALID, "provider")


async def test_anidb_is_tried_without_its_titles(app: Container, api: Api, people: People) -> None:
    admin = await people.admin()
    anime = b'<?xml version="1.0"?><anime id="1"><type>TV Series</type></anime>'
    library = Library({"/httpapi": anime})
    async with site(library) as where:
        await app.settings.update(SYSTEM, "metadata.anidb.address", where.url)
        await app.settings.update(SYSTEM, "metadata.anidb.client_name", "harbour")
        assert (await api.run(TEST, admin, p="anidb"))["testProvider"]["ok"]
        assert library.paths() == ["/httpapi"]


async def test_every_provider_that_lacks_something_says_what(api: Api, people: People) -> None:
    admin = await people.admin()
    found = (await api.run(PROVIDERS, admin))["metadataProviders"]
    assert {one["name"] for one in found} == set(METADATA_PROVIDERS)
    assert {one["name"] for one in found if one["ready"]} == {"tvmaze", "anilist", "kitsu"}
    assert [one["priority"] for one in found] == sorted(
        (p["priority"] for p in found), reverse=True
    )
    assert all(one["can"] for one in found)
    assert len({one["address"] for one in found}) == len(found)
