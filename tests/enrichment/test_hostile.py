"""What providers say that cannot be, and items that are gone by the time that they have said it."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from app.catalog.domain import CollectionId
from app.catalog.domain.said import MetadataState
from app.container import Container
from app.core.access import SYSTEM
from app.enrichment.domain import AGAIN
from app.enrichment.jobs import RefreshDue
from app.enrichment.service.seasons import MOST_GUIDE
from app.items.domain import ItemId
from app.people.domain import PersonId
from tests.enrichment.test_shows import ONE, SHOW, TWO, season, show
from tests.enrichment.world import COLLECTION, Providers, column, film, one, providers
from tests.support.jobs import carry_out
from tests.support.library import Shelf, Shelves

NOBODY = {"id": 1, "season_number": 99_999, "episode_number": 5, "name": "Nowhere"}
FAR = {"id": 9, "season_number": 99_999, "name": "Far"}


@pytest.fixture
async def shelf(app: Container) -> Shelf:
    return await Shelves(app).library("Here")


async def told(app: Container, item_id: ItemId) -> MetadataState:
    await app.cache.settle()
    begin = partial(app.db.write, SYSTEM)
    return (await app.refreshing.titles.refresh(begin, item_id, force=True)).state


def say(said: Providers, **more: Any) -> None:
    said.omdb.documents["/"] = {"Response": "False", "Error": "Series not found!"}
    said.tmdb.documents |= {
        "/search/tv": {"results": [{k: SHOW[k] for k in ("id", "name", "first_air_date")}]},
        "/tv/50": {**SHOW, **more},
        "/tv/50/season/1": {**ONE, "episodes": [*ONE["episodes"], NOBODY]},
        "/tv/50/season/2": {
            **TWO,
            "episodes": [
                *TWO["episodes"],
                {"id": 2, "season_number": 2, "episode_number": 99_999},
            ],
        },
        "/tv/50/season/99999": season(99_999, {"id": 71, "episode_number": 1}),
    }


async def test_seasons_and_episodes_that_cannot_be_are_passed_over(
    app: Container, shelf: Shelf
) -> None:
    guide = "select season || 'x' || number from show_guide order by 1"
    async with providers(app) as said:
        say(said)
        show_id, _, _ = await show(app, shelf.id)
        assert await told(app, show_id) is MetadataState.MATCHED
        assert await column(app, guide) == ["1x3", "2x1"]
        say(said, seasons=[SHOW["seasons"][0], FAR])
        assert await told(app, show_id) is MetadataState.MATCHED
        assert await column(app, guide) == ["1x3"]


async def test_a_guide_without_end_is_cut(app: Container, shelf: Shelf) -> None:
    async with providers(app) as said:
        say(said)
        many = [{"id": n, "episode_number": n} for n in range(1, 2501)]
        said.tmdb.documents["/tv/50/season/2"] = season(2, *many)
        show_id, _, _ = await show(app, shelf.id)
        assert await told(app, show_id) is MetadataState.MATCHED
    last = "select season, number from show_guide order by season desc, number desc limit 1"
    assert await column(app, "select count(*) from show_guide") == [MOST_GUIDE]
    assert tuple(await one(app, last)) == (2, MOST_GUIDE - 1)


async def test_a_season_says_nothing_of_another(app: Container, shelf: Shelf) -> None:
    begin = partial(app.db.write, SYSTEM)
    async with providers(app) as said:
        say(said)
        show_id, season_id, _ = await show(app, shelf.id)
        await told(app, show_id)
        other = {"id": 99, "season_number": 2, "episode_number": 1, "name": "Not mine"}
        said.tmdb.documents["/tv/50/season/1"] = {**ONE, "episodes": [*ONE["episodes"], other]}
        await app.cache.settle()
        outcome = await app.refreshing.parts.refresh(begin, season_id, force=True)
    assert outcome.state is MetadataState.MATCHED
    assert await column(app, "select season || 'x' || number from show_guide order by 1") == [
        "1x3",
        "2x1",
    ]


async def test_what_is_deleted_while_it_is_asked_for_is_left_out(
    app: Container, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with providers(app):
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        gather = app.gathering.title

        async def meanwhile(*asked: Any) -> Any:
            found = await gather(*asked)
            async with app.db.write(SYSTEM) as tx:
                await tx.execute(text("delete from items where id = :id"), {"id": item_id})
            return found

        monkeypatch.setattr(app.gathering, "title", meanwhile)
        await told(app, item_id)
    assert await column(app, "select item_id from item_metadata") == []
    assert await column(app, "select item_id from credits") == []


async def test_what_cannot_be_written_is_put_off_and_the_rest_is_written(
    app: Container, shelf: Shelf
) -> None:
    refuse = (
        "alter table item_metadata add constraint refuse check (item_id <> '{}' or texts = '{{}}')"
    )
    async with providers(app):
        bad, good = [await film(app, shelf.id, "Glass Weather", year=2004) for _ in range(2)]
        async with app.db.write(SYSTEM) as tx:
            await app.catalog_repository.await_metadata(tx, [bad, good], app.clock.now())
            await tx.execute(text(refuse.format(bad)))
        await app.cache.settle()
        assert await carry_out(app, RefreshDue()) == "completed"
    states = "select state, failures, due_at from item_metadata where item_id = :id"
    state, failures, due_at = tuple(await one(app, states, id=bad))
    assert (state, failures) == (MetadataState.FAILING, 1)
    assert app.clock.now() < due_at < app.clock.now() + AGAIN
    assert tuple(await one(app, states, id=good))[:2] == (MetadataState.MATCHED, 0)


async def test_who_is_called_nothing_keeps_their_name(app: Container, shelf: Shelf) -> None:
    begin = partial(app.db.write, SYSTEM)
    async with providers(app) as said:
        await told(app, await film(app, shelf.id, "Glass Weather", year=2004))
        said.tmdb.documents["/person/5"] = {"id": 5, "name": " ", "birthday": "1970-01-02"}
        said.tmdb.documents["/collection/77"] = {**COLLECTION, "name": ""}
        [person] = await column(app, "select id from people where name = 'Mo Reyes'")
        [collection] = await column(app, "select id from collections")
        await app.refreshing._persons.refresh(begin, PersonId(person), force=True)
        await app.refreshing._collections.refresh(begin, CollectionId(collection), force=True)
    row = await one(app, "select name, birth_date from people where id = :id", id=person)
    assert (row["name"], str(row["birth_date"])) == ("Mo Reyes", "1970-01-02")
    row = await one(app, "select name, overview from collections where id = :id", id=collection)
    assert tuple(row) == ("Glass Collection", "All of it.")
