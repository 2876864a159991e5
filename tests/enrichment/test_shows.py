"""Shows with their seasons and episodes, brought up to what providers say."""

from functools import partial
from typing import Any

from app.catalog.domain.said import MetadataState
from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.enrichment.domain import Refreshable
from app.enrichment.jobs import RefreshMetadata
from app.items.domain import Item, ItemId, ItemKind
from app.libraries.domain import LibraryId
from tests.enrichment.world import Providers, column, one, providers
from tests.support.jobs import carry_out
from tests.support.library import Shelves

SHOW: dict[str, Any] = {
    "id": 50, "name": "Lamp Street", "original_name": "Lamp Street", "original_language": "en",
    "first_air_date": "2015-03-01", "last_air_date": "2016-05-01", "status": "Returning Series",
    "overview": "A street.", "genres": [{"id": 1, "name": "Drama"}],
    "networks": [{"id": 9, "name": "BBC One", "origin_country": "GB", "logo_path": "/n.png"}],
    "external_ids": {"imdb_id": "tt1111111", "tvdb_id": 777},
    "next_episode_to_air": {"id": 1, "air_date": "2030-01-01", "episode_number": 2,
                            "season_number": 2, "name": "x"},
    "content_ratings": {"results": [{"iso_3166_1": "US", "rating": "TV-14"}]},
    "aggregate_credits": {"cast": [{"id": 5, "name": "Mo Reyes",
                                    "roles": [{"character": "Ana"}]}]},
    "seasons": [{"id": 501, "season_number": 1, "name": "Season 1"},
                {"id": 502, "season_number": 2, "name": "Season 2"}],
    "vote_average": 7.5, "vote_count": 200,
}  # fmt: skip


def season(number: int, *episodes: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": 500 + number,
        "season_number": number,
        "name": f"Season {number}",
        "overview": f"The {number}.",
        "air_date": "2015-03-01",
        "episodes": [{"season_number": number, **episode} for episode in episodes],
    }


ONE = season(
    1,
    {"id": 61, "episode_number": 1, "name": "Dusk", "overview": "It darkens.", "runtime": 40,
     "air_date": "2015-03-01", "guest_stars": [{"id": 8, "name": "Ada Gray", "character": "X"}]},
    {"id": 62, "episode_number": 2, "name": "Night", "overview": "It is dark."},
    {"id": 63, "episode_number": 3, "name": "Dawn", "air_date": "2015-03-15"},
)  # fmt: skip
TWO = season(2, {"id": 71, "episode_number": 1, "name": "Episode 1", "air_date": "2030-01-01"})


async def show(app: Container, library_id: LibraryId) -> tuple[ItemId, ItemId, list[ItemId]]:
    """A show with a season of two episodes, as a scan leaves it."""
    show_id, season_id = ItemId(new_id()), ItemId(new_id())
    episodes = [ItemId(new_id()) for _ in range(2)]
    now = app.clock.now()

    def item(id_: ItemId, kind: ItemKind, parent: ItemId | None) -> Item:
        return Item(id=id_, kind=kind, library_id=library_id, parent_id=parent, added_at=now)

    async with app.db.write(SYSTEM) as tx:
        await app.item_repository.add(
            tx,
            [
                item(show_id, ItemKind.SHOW, None),
                item(season_id, ItemKind.SEASON, show_id),
                *(item(i, ItemKind.EPISODE, season_id) for i in episodes),
            ],
        )
        named = {"title": "Lamp Street", "sort_title": "Lamp Street", "title_key": "lamp street"}
        await app.show_repository.add(tx, [{"id": show_id, **named}])
        await app.season_repository.add(tx, [{"id": season_id, "show_id": show_id, "number": 1}])
        rows = [
            {"id": i, "show_id": show_id, "season_id": season_id, "season": 1, "number": n,
             "position": n, "title": f"lamp.street.s01e0{n}", "title_from": "file"}
            for n, i in enumerate(episodes, 1)
        ]  # fmt: skip
        await app.episode_repository.add(tx, rows)
    return show_id, season_id, episodes


def tell_all(said: Providers) -> None:
    """TMDb knows the show and both of its seasons, OMDb nothing."""
    said.omdb.documents["/"] = {"Response": "False", "Error": "Series not found!"}
    said.tmdb.documents |= {
        "/search/tv": {"results": [{k: SHOW[k] for k in ("id", "name", "first_air_date")}]},
        "/tv/50": SHOW,
        "/tv/50/season/1": ONE,
        "/tv/50/season/2": TWO,
    }


async def test_a_show_with_all_that_is_here(app: Container) -> None:
    shelf = await Shelves(app).library("Shows")
    async with providers(app) as said:
        tell_all(said)
        show_id, season_id, episodes = await show(app, shelf.id)
        begin = partial(app.db.write, SYSTEM)
        await app.cache.settle()
        outcome = await app.refreshing.titles.refresh(begin, show_id, force=False)
    assert outcome.state is MetadataState.MATCHED, outcome.problem
    row = await one(app, "select * from shows where id = :id", id=show_id)
    assert (row["title"], row["status"], str(row["next_air_date"])) == (
        "Lamp Street", "continuing", "2030-01-01",
    )  # fmt: skip
    told = await app.db.records(_episodes(), {"id": show_id})
    assert [tuple(r) for r in told] == [
        (1, "Dusk", "It darkens.", 2400, "provider"), (2, "Night", "It is dark.", None, "provider"),
    ]  # fmt: skip
    of_season = await one(app, "select title, overview from seasons where id = :id", id=season_id)
    assert tuple(of_season) == (None, "The 1."), "its number is no title"
    logos = (
        "select n.name || ' ' || a.provider || ' ' || right(a.url, 6)"
        " from artwork a join networks n on n.id = a.network_id where a.kind = 'logo'"
    )
    assert await column(app, logos) == ["BBC One tmdb /n.png"]
    guide = await column(app, "select season || 'x' || number from show_guide order by 1")
    assert guide == ["1x3", "2x1"]
    ages = await column(app, "select distinct age from items")
    assert ages == [14], "seasons and episodes are for whom the show is"
    guests = (
        "select p.name from credits c join people p on p.id = c.person_id where c.item_id = :id"
    )
    assert await column(app, guests, id=episodes[0]) == ["Ada Gray"]


async def test_one_season_and_one_episode(app: Container) -> None:
    shelf = await Shelves(app).library("Shows")
    async with providers(app) as said:
        said.omdb.documents["/"] = {"Response": "False", "Error": "Series not found!"}
        said.tmdb.documents |= {
            "/tv/50/season/1": ONE,
            "/tv/50/season/1/episode/2": {
                **ONE["episodes"][1], "overview": "Dark and cold.", "air_date": "2015-03-08",
            },
        }  # fmt: skip
        show_id, season_id, episodes = await show(app, shelf.id)
        async with app.db.write(SYSTEM) as tx:
            await app.catalog_repository.add_external_ids(tx, {show_id: {"tmdb": "50"}})
        await app.cache.settle()
        job = RefreshMetadata(Refreshable.SEASON, season_id)
        assert await carry_out(app, job) == "completed"
        told = await app.db.records(_episodes(), {"id": show_id})
        assert [r[1] for r in told] == ["Dusk", "Night"]
        job = RefreshMetadata(Refreshable.EPISODE, episodes[1], force=True)
        assert await carry_out(app, job) == "completed"
    row = await one(app, "select overview from episodes where id = :id", id=episodes[1])
    assert row["overview"] == "Dark and cold."


def _episodes() -> Any:
    from sqlalchemy import text

    return text(
        "select number, title, overview, runtime, title_from from episodes where show_id = :id"
        " order by number"
    )
