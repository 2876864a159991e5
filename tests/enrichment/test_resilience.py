"""What goes wrong beside a refresh, and what is changed meanwhile, takes nothing away."""

import asyncio
from functools import partial
from typing import Any

from sqlalchemy import text

from app.catalog.domain.said import MetadataField, MetadataState
from app.catalog.service.tellings import certified
from app.container import Container
from app.core.access import SYSTEM
from app.enrichment.domain import Edit, Refreshable
from app.enrichment.jobs import RefreshDue, RefreshMetadata
from app.movies.domain import MovieId
from app.people.domain import NamedPerson
from app.scanning.service import tell
from tests.enrichment.test_movies import again
from tests.enrichment.test_shows import season, show, tell_all
from tests.enrichment.world import FILM, column, film, one, providers
from tests.support.jobs import carry_out, carry_out_waiting
from tests.support.library import Shelves
from tests.support.outside import response
from tests.support.providers import Request

IDS = "select source || ':' || value from external_ids where item_id = :id order by 1"


async def test_who_is_due_while_nobody_can_be_asked_stays_due(app: Container) -> None:
    shelf = await Shelves(app).library("Films")
    waiting = "select (select count(*) from people where due_at <= now()) + (select count(*) from"
    waiting += " collections where due_at <= now()) as number"
    async with providers(app):
        await again(app, await film(app, shelf.id, "Glass Weather", year=2004))
        await app.settings.update(SYSTEM, "metadata.tmdb.enabled", value=False)
        await app.cache.settle()
        [person, *_] = await column(app, "select id from people order by id")
        await carry_out(app, RefreshMetadata(Refreshable.PERSON, person))
        await carry_out(app, RefreshDue())
        assert (await one(app, waiting))["number"] == 4
        await app.settings.update(SYSTEM, "metadata.tmdb.enabled", value=True)
        await app.cache.settle()
        await carry_out(app, RefreshDue())
        assert (await one(app, waiting))["number"] == 0
        named = await one(app, "select refreshed_at from collections")
        assert named["refreshed_at"] is not None


async def test_a_new_episode_makes_its_show_due_and_what_is_due_meanwhile_stays(
    app: Container,
) -> None:
    shelf = await Shelves(app).library("Shows")
    due = "select due_at <= now() as due from item_metadata where item_id = :id"
    begin = partial(app.db.write, SYSTEM)
    async with providers(app) as said:
        tell_all(said)
        show_id, season_id, episodes = await show(app, shelf.id)
        await app.refreshing.titles.refresh(begin, show_id, force=True)
        for new in (episodes[0], season_id):
            assert not (await one(app, due, id=show_id))["due"]
            async with app.db.write(SYSTEM) as tx:
                tell(tx, shelf.id, added=[new])
            await carry_out_waiting(app, "on:library.changed:enrichment.await_added")
            assert (await one(app, due, id=show_id))["due"]
            await app.refreshing.titles.refresh(begin, show_id, force=True)

        asked = said.tmdb.answer

        async def meanwhile() -> None:
            async with app.db.write(SYSTEM) as tx:
                await app.editing.await_records(tx, [episodes[1]])

        added: list[Any] = []

        def answer(request: Request) -> bytes:
            if request.path == "/tv/50/season/2" and not added:
                added.append(asyncio.ensure_future(meanwhile()))
            return asked(request)

        said.tmdb.answer = answer  # type: ignore[method-assign]
        await app.refreshing.titles.refresh(begin, show_id, force=True)
        await asyncio.gather(*added)
    assert added
    assert (await one(app, due, id=show_id))["due"], "it was added after its season was asked for"


async def test_who_fails_takes_nothing_from_the_guide(app: Container) -> None:
    shelf = await Shelves(app).library("Shows")
    guide = "select season || 'x' || number from show_guide order by 1"
    begin = partial(app.db.write, SYSTEM)
    async with providers(app) as said:
        tell_all(said)
        show_id, *_ = await show(app, shelf.id)
        await app.refreshing.titles.refresh(begin, show_id, force=True)
        assert await column(app, guide) == ["1x3", "2x1"]
        said.tmdb.documents["/tv/50/season/2"] = response(b"{}", 500)
        await app.refreshing.titles.refresh(begin, show_id, force=True)
        assert await column(app, guide) == ["1x3", "2x1"]
        said.tmdb.documents["/tv/50/season/2"] = season(2)
        await app.refreshing.titles.refresh(begin, show_id, force=True)
        assert await column(app, guide) == ["1x3"]


async def test_a_rating_is_not_anothers_while_its_source_fails(app: Container) -> None:
    shelf = await Shelves(app).library("Films")
    rating = "select rating, votes, provenance->'rating'->>'source' from movies m join"
    rating += " item_metadata s on s.item_id = m.id"
    async with providers(app) as said:
        await app.settings.update(SYSTEM, "metadata.priority", "tmdb, omdb; rating: imdb")
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, item_id)
        said.omdb.documents["/"] = response(b"{}", 500)
        said.tmdb.documents["/movie/12"] = {**FILM, "vote_average": 5.0}
        await again(app, item_id)
    assert tuple(await one(app, rating)) == (7.1, 12345, "imdb")
    sources = await one(app, "select ratings from item_metadata")
    assert {r["source"]: r["value"] for r in sources["ratings"]}["tmdb"] == 5.0


async def test_ids_that_nobody_can_be_asked_by_leave_the_name(app: Container) -> None:
    shelf = await Shelves(app).library("Films")
    async with providers(app) as said:
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        other = await film(app, shelf.id, "Glass Weather", year=2004)
        said.omdb.documents["/"] = {"Response": "False", "Error": "Incorrect IMDb ID."}
        await app.settings.update(SYSTEM, "metadata.omdb.enabled", value=False)
        async with app.db.write(SYSTEM) as tx:
            own = {item_id: {"mal": "77"}, other: {"imdb": "tt0000009"}}
            await app.catalog_repository.add_external_ids(tx, own)
        assert await again(app, item_id) is MetadataState.MATCHED
        assert await again(app, other) is MetadataState.UNMATCHED, "what is found is another one"
    assert set(await column(app, IDS, id=item_id)) == {"imdb:tt7654321", "mal:77", "tmdb:12"}
    assert await column(app, IDS, id=other) == ["imdb:tt0000009"]


async def test_what_is_said_by_hand_or_locked_is_so_in_every_language(app: Container) -> None:
    shelf = await Shelves(app).library("Films")
    async with providers(app) as said:
        item_id = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, item_id)
        edit = Edit(fields=(MetadataField.TITLE,), values={"title": "My Weather"})
        await app.editing.edit(SYSTEM, item_id, edit)
        await app.editing.lock(SYSTEM, item_id, [MetadataField.OVERVIEW], locked=True)
        [german] = FILM["translations"]["translations"]
        data = {"title": "Anders", "overview": "Anders.", "tagline": "Anders!"}
        changed = {"translations": [{**german, "data": data}]}
        said.tmdb.documents["/movie/12"] = {**FILM, "translations": changed}
        await again(app, item_id)
    await app.cache.settle()
    movie_id = MovieId(item_id)
    shown = (await app.movie_repository.by_ids(SYSTEM.scope, [movie_id], "de"))[movie_id]
    assert (shown.title, shown.overview, shown.tagline) == (
        "My Weather", "Regen auf Glas.", "Anders!",
    )  # fmt: skip


async def test_a_show_and_its_seasons_are_refreshed_side_by_side(app: Container) -> None:
    """A season's refresh has its row and waits for who makes persons: nobody waits for it there."""
    shelf = await Shelves(app).library("Shows")
    begin = partial(app.db.write, SYSTEM)
    waiting = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                   " and datname = current_database()")  # fmt: skip
    async with providers(app) as said:
        tell_all(said)
        show_id, season_id, _ = await show(app, shelf.id)
        async with app.db.write(SYSTEM) as tx:
            await app.catalog_repository.hold_metadata(tx, [season_id])
            whole = asyncio.ensure_future(app.refreshing.titles.refresh(begin, show_id, force=True))
            while not whole.done() and not await app.db.scalar(waiting):
                await asyncio.sleep(0.05)
            named = NamedPerson(name="Somebody New", ids={"tmdb": "999"}, provider="tmdb")
            await app.person_repository.recognise(tx, [named])
        assert (await whole).state is MetadataState.MATCHED


def test_a_certification_without_an_age_leaves_those_of_others() -> None:
    assert certified({"US": "NR", "DE": "18"}, "US") == "DE:18"
    assert certified({"US": "PG", "DE": "18"}, "US") == "PG"
    assert certified({"US": "NR"}, "US") == "NR"
    assert certified({"FR": "?"}, "US") is None
