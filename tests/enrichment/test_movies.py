"""Films, brought up to what providers say."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from app.catalog.domain.said import MetadataField, MetadataState, RelatedKind
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.jobs import Cancel
from app.core.page import Keyset
from app.enrichment.domain import Edit, NobodyAnswered, Refreshable
from app.enrichment.jobs import RefreshLibrary, RefreshMetadata
from app.items.domain import ItemId
from app.scanning.service import tell
from tests.enrichment.world import FILM, OMDB, column, film, one, providers
from tests.support.jobs import carry_out, carry_out_waiting
from tests.support.library import Shelf, Shelves
from tests.support.outside import response

GENRES = (
    "select g.name from item_genres i join genres g on g.id = i.genre_id where i.item_id = :id"
    " order by i.position"
)


@pytest.fixture
async def shelf(app: Container) -> Shelf:
    return await Shelves(app).library("Films")


async def refreshed(app: Container, item_id: ItemId, *, force: bool = True) -> str:
    await app.cache.settle()
    return await carry_out(app, RefreshMetadata(Refreshable.MOVIE, item_id, force))


async def again(app: Container, item_id: ItemId) -> MetadataState:
    """At once, where a job would say that it was done just now."""
    await app.cache.settle()
    begin = partial(app.db.write, SYSTEM)
    return (await app.refreshing.titles.refresh(begin, item_id, force=True)).state


async def test_a_film_is_found_by_its_name_and_told_by_all(app: Container, shelf: Shelf) -> None:
    async with providers(app):
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        assert await refreshed(app, item_id) == "completed"
    row = await one(app, "select * from movies where id = :id", id=item_id)
    assert (row["title"], row["title_from"], row["overview"], row["year"], row["runtime"]) == (
        "Glass Weather", "provider", "Rain on glass.", 2004, 5400,
    )  # fmt: skip
    said = await one(app, "select * from item_metadata where item_id = :id", id=item_id)
    assert said["state"] == MetadataState.MATCHED
    assert said["texts"]["de"]["title"] == "Glaswetter"
    assert {r["source"] for r in said["ratings"]} == {
        "tmdb",
        "imdb",
        "rottentomatoes",
        "metacritic",
    }
    assert said["certifications"] == {"US": "PG-13", "DE": "12"}
    assert {f: v["source"] for f, v in said["provenance"].items()}["overview"] == "tmdb"
    ids = await column(
        app, "select source || ':' || value from external_ids where item_id = :id order by 1",
        id=item_id,
    )  # fmt: skip
    assert ids == ["imdb:tt7654321", "tmdb:12"]
    item = await one(app, "select certification, age from items where id = :id", id=item_id)
    assert tuple(item) == ("PG-13", 13)
    pictures = "select kind || ' ' || provider from artwork where item_id = :id order by 1"
    assert await column(app, pictures, id=item_id) == ["backdrop tmdb", "poster tmdb"]
    logos = (
        "select s.name || ' ' || a.provider || ' ' || right(a.url, 6)"
        " from artwork a join studios s on s.id = a.studio_id where a.kind = 'logo'"
    )
    assert await column(app, logos) == ["Lamp tmdb /l.png"]
    waiting = await column(app, "select kind from jobs where kind like 'images%'")
    assert len(waiting) == 1, "its pictures are fetched by a job"
    credits_ = (
        "select p.name from credits c join people p on p.id = c.person_id"
        " where item_id = :id order by kind, position"
    )
    assert await column(app, credits_, id=item_id) == ["Mo Reyes", "Li Bo", "Kim Day"]


async def test_a_refresh_changes_only_what_changed(app: Container, shelf: Shelf) -> None:
    tables = {
        "credits": "select id, person_id, character, position from credits order by id",
        "people": "select id, name from people order by id",
        "labels": "select * from item_genres union all select * from item_keywords order by 2",
        "said": "select provenance, texts, ratings from item_metadata",
        "artwork": "select id, kind, url from artwork order by id",
    }

    async def state() -> dict[str, list[Any]]:
        return {n: [tuple(r) for r in await app.db.records(text(s))] for n, s in tables.items()}

    async with providers(app) as said:
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        await refreshed(app, item_id)
        before = await state()
        assert await again(app, item_id) is MetadataState.MATCHED
        assert await state() == before
        crew = {"id": 8, "name": "Zoe Lee", "job": "Writer", "department": "Writing"}
        parts = {**FILM["credits"], "crew": [crew, *FILM["credits"]["crew"]]}
        said.tmdb.documents["/movie/12"] = {**FILM, "overview": "Snow.", "credits": parts}
        await again(app, item_id)
    after = await state()
    assert {row[:3] for row in before["credits"]} < {row[:3] for row in after["credits"]}
    assert len(after["credits"]) == len(before["credits"]) + 1
    old, new = before["said"][0][0], after["said"][0][0]
    changed = {field for field in new if new[field] != old.get(field)}
    assert changed == {"overview", "crew"}


async def test_what_people_say_and_lock_is_nobodys(app: Container, shelf: Shelf) -> None:
    async with providers(app) as said:
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, item_id)
        edit = Edit(
            fields=(MetadataField.GENRES, MetadataField.TITLE),
            values={"title": "My Weather"},
            genres=("Mine",),
        )
        await app.editing.edit(SYSTEM, item_id, edit)
        await app.editing.lock(SYSTEM, item_id, [MetadataField.OVERVIEW], locked=True)
        genres = [{"id": 9, "name": "War"}]
        said.tmdb.documents["/movie/12"] = {**FILM, "overview": "Snow.", "genres": genres}
        await again(app, item_id)
        row = await one(app, "select title, overview from movies where id = :id", id=item_id)
        assert tuple(row) == ("My Weather", "Rain on glass.")
        assert await column(app, GENRES, id=item_id) == ["Mine"]
        await app.editing.lock(
            SYSTEM, item_id, [MetadataField.OVERVIEW, MetadataField.GENRES], locked=False
        )
        await again(app, item_id)
    row = await one(app, "select title, overview from movies where id = :id", id=item_id)
    assert tuple(row) == ("My Weather", "Snow.")
    assert await column(app, GENRES, id=item_id) == ["War"]


async def test_one_that_fails_leaves_the_others_and_what_it_said(
    app: Container, shelf: Shelf
) -> None:
    async with providers(app) as said:
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, item_id)
        said.tmdb.documents["/movie/12"] = response(b"{}", 500)
        said.omdb.documents["/"] = {
            **OMDB,
            "Plot": "Another plot.",
            "imdbRating": "9.9",
            "Ratings": OMDB["Ratings"][1:],
        }
        assert await again(app, item_id) is MetadataState.PARTIAL
        row = await one(
            app,
            "select m.overview, s.texts, s.ratings, s.problem, s.due_at < now() + interval '1 hour'"
            " from movies m join item_metadata s on s.item_id = m.id where m.id = :id",
            id=item_id,
        )
        assert row[0] == "Rain on glass.", "who said it could not be asked"
        assert row[1]["de"]["title"] == "Glaswetter"
        rated = {rating["source"]: rating["value"] for rating in row[2]}
        assert (rated["tmdb"], rated["imdb"]) == (6.5, 9.9)
        assert "TMDb" in row[3]
        assert row[4], "it is asked again soon"
        said.tmdb.documents["/movie/12"] = FILM
        assert await again(app, item_id) is MetadataState.MATCHED


async def test_nobody_answers_and_it_is_tried_later(app: Container, shelf: Shelf) -> None:
    async with providers(app) as said:
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        said.tmdb.documents["/search/movie"] = response(b"{}", 503)
        said.omdb.documents["/"] = response(b"{}", 503)
        with pytest.raises(NobodyAnswered):
            await refreshed(app, item_id)
    row = await one(
        app, "select state, failures, refreshed_at, due_at from item_metadata where item_id = :id",
        id=item_id,
    )  # fmt: skip
    assert (row["state"], row["failures"], row["refreshed_at"]) == ("failing", 1, None)
    assert row["due_at"] is not None


async def test_what_is_gone_is_not_asked_for_again(app: Container, shelf: Shelf) -> None:
    async with providers(app) as said:
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, item_id)
        said.tmdb.documents.clear()
        said.omdb.documents["/"] = {"Response": "False", "Error": "Incorrect IMDb ID."}
        with pytest.raises(Cancel):
            await refreshed(app, item_id)
    row = await one(app, "select state, due_at from item_metadata where item_id = :id", id=item_id)
    assert tuple(row) == ("gone", None)
    title = await one(app, "select title from movies where id = :id", id=item_id)
    assert title["title"] == "Glass Weather", "what was known stays"


async def test_two_of_one_name_wait_for_somebody(app: Container, shelf: Shelf) -> None:
    twin = {"id": 13, "title": "Glass Weather", "release_date": "1988-01-01"}
    async with providers(app) as said:
        known = {k: FILM[k] for k in ("id", "title", "release_date")}
        said.tmdb.documents["/search/movie"] = {"results": [known, twin]}
        said.omdb.documents["/"] = {"Response": "False", "Error": "Movie not found!"}
        item_id = await film(app, shelf.id, "Glass Weather")
        assert await again(app, item_id) is MetadataState.UNMATCHED
        found = (await app.catalog_repository.metadata_of(SYSTEM.scope, [item_id]))[item_id]
        assert {guess.id for guess in found.guesses} == {"12", "13"}
        page = await app.editing.unidentified(SYSTEM, shelf.id, Keyset(10, None))
        assert page.page.ids == (item_id,)
        await app.editing.identify(SYSTEM, item_id, "tmdb:12")
        assert await refreshed(app, item_id) == "completed"
    row = await one(app, "select state from item_metadata where item_id = :id", id=item_id)
    assert row["state"] == "matched"


async def test_what_a_scan_adds_is_due_and_what_is_due_is_refreshed(
    app: Container, shelf: Shelf
) -> None:
    async with providers(app):
        ids = [await film(app, shelf.id, "Glass Weather", year=2004) for _ in range(3)]
        async with app.db.write(SYSTEM) as tx:
            tell(tx, shelf.id, added=ids)
        await carry_out_waiting(app, "on:library.changed:enrichment.await_added")
        assert await carry_out_waiting(app, "metadata.refresh_due") == "completed"
        states = await column(app, "select state from item_metadata")
        assert states == ["matched"] * 3
        name = await one(app, "select name, refreshed_at from collections")
        assert name["name"] == "Glass Collection"
        assert name["refreshed_at"] is not None, "collections come after the titles"


async def test_a_library_is_due_when_it_is_stale_or_forced(app: Container, shelf: Shelf) -> None:
    async with providers(app) as said:
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, item_id)
        asked = said.tmdb.paths().count("/movie/12")
        await carry_out(app, RefreshLibrary(shelf.id))
        await carry_out_waiting(app, "metadata.refresh_due")
        assert said.tmdb.paths().count("/movie/12") == asked, "it was wholly found"
        await carry_out(app, RefreshLibrary(shelf.id, force=True))
        await carry_out_waiting(app, "metadata.refresh_due")
        assert said.tmdb.paths().count("/movie/12") == asked + 1


async def test_many_recommendations_leave_room_for_what_is_similar(
    app: Container, shelf: Shelf
) -> None:
    many = [{"id": 100 + n, "title": f"Film {n}"} for n in range(15)]
    async with providers(app) as said:
        said.tmdb.documents["/movie/12"] = {**FILM, "recommendations": {"results": many}}
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, item_id)
        related = partial(app.catalog_repository.related_of, EVERYTHING, [item_id])
        similar = (await related(RelatedKind.SIMILAR, 10))[item_id]
        recommended = (await related(RelatedKind.RECOMMENDED, 10))[item_id]
    assert [shown.elsewhere.title for shown in similar] == ["Stone Weather"]
    assert [shown.elsewhere.title for shown in recommended] == [one["title"] for one in many[:10]]
