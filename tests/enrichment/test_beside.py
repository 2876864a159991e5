"""What people say and scans find while providers are asked, and what is asked of whom."""

import asyncio
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from app.catalog.domain.said import MetadataState
from app.container import Container
from app.core.access import SYSTEM
from app.core.jobs import Cancel
from app.enrichment.domain import Refreshable
from app.enrichment.jobs import RefreshDue, RefreshMetadata
from app.items.domain import ItemId
from app.people.domain import person_key
from app.scanning.service import import_lock
from tests.enrichment.test_movies import again
from tests.enrichment.test_resilience import IDS
from tests.enrichment.test_shows import ONE, show, tell_all
from tests.enrichment.world import COLLECTION, FILM, column, film, one, providers
from tests.support.jobs import carry_out
from tests.support.library import Shelves
from tests.support.outside import site
from tests.support.providers import Library

AGES = "select distinct age from items"
SAID_OF_PARTS = """select overview from seasons where overview is not null
 union all select overview from episodes where overview is not null"""
STATE = "select state, problem from item_metadata where item_id = :id"
OTHER: dict[str, Any] = {**FILM, "id": 13, "title": "Paper Weather", "imdb_id": "tt0000013"}


async def test_what_is_identified_meanwhile_is_not_the_old_one(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once of the item's own ids, and once found by its name: what was asked for is another."""
    shelf = await Shelves(app).library("Films")
    async with providers(app) as said:
        said.tmdb.documents["/movie/13"] = OTHER
        known = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, known)
        for item_id in (known, await film(app, shelf.id, "Glass Weather", year=2004)):
            asked = app.gathering.title

            async def meanwhile(*args: Any, of: ItemId = item_id, ask: Any = asked) -> Any:
                found = await ask(*args)
                monkeypatch.setattr(app.gathering, "title", ask)
                await app.editing.identify(SYSTEM, of, "tmdb:13")
                return found

            monkeypatch.setattr(app.gathering, "title", meanwhile)
            await again(app, item_id)
            assert await column(app, IDS, id=item_id) == ["imdb:tt0000013", "tmdb:13"]
            row = await one(
                app,
                "select m.overview, s.state, s.due_at <= now() from movies m join item_metadata s"
                " on s.item_id = m.id where m.id = :id",
                id=item_id,
            )
            assert tuple(row) == (None, "waiting", True)
            assert await again(app, item_id) is MetadataState.MATCHED
        assert await column(app, "select title from movies") == ["Paper Weather"] * 2


@pytest.mark.parametrize("part", ["season", "episode"])
async def test_a_part_of_what_is_another_meanwhile_says_nothing_of_the_first(
    app: Container, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    shelf = await Shelves(app).library("Shows")
    asked = getattr(app.gathering, part)
    async with providers(app) as said:
        tell_all(said)
        said.tmdb.documents |= {
            "/tv/50/season/1/episode/1": ONE["episodes"][0],
            "/tv/51": {"id": 51, "name": "Other Street"},
        }
        show_id, season_id, [episode_id, _] = await show(app, shelf.id)
        await app.refreshing.titles.refresh(partial(app.db.write, SYSTEM), show_id, force=True)
        assert await column(app, AGES) == [14]

        async def meanwhile(*args: Any) -> Any:
            found = await asked(*args)
            monkeypatch.setattr(app.gathering, part, asked)
            await app.editing.identify(SYSTEM, show_id, "tmdb:51")
            return found

        monkeypatch.setattr(app.gathering, part, meanwhile)
        item_id = season_id if part == "season" else episode_id
        job = RefreshMetadata(Refreshable(part), item_id, force=True)
        assert await carry_out(app, job) == "completed"
    assert await column(app, SAID_OF_PARTS) == []
    assert await column(app, IDS, id=item_id) == []
    assert await column(app, AGES) == [None], "nobody knows for whom it is"


async def test_a_refresh_waits_for_a_scan_with_nothing_in_its_hands(app: Container) -> None:
    """A scan has rows of items before it writes what is said of them; a refresh the other way."""
    shelf = await Shelves(app).library("Films")
    waiting = text(
        "select count(*) from pg_stat_activity where wait_event = 'advisory'"
        " and datname = current_database()"
    )
    async with providers(app):
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        async with app.db.write(SYSTEM) as tx:
            await tx.lock(import_lock(shelf.id))
            await app.item_repository.rate(tx, [(item_id, "R", 17)])
            refreshing = asyncio.ensure_future(again(app, item_id))
            while not refreshing.done() and not await app.db.scalar(waiting):
                await asyncio.sleep(0.05)
            await app.catalog_repository.hold_metadata(tx, [item_id])
        assert await refreshing is MetadataState.MATCHED


async def test_a_part_that_nobody_has_any_more_says_so(app: Container) -> None:
    shelf = await Shelves(app).library("Shows")
    begin = partial(app.db.write, SYSTEM)
    async with providers(app) as said:
        tell_all(said)
        show_id, season_id, _ = await show(app, shelf.id)
        await app.refreshing.titles.refresh(begin, show_id, force=True)
        assert (await one(app, STATE, id=season_id))["state"] == "matched"
        there = said.tmdb.documents.pop("/tv/50/season/1")
        with pytest.raises(Cancel):
            await carry_out(app, RefreshMetadata(Refreshable.SEASON, season_id, force=True))
        row = await one(app, STATE, id=season_id)
        assert row["state"] == "gone"
        assert row["problem"]
        said.tmdb.documents["/tv/50/season/1"] = there
        await app.refreshing.titles.refresh(begin, show_id, force=True)
        assert tuple(await one(app, STATE, id=season_id)) == ("matched", None)


async def test_who_cannot_be_written_is_put_off(app: Container) -> None:
    """People and collections, too: they would come again every quarter of an hour."""
    shelf = await Shelves(app).library("Films")
    due = "select count(*) as number from {} where due_at < now() + interval '20 hours'"
    async with providers(app):
        await again(app, await film(app, shelf.id, "Glass Weather", year=2004))
        async with app.db.write(SYSTEM) as tx:
            for table in ("people", "collections"):
                await tx.execute(text(f"alter table {table} add constraint no check"
                                      " (refreshed_at is null) not valid"))  # fmt: skip
        await carry_out(app, RefreshDue())
        async with app.db.write(SYSTEM) as tx:  # the tables are those of the next test, too
            for table in ("people", "collections"):
                await tx.execute(text(f"alter table {table} drop constraint no"))
        for table in ("people", "collections"):
            assert (await one(app, due.format(table)))["number"] == 0
            assert await column(app, f"select 1 from {table} where problem is not null")


async def test_a_collection_is_listed_under_its_new_name(app: Container) -> None:
    shelf = await Shelves(app).library("Films")
    async with providers(app) as said:
        await again(app, await film(app, shelf.id, "Glass Weather", year=2004))
        said.tmdb.documents["/collection/77"] = {**COLLECTION, "name": "Ámbar Collection"}
        await carry_out(app, RefreshDue())
    row = await one(app, "select name, name_key from collections")
    assert tuple(row) == ("Ámbar Collection", person_key("Ámbar Collection"))


async def test_recommendations_are_asked_for_where_no_record_has_them(app: Container) -> None:
    shelf = await Shelves(app).library("Films")
    named = {"results": [{"id": 16, "title": "Iron Weather", "release_date": "2010-01-01"}]}
    related = "select title from item_related where item_id = :id and kind = 'recommended'"
    async with providers(app) as said:
        said.tmdb.documents["/movie/12/recommendations"] = named
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, item_id)
        assert "/movie/12/recommendations" not in said.tmdb.paths()
        assert await column(app, related, id=item_id) == ["Paper Weather"]
        said.tmdb.documents["/movie/12"] = {**FILM, "recommendations": {"results": []}}
        await again(app, item_id)
        assert await column(app, related, id=item_id) == ["Iron Weather"]


async def test_what_is_new_may_be_answered_from_what_was_kept(app: Container) -> None:
    """Only what is forced is asked for anew: the same film comes to another library."""
    shelf = await Shelves(app).library("Films")
    async with providers(app) as said:
        for _ in range(2):
            item_id = await film(app, shelf.id, "Glass Weather", year=2004)
            async with app.db.write(SYSTEM) as tx:
                await app.catalog_repository.await_metadata(tx, [item_id], app.clock.now())
            await carry_out(app, RefreshDue())
        assert said.tmdb.paths().count("/movie/12") == 1


async def test_what_is_forced_is_asked_anew_of_those_who_have_pictures_alone(
    app: Container,
) -> None:
    """Their answers are kept for a week."""
    shelf = await Shelves(app).library("Films")
    fanart = Library()
    async with providers(app), site(fanart) as where:
        for name, value in (("address", where.url), ("api_key", "key"), ("enabled", True)):
            await app.settings.update(SYSTEM, f"metadata.fanarttv.{name}", value)
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        for name in ("one", "two"):
            url = f"https://assets.fanart.tv/fanart/movies/12/movieposter/{name}.jpg"
            fanart.documents["/movies/12"] = {"movieposter": [{"url": url, "likes": "1"}]}
            await again(app, item_id)
            pictures = "select url from artwork where item_id = :id and provider = 'fanarttv'"
            assert await column(app, pictures, id=item_id) == [url]


async def test_what_is_identified_meanwhile_is_not_unknown(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refresh that found nothing does not say so of what it is now."""
    shelf = await Shelves(app).library("Films")
    async with providers(app) as said:
        said.tmdb.documents |= {"/movie/13": OTHER}
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        async with app.db.write(SYSTEM) as tx:
            await app.catalog_repository.add_external_ids(tx, {item_id: {"tmdb": "404"}})
        asked = app.gathering.title

        async def meanwhile(*args: Any) -> Any:
            found = await asked(*args)
            monkeypatch.setattr(app.gathering, "title", asked)
            await app.editing.identify(SYSTEM, item_id, "tmdb:13")
            return found

        monkeypatch.setattr(app.gathering, "title", meanwhile)
        assert await again(app, item_id) is MetadataState.GONE
        assert (await one(app, STATE, id=item_id))["state"] == "waiting"
        assert await again(app, item_id) is MetadataState.MATCHED
