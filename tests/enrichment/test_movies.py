"""Films, brought up to what providers say."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from app.catalog.domain.said import MetadataState
from app.container import Container
from app.core.access import SYSTEM
from app.enrichment.domain import Refreshable
from app.enrichment.jobs import RefreshMetadata
from app.items.domain import ItemId
from tests.enrichment.world import FILM, column, film, one, providers
from tests.support.jobs import carry_out
from tests.support.library import Shelf, Shelves


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
