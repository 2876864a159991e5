"""Every kind of thing through the API: who said what of it, what is locked, asking again."""

from functools import partial
from typing import Any

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id
from app.enrichment.jobs import RefreshDue
from tests.enrichment.test_graphql import REFRESH
from tests.enrichment.test_movies import again
from tests.enrichment.test_shows import ONE, show, tell_all
from tests.enrichment.world import column, film, providers
from tests.support.api import Api
from tests.support.jobs import carry_out
from tests.support.library import Shelves
from tests.support.people import People

PARTS = "title overview provenance { field source at locked }"
READ = f"""query($id: ID!) {{ show(id: $id) {{ {PARTS}
  seasons {{ {PARTS} episodes {{ {PARTS} }} }} }} }}"""
EDIT = """mutation($id: ID!, $text: String!) {
  edit%s(id: $id, input: {overview: $text}) { overview } }"""
LOCK = "mutation($id: ID!) { lockFields(id: $id, fields: [TITLE]) { id } }"
Said = dict[str, tuple[str, bool]]


def sources(node: dict[str, Any]) -> Said:
    assert all(one["at"] for one in node["provenance"] if one["source"] != "hand")
    return {one["field"]: (one["source"], one["locked"]) for one in node["provenance"]}


async def test_who_said_what_of_shows_seasons_and_episodes(
    app: Container, api: Api, people: People
) -> None:
    """And what somebody says of one, or locks, stays through the next refresh."""
    admin = await people.admin()
    shelf = await Shelves(app).library("Shows")
    async with providers(app) as said:
        tell_all(said)
        show_id, season_id, episodes = await show(app, shelf.id)
        begin = partial(app.db.write, SYSTEM)

        async def asked() -> list[dict[str, Any]]:
            await app.cache.settle()
            await app.refreshing.titles.refresh(begin, show_id, force=True)
            await app.cache.settle()
            its = (await api.run(READ, admin, id=encode_id("show", show_id)))["show"]
            return [its, its["seasons"][0], *its["seasons"][0]["episodes"]]

        its, of_season, first, second = await asked()
        assert sources(its).items() >= {"TITLE": ("tmdb", False), "STATUS": ("tmdb", False)}.items()
        assert sources(of_season)["OVERVIEW"] == ("tmdb", False)
        assert (
            sources(first).items()
            >= {
                "TITLE": ("tmdb", False),
                "RUNTIME": ("tmdb", False),
                "GUESTS": ("tmdb", False),
            }.items()
        )
        kinds = {"Show": show_id, "Season": season_id, "Episode": episodes[0]}
        for kind, id_ in kinds.items():
            ref = encode_id(kind.lower(), id_)
            await api.run(EDIT % kind, admin, id=ref, text=f"My {kind}.")
        await api.run(LOCK, admin, id=encode_id("episode", episodes[1]))
        renamed = [{**one, "name": "Renamed", "overview": "Anew."} for one in ONE["episodes"]]
        said.tmdb.documents["/tv/50/season/1"] = {**ONE, "overview": "Anew.", "episodes": renamed}
        its, of_season, first, second = await asked()
    assert [one["overview"] for one in (its, of_season, first)] == [f"My {kind}." for kind in kinds]
    assert all(sources(one)["OVERVIEW"] == ("hand", True) for one in (its, of_season, first))
    assert (first["title"], second["title"], second["overview"]) == ("Renamed", "Night", "Anew.")
    assert sources(second)["TITLE"] == ("tmdb", True)


async def test_whatever_has_records_is_asked_for_again(
    app: Container, api: Api, people: People
) -> None:
    admin = await people.admin()
    shelf = await Shelves(app).library("All")
    async with providers(app):
        movie = await film(app, shelf.id, "Glass Weather", year=2004)
        await again(app, movie)
        await carry_out(app, RefreshDue())
        show_id, season_id, episodes = await show(app, shelf.id)
        [person, *_] = await column(app, "select id from people order by id")
        [collection] = await column(app, "select id from collections")
        await app.cache.settle()
        kinds = {
            "movie": movie, "show": show_id, "season": season_id, "episode": episodes[0],
            "person": person, "collection": collection, "library": shelf.id,
        }  # fmt: skip
        for kind, id_ in kinds.items():
            ref = encode_id(kind, id_)
            answer = (await api.run(REFRESH, admin, id=ref))["refreshMetadata"]
            assert answer == {"id": ref, "accepted": True}, kind
            assert not (await api.run(REFRESH, admin, id=ref))["refreshMetadata"]["accepted"], kind
    of_one = "select args->>'kind' from jobs where kind = 'metadata.refresh'"
    assert {*await column(app, of_one)} == {*kinds} - {"library"}
