"""Metadata of items through the API: read, refreshed, edited, locked, identified."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from app.core.ids import encode_id
from app.items.domain import ItemId
from tests.enrichment.world import FILM, film, providers
from tests.support.api import Api
from tests.support.library import Shelf, Shelves
from tests.support.people import People, Somebody

READ = """query($id: ID!) { movie(id: $id) { title overview certification rating
  metadata { state problem alternativeTitles countries guesses { record confidence } }
  provenance { field source locked } ratings { source value votes }
  certifications { country certification age } trailers { url kind } keywords { name }
  studios { name logoUrl } genres { name slug }
  similarTitles { title record inLibrary item { id } }
  recommendations(first: 1) { title year inLibrary item { __typename title } }
  collection { name parts { title record inLibrary item { id } } } } }"""
EDIT = """mutation($id: ID!, $i: MovieEdit!) { editMovie(id: $id, input: $i) {
  title sortTitle overview runtime certification genres { name }
  provenance { field source locked } } }"""
REFRESH = "mutation($id: ID!) { refreshMetadata(id: $id) { id accepted } }"
IDENTIFY = "mutation($id: ID!, $r: String!) { identifyItem(id: $id, record: $r) { id } }"
LOCK = """mutation($id: ID!, $f: [MetadataField!]!) { lockFields(id: $id, fields: $f) {
  provenance { field locked } } }"""
UNIDENTIFIED = """query($id: ID!) { unidentified(libraryId: $id) {
  totalCount nodes { id title metadata { guesses { record title year confidence } } } } }"""


@pytest.fixture
async def shelf(app: Container) -> Shelf:
    return await Shelves(app).library("Films")


async def code(api: Api, document: str, viewer: Somebody, **variables: Any) -> str:
    return str((await api.fails(document, viewer, **variables)).code)


async def told(app: Container, item_id: ItemId) -> None:
    await app.cache.settle()
    await app.refreshing.titles.refresh(partial(app.db.write, SYSTEM), item_id, force=True)
    await app.cache.settle()


async def test_all_that_is_said_of_a_film(
    app: Container, api: Api, people: People, shelf: Shelf
) -> None:
    admin = await people.admin()
    async with providers(app):
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        other = await film(app, shelf.id, "Paper Weather", year=2006)
        async with app.db.write(SYSTEM) as tx:
            await app.catalog_repository.add_external_ids(tx, {other: {"tmdb": "13"}})
        await told(app, item_id)
        [collection] = await app.db.column(text("select id from collections"))
        await app.refreshing._collections.refresh(
            partial(app.db.write, SYSTEM), collection, force=False
        )
        await app.cache.settle()
    ref, there = encode_id("movie", item_id), encode_id("movie", other)
    movie = (await api.run(READ, admin, id=ref))["movie"]
    assert movie["metadata"]["state"] == "MATCHED"
    assert movie["metadata"]["countries"] == ["ES"]
    assert movie["genres"] == [
        {"name": "Drama", "slug": "drama"},
        {"name": "Science Fiction", "slug": "science-fiction"},
    ]
    assert {r["source"] for r in movie["ratings"]} == {
        "tmdb", "imdb", "rottentomatoes", "metacritic",
    }  # fmt: skip
    assert movie["certifications"][0] == {"country": "DE", "certification": "12", "age": 12}
    assert movie["recommendations"] == [
        {"title": "Paper Weather", "year": 2006, "inLibrary": True,
         "item": {"__typename": "Movie", "title": "Paper Weather"}},
    ]  # fmt: skip
    assert movie["similarTitles"][0]["inLibrary"] is False
    assert movie["collection"]["name"] == "Glass Collection"
    assert [(p["inLibrary"], p["item"]) for p in movie["collection"]["parts"]] == [
        (True, {"id": ref}), (False, None),
    ]  # fmt: skip
    assert there != ref
    said = {p["field"]: p["source"] for p in movie["provenance"]}
    assert said["OVERVIEW"] == "tmdb"
    assert not any(p["locked"] for p in movie["provenance"])


async def test_what_is_like_it_in_a_hidden_library_is_in_none(
    app: Container, api: Api, people: People, shelf: Shelf
) -> None:
    hidden = await Shelves(app).library("Hidden")
    async with providers(app):
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        other = await film(app, hidden.id, "Paper Weather", year=2006)
        async with app.db.write(SYSTEM) as tx:
            await app.catalog_repository.add_external_ids(tx, {other: {"tmdb": "13"}})
        await told(app, item_id)
    viewer = await people.make(libraries=[shelf.id])
    document = READ.replace("metadata { state problem alternativeTitles countries guesses { record"
                            " confidence } }", "")  # fmt: skip
    movie = (await api.run(document, viewer, id=encode_id("movie", item_id)))["movie"]
    assert movie["recommendations"][0]["inLibrary"] is False
    assert movie["recommendations"][0]["item"] is None


async def test_edits_are_kept_locked_and_logged(
    app: Container, api: Api, people: People, shelf: Shelf
) -> None:
    admin = await people.admin()
    item_id = await film(app, shelf.id, "Glass Weather", year=2004)
    ref = encode_id("movie", item_id)
    given: dict[str, Any] = {
        "title": "The Weather", "overview": "Mine.", "runtime": 60, "certification": "R",
        "genres": ["Sci-Fi", "sci fi", "War"],
    }  # fmt: skip
    movie = (await api.run(EDIT, admin, id=ref, i=given))["editMovie"]
    assert (movie["title"], movie["sortTitle"], movie["overview"]) == (
        "The Weather", "weather, the", "Mine.",
    )  # fmt: skip
    assert (movie["runtime"], movie["certification"]) == (60, "R")
    assert [genre["name"] for genre in movie["genres"]] == ["Science Fiction", "War"]
    assert {p["field"] for p in movie["provenance"] if p["locked"]} == {
        "TITLE", "OVERVIEW", "RUNTIME", "CERTIFICATION", "GENRES",
    }  # fmt: skip
    async with providers(app):
        await told(app, item_id)
    movie = (await api.run(READ, admin, id=ref))["movie"]
    assert (movie["title"], movie["overview"]) == ("The Weather", "Mine.")
    logged = await app.db.column(text("select action from activity_log where action like 'meta%'"))
    assert logged == ["metadata.edit"]
    cleared = (await api.run(EDIT, admin, id=ref, i={"overview": None}))["editMovie"]
    assert cleared["overview"] is None


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"title": None},
        {"title": "x" * 501},
        {"title": "  "},
        {"sortTitle": "alone"},
        {"overview": "y" * 20001},
        {"runtime": 0},
        {"runtime": 2_000_000},
        {"releaseDate": "0001-01-01"},
        {"trailerUrl": "javascript:alert(1)"},
        {"genres": ["x"] * 21},
    ],
)
async def test_edits_that_make_no_sense(
    app: Container, api: Api, people: People, shelf: Shelf, given: dict[str, Any]
) -> None:
    admin = await people.admin()
    item_id = await film(app, shelf.id, "Glass Weather", year=2004)
    assert await code(api, EDIT, admin, id=encode_id("movie", item_id), i=given) == Code.INVALID


async def test_refreshes_are_accepted_once(
    app: Container, api: Api, people: People, shelf: Shelf
) -> None:
    admin = await people.admin()
    ref = encode_id("movie", await film(app, shelf.id, "Glass Weather", year=2004))
    first = (await api.run(REFRESH, admin, id=ref))["refreshMetadata"]
    assert first == {"id": ref, "accepted": True}
    assert (await api.run(REFRESH, admin, id=ref))["refreshMetadata"]["accepted"] is False
    library = encode_id("library", shelf.id)
    assert (await api.run(REFRESH, admin, id=library))["refreshMetadata"]["accepted"] is True
    gone = encode_id("movie", shelf.id)
    assert await code(api, REFRESH, admin, id=gone) == Code.NOT_FOUND


async def test_those_who_only_look_change_nothing(
    app: Container, api: Api, people: People, shelf: Shelf
) -> None:
    viewer = await people.make(libraries=[shelf.id])
    ref = encode_id("movie", await film(app, shelf.id, "Glass Weather", year=2004))
    assert await code(api, EDIT, viewer, id=ref, i={"title": "x"}) == Code.FORBIDDEN
    assert await code(api, LOCK, viewer, id=ref, f=["TITLE"]) == Code.FORBIDDEN
    assert await code(api, REFRESH, viewer, id=ref) == Code.FORBIDDEN
    assert await code(api, IDENTIFY, viewer, id=ref, r="tmdb:12") == Code.FORBIDDEN


async def test_what_nobody_surely_has_is_said_by_hand(
    app: Container, api: Api, people: People, shelf: Shelf
) -> None:
    admin = await people.admin()
    twin = {"id": 13, "title": "Glass Weather", "release_date": "1988-01-01"}
    async with providers(app) as said:
        known = {k: FILM[k] for k in ("id", "title", "release_date")}
        said.tmdb.documents["/search/movie"] = {"results": [known, twin]}
        said.omdb.documents["/"] = {"Response": "False", "Error": "Movie not found!"}
        item_id = await film(app, shelf.id, "Glass Weather")
        await told(app, item_id)
        found = await api.run(UNIDENTIFIED, admin, id=encode_id("library", shelf.id))
        [node] = found["unidentified"]["nodes"]
        assert {g["record"] for g in node["metadata"]["guesses"]} == {"tmdb:12", "tmdb:13"}
        ref = encode_id("movie", item_id)
        assert await code(api, IDENTIFY, admin, id=ref, r="tmdb-12") == Code.INVALID
        assert await code(api, IDENTIFY, admin, id=ref, r="tmdb:99") == Code.INVALID
        assert await code(api, IDENTIFY, admin, id=ref, r="nobody:1") == Code.NOT_FOUND
        await api.run(IDENTIFY, admin, id=ref, r="tmdb:12")
        await told(app, item_id)
        found = await api.run(UNIDENTIFIED, admin, id=encode_id("library", shelf.id))
        assert found["unidentified"] == {"totalCount": 0, "nodes": []}
    movie = (await api.run(READ, admin, id=ref))["movie"]
    assert movie["overview"] == "Rain on glass."


async def test_what_turns_out_to_be_another_keeps_nothing_of_the_first(
    app: Container, api: Api, people: People, shelf: Shelf
) -> None:
    admin = await people.admin()
    bare = {"id": 13, "title": "Bare Weather", "release_date": "1988-01-01"}
    async with providers(app) as said:
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        ref = encode_id("movie", item_id)
        await told(app, item_id)
        await api.run(EDIT, admin, id=ref, i={"overview": "Mine."})
        said.tmdb.documents["/movie/13"] = bare
        said.omdb.documents["/"] = {"Response": "False", "Error": "Movie not found!"}
        await api.run(IDENTIFY, admin, id=ref, r="tmdb:13")
        await told(app, item_id)
    movie = (await api.run(READ, admin, id=ref))["movie"]
    assert (movie["title"], movie["overview"]) == ("Bare Weather", "Mine.")
    assert (movie["certification"], movie["rating"], movie["collection"]) == (None, None, None)
    for name in ("keywords", "genres", "studios", "trailers", "similarTitles", "ratings"):
        assert movie[name] == [], name
    assert {p["field"] for p in movie["provenance"]} == {
        "TITLE", "RELEASE_DATE", "OVERVIEW",
    }  # fmt: skip
