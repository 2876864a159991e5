"""Searches over HTTP, as a palette and a page of results ask them."""

from typing import Any

import pytest

from app.core.ids import new_id
from app.movies.domain import MovieId
from app.search.domain import SearchKind
from tests.gql.world import World
from tests.search.asked import COUNTED, PALETTE, RESULTS, Answering, found, ids
from tests.search.scripted import Scripted
from tests.support.api import Api

# -- results


async def test_a_title_is_found_first_with_where_it_says_so(api: Api, world: World) -> None:
    result = await found(api, world.alice, "open one")
    best = result["edges"][0]
    assert best["node"] == {"id": world.movie("Open One"), "title": "Open One"}
    title = next(one for one in best["highlights"] if one["field"] == "title")
    assert title["text"] == "Open One"
    assert [title["text"][r["start"] : r["end"]] for r in title["ranges"]] == ["Open", "One"]
    assert result["nodes"][0] == {"__typename": "Movie", "id": world.movie("Open One")}
    scores = [edge["score"] for edge in result["edges"]]
    assert scores == sorted(scores, reverse=True)


async def test_all_kinds_are_found_and_each_is_what_it_is(api: Api, world: World) -> None:
    kinds = {node["__typename"] for node in (await found(api, world.alice, "open"))["nodes"]}
    assert kinds == {"Movie", "Show", "Season", "Episode", "Person"}
    only = await found(api, world.alice, "open", kinds=["PERSON"])
    assert [edge["node"] for edge in only["edges"]] == [
        {"id": world.person("Open Actor"), "name": "Open Actor"}
    ]


async def test_a_typo_is_forgiven_and_told(api: Api, world: World) -> None:
    result = await found(api, world.alice, "opne one", kinds=["MOVIE"])
    assert ids(result)[0] == world.movie("Open One")
    assert result["suggestion"] == "open one"
    [title] = [h for h in result["edges"][0]["highlights"] if h["field"] == "title"]
    assert title["ranges"] == [{"start": 0, "end": 4}, {"start": 5, "end": 8}]


async def test_pages_follow_each_other(api: Api, world: World) -> None:
    whole = await found(api, world.alice, "open")
    assert whole["pageInfo"]["hasNextPage"] is False
    seen: list[str] = []
    after = None
    for number in range(whole["totalCount"]):
        page = await found(api, world.alice, "open", first=1, after=after)
        assert page["totalCount"] == whole["totalCount"]
        assert page["pageInfo"]["hasPreviousPage"] is (number > 0)
        assert page["pageInfo"]["startCursor"] == page["pageInfo"]["endCursor"]
        seen += ids(page)
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is (number + 1 < whole["totalCount"])
    assert seen == ids(whole)
    assert [edge["cursor"] for edge in whole["edges"]][-1] == after
    beyond = await found(api, world.alice, "open", after=after)
    assert beyond["edges"] == []
    assert beyond["pageInfo"]["endCursor"] is None


async def test_a_cursor_is_of_its_question(api: Api, world: World) -> None:
    cursor = (await found(api, world.alice, "open", first=1))["pageInfo"]["endCursor"]
    for other in (
        {"text": "opens"},
        {"text": "open", "kinds": ["MOVIE"]},
        {"text": "open", "sort": "YEAR"},
        {"text": "open", "filter": {"genre": ["Drama"]}},
    ):
        error = await api.fails(RESULTS, world.alice, after=cursor, **other)
        assert (error.code, error.field) == ("INVALID", "after"), other
    for wrong in ("x", "AAAA", cursor[:-1]):
        error = await api.fails(RESULTS, world.alice, text="open", after=wrong)
        assert (error.code, error.field) == ("INVALID", "after"), wrong


async def test_sorts(api: Api, world: World) -> None:
    given: dict[str, Any] = {"kinds": ["SHOW", "MOVIE"], "sort": "YEAR"}
    newest = await found(api, world.alice, "open", **given)
    oldest = await found(api, world.alice, "open", descending=False, **given)
    assert newest["nodes"][0]["__typename"] == "Show"  # of 2001, and films are of 1999
    assert oldest["nodes"][-1]["__typename"] == "Show"
    error = await api.fails(RESULTS, world.alice, text="open", kinds=["SEASON"], sort="VOTES")
    assert (error.code, error.field) == ("INVALID", "sort")


async def test_what_is_gone_or_hidden_by_now_is_left_out(
    api: Api, world: World, answering: Answering
) -> None:
    """Whatever a backend says: what is shown is read anew, within the scope."""
    shown = MovieId(world.movie_id("Open Two"))
    told = [world.hidden.movies[0], new_id(), shown, world.movie_id("Only For Adults")]
    backend = Scripted([(SearchKind.MOVIE, id_) for id_ in told])
    answering(backend)
    result = await found(api, world.child, "anything", first=3)
    assert ids(result) == [world.movie("Open Two")]
    assert [edge["node"]["title"] for edge in result["edges"]] == ["Open Two"]
    rest = await found(api, world.child, "anything", after=result["pageInfo"]["endCursor"])
    assert (rest["edges"], rest["pageInfo"]["hasNextPage"]) == ([], False)
    palette = await api.run(PALETTE, world.child, prefix="any")
    assert [one["id"] for one in palette["autocomplete"]] == [world.movie("Open Two")]


# -- filters and facets


async def test_filters(api: Api, world: World) -> None:
    for given, titles in (
        ({"genre": ["Open Genre"]}, {"Open One"}),
        ({"genre": ["open-genre", "drama"]}, {"Open One", "Open Two"}),
        ({"yearFrom": 1999, "yearTo": 1999}, {"Open One", "Open Two"}),
        ({"year": [1998, 2001]}, set()),
        ({"yearFrom": 2000}, set()),
        ({"studio": ["Open Studio"], "available": True}, {"Open One"}),
        ({"available": False}, set()),
        ({"director": ["Dan Director"], "hdr": True}, {"Open One", "Open Two"}),
        ({"addedFrom": "2000-01-01T00:00:00Z"}, {"Open One", "Open Two"}),
        ({"addedTo": "2000-01-01T00:00:00Z"}, set()),
        ({"libraryIds": [world.open.ref]}, {"Open One", "Open Two"}),
        ({"libraryIds": [world.hidden.ref]}, set()),
        ({"libraryIds": []}, set()),
    ):
        result = await found(api, world.alice, "open", kinds=["MOVIE"], filter=given)
        assert {edge["node"]["title"] for edge in result["edges"]} == titles, given


async def test_a_filter_leaves_out_what_cannot_have_it(api: Api, world: World) -> None:
    result = await found(api, world.alice, "open", filter={"genre": ["drama"]})
    assert {node["__typename"] for node in result["nodes"]} == {"Movie", "Show"}
    both = {"genre": ["drama"], "department": ["Acting"]}
    assert (await found(api, world.alice, "open", filter=both))["edges"] == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kinds": ["PERSON"], "filter": {"genre": ["drama"]}}, "genre"),
        ({"kinds": ["SEASON", "PERSON"], "filter": {"ratingFrom": 5}}, "rating"),
        ({"filter": {"active": True}}, "active"),  # of accounts, which alice may not list
        ({"filter": {"genre": []}}, "genre"),
        ({"filter": {"genre": ["x"] * 51}}, "genre"),
        ({"filter": {"studio": ["x" * 201]}}, "studio"),
        ({"filter": {"yearFrom": 2000, "yearTo": 1999}}, "yearFrom"),
        ({"filter": {"libraryIds": ["x"]}}, "libraryIds"),
        ({"kinds": []}, "kinds"),
        ({"text": "x" * 201}, "query"),
        ({"text": '"open one'}, "query"),
        ({"text": " ?! "}, "query"),
        ({"first": 101}, "first"),
    ],
)
async def test_what_cannot_be_asked(
    given: dict[str, Any], field: str, api: Api, world: World
) -> None:
    error = await api.fails(RESULTS, world.alice, **{"text": "open", **given})
    assert (error.code, error.field) == ("INVALID", field)
    assert error.message


async def test_facets_of_results(api: Api, world: World) -> None:
    result = await found(api, world.alice, "open", kinds=["MOVIE"], first=1)
    counted = {one["name"]: one["values"] for one in result["facets"]}
    assert counted["GENRE"][0] == {"value": "drama", "label": "Drama", "count": 2}
    assert counted["LIBRARY"] == [{"value": world.open.ref, "label": "Open", "count": 2}]
    assert counted["YEAR"] == [{"value": "1999", "label": "1999", "count": 2}]
    person = await found(api, world.alice, "open", kinds=["PERSON"])
    assert {one["name"]: one["values"] for one in person["facets"]}["GENRE"] == []


async def test_facets_of_everything_that_a_filter_leaves(api: Api, world: World) -> None:
    data = await api.run(COUNTED, world.alice, kinds=["MOVIE"], names=["STUDIO", "RESOLUTION"])
    assert [one["name"] for one in data["searchFacets"]] == ["STUDIO", "RESOLUTION"]
    studios = {v["value"] for v in data["searchFacets"][0]["values"]}
    assert studios == {"Open Studio", "Adult Studio"}
    narrowed = await api.run(
        COUNTED, world.alice, names=["STUDIO"], filter={"genre": ["Open Genre"]}
    )
    assert narrowed["searchFacets"][0]["values"] == [
        {"value": "Open Studio", "label": "Open Studio", "count": 1}
    ]
    people = await api.run(COUNTED, world.alice, kinds=["PERSON"])
    assert {one["name"] for one in people["searchFacets"]} == {"YEAR", "DEPARTMENT"}
    empty = await api.run(COUNTED, world.alice, kinds=["PERSON"], names=["HDR"])
    assert empty["searchFacets"] == [{"name": "HDR", "values": []}]


# -- the palette


async def test_a_palette_needs_one_request(api: Api, world: World) -> None:
    data = await api.run(PALETTE, world.alice, prefix="op", kinds=["MOVIE", "PERSON"])
    films = [one for one in data["autocomplete"] if one["kind"] == "MOVIE"]
    assert {one["title"] for one in films} == {"Open One", "Open Two"}
    assert {one["id"] for one in films} == {world.movie("Open One"), world.movie("Open Two")}
    for one in films:
        assert one["year"] == 1999
        assert one["artwork"][0]["url"].startswith("/images/")
        assert one["node"]["__typename"] == "Movie"
    assert {one["title"] for one in data["autocomplete"]} >= {"Open Actor"}


@pytest.mark.parametrize("prefix", ["?", '"', " ", "…"])
async def test_what_has_no_letters_yet_completes_to_nothing(
    prefix: str, api: Api, world: World
) -> None:
    assert (await api.run(PALETTE, world.alice, prefix=prefix))["autocomplete"] == []


async def test_a_quotation_that_is_being_typed(api: Api, world: World) -> None:
    assert (await api.run(PALETTE, world.alice, prefix='"open'))["autocomplete"]
    for wrong in ("", "x" * 201):
        error = await api.fails(PALETTE, world.alice, prefix=wrong)
        assert (error.code, error.field) == ("INVALID", "prefix")
