"""What arguments may be: bounds, cursors, ids, moments, and how a wrong one is told."""

from typing import Any

import pytest

from app.container import Container
from app.core.ids import encode_id, new_id
from app.main import WebApp
from tests.gql.following import follow
from tests.gql.world import World
from tests.support.api import Api

PAGES = {
    "movies": "id",
    "genres": "id",
    "collections": "id",
    "libraries": "id",
    "scans": "id",
    "jobs": "id",
    "recentlyAdded": "id",
    "continueWatching": "id",
    "nextUp": "id",
    "watchHistory": "id",
}


@pytest.mark.parametrize("name", PAGES)
async def test_pages(name: str, api: Api, world: World) -> None:
    """Bounds of first, and cursors that are no cursors, from another list, or cut off."""
    shown = "{ edges { cursor } pageInfo { hasNextPage endCursor } }"
    query = f"query($f: Int!, $a: String) {{ {name}(first: $f, after: $a) {shown} }}"
    for first in (0, -1, 101):
        error = await api.fails(query, world.admin, f=first)
        assert (error.code, error.field) == ("INVALID", "first"), first
    assert (await api.fails(query, world.admin, f=2**31 - 1)).code == "TOO_COMPLEX"
    page = (await api.run(query, world.admin, f=1))[name]
    cursor = page["pageInfo"]["endCursor"]
    other = "libraries" if name != "libraries" else "genres"
    foreign = (await api.run(f"{{ {other} {{ edges {{ cursor }} }} }}", world.admin))[other][
        "edges"
    ]
    damaged = [cursor[:-3], cursor[3:], cursor + "AAAA", cursor[::-1], "%", "é", "A" * 2000, " "]
    for bad in [*damaged, foreign[0]["cursor"]]:
        error = await api.fails(query, world.admin, f=1, a=bad)
        assert (error.code, error.field) == ("INVALID", "after"), bad
    for bad in ("", "A" * 2001):
        assert (await api.fails(query, world.admin, f=1, a=bad)).field == "after"
    after = (await api.run(query, world.admin, f=1, a=cursor))[name]
    assert [e["cursor"] for e in after["edges"]] != [cursor]


async def test_cursors_are_bound_to_their_sort(api: Api, world: World) -> None:
    query = """query($s: MovieSort!, $d: Boolean, $seed: String!, $a: String) {
      movies(sort: $s, descending: $d, seed: $seed, first: 2, after: $a) {
        pageInfo { endCursor } } }"""
    orders: list[dict[str, Any]] = [
        {"s": sort, "d": down, "seed": seed}
        for sort in ("TITLE", "YEAR", "ADDED", "RATING", "POPULARITY", "RANDOM")
        for down in (True, False)
        for seed in (("x", "y") if sort == "RANDOM" else ("",))
    ]
    cursors = [
        (await api.run(query, world.admin, **o))["movies"]["pageInfo"]["endCursor"] for o in orders
    ]
    for mine, order in enumerate(orders):
        for theirs, cursor in enumerate(cursors):
            if mine == theirs:
                await api.run(query, world.admin, a=cursor, **order)
            else:
                error = await api.fails(query, world.admin, a=cursor, **order)
                assert error.message == "This cursor belongs to another question or sort order."


@pytest.mark.parametrize(
    ("document", "given", "field", "sentence"),
    [
        ("movie(id: $id) { id }", "library", "id", "library; a movie id is expected"),
        ("library(id: $id) { id }", "movie", "id", "movie; a library id is expected"),
        ("movies(filter: {libraryIds: [$id]}) { totalCount }", "movie", "libraryIds", "a library"),
        ("movies(filter: {genreIds: [$id]}) { totalCount }", "movie", "genreIds", "a genre"),
        ("movies(filter: {collectionId: $id}) { totalCount }", "movie", "collectionId", "a coll"),
        ("recentlyAdded(libraryIds: [$id]) { totalCount }", "movie", "libraryIds", "a library"),
        ("scans(libraryId: $id) { totalCount }", "movie", "libraryId", "a library id is expected"),
        ("job(id: $id) { id }", "movie", "id", "a job id is expected"),
        ("movie(id: $id) { id }", "7", "id", "'7' is not an id of this server."),
        ("movie(id: $id) { id }", "movie_" + "g" * 32, "id", "is not an id of this server."),
        ("movie(id: $id) { id }", "movie_" + "é" * 32, "id", "is not an id of this server."),
        ("movie(id: $id) { id }", "", "id", "'' is not an id of this server."),
        ("node(id: $id) { id }", "nothing", "id", "'nothing' is not an id of this server."),
        ("nodes(ids: [$id]) { id }", "nothing", "ids", "'nothing' is not an id of this server."),
    ],
)
async def test_ids_of_the_wrong_kind(
    document: str, given: str, field: str, sentence: str, api: Api, world: World
) -> None:
    known = {"movie": world.open.movie_refs[0], "library": world.open.ref}
    query = f"query($id: ID!) {{ {document} }}"
    error = await api.fails(query, world.admin, id=known.get(given, given))
    assert (error.code, error.field) == ("INVALID", field)
    assert sentence in error.message


async def test_the_number_of_ids_is_bounded(api: Api, world: World) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for ids in ([], [world.open.ref] * 101):
        assert (await api.fails(query, world.admin, ids=ids)).field == "ids"
    found = await api.run(query, world.admin, ids=[world.open.ref] * 100)
    assert len(found["nodes"]) == 100
    movies = "query($f: MovieFilter!) { movies(filter: $f) { totalCount } }"
    for name in ("libraryIds", "genreIds", "resolutions"):
        error = await api.fails(movies, world.admin, f={name: ["x"] * 101})
        assert error.field == name


async def test_edges_take_only_what_they_say(api: Api, world: World) -> None:
    for edge, most in (("cast", 100), ("crew", 100), ("similar", 50)):
        for first in (0, -1, most + 1):
            query = (
                f"{{ movies(first: 1) {{ nodes {{ {edge}(first: {first}) {{ __typename }} }} }} }}"
            )
            error = await api.fails(query, world.admin)
            assert (error.code, error.field) == ("INVALID", "first"), (edge, first)


@pytest.mark.parametrize(
    "filters",
    [
        {"yearFrom": 2**31 - 1},
        {"yearTo": -(2**31)},
        {"minVotes": 2**31 - 1},
        {"minRating": 1.7e308},
        {"minRating": -1.7e308},
        {"maxAge": -(2**31)},
        {"maxAge": 32767},
        {"addedSince": "0002-01-01T00:00:00+14:00"},
        {"addedSince": "9998-12-31T23:59:59-14:00"},
        {"resolutions": ["\u202e", "x" * 20, ""]},
    ],
)
async def test_extreme_values_are_answered(filters: dict[str, Any], api: Api, world: World) -> None:
    """With a list or a sentence, never with INTERNAL."""
    query = "query($f: MovieFilter!) { movies(filter: $f) { totalCount nodes { id } } }"
    answer = await api.send(query, {"f": filters}, world.admin)
    for error in answer.get("errors", ()):
        assert error["extensions"]["code"] == "INVALID"
        assert error["extensions"]["field"] in filters


async def test_what_is_out_of_range_is_named_as_it_was_given(api: Api, world: World) -> None:
    query = "query($f: MovieFilter!) { movies(filter: $f) { totalCount } }"
    for name in ("yearFrom", "yearTo", "maxAge"):
        error = await api.fails(query, world.admin, f={name: 2**31 - 1})
        assert (error.code, error.field) == ("INVALID", name)
        assert error.message == f"{name} is out of range."


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("mutation { updateLibrary(id: $id, input: {}) { id } }", "id"),
        ("mutation { deleteLibrary(id: $id) }", "id"),
        ("mutation { grantLibrary(libraryId: $id, userId: $user) { grantedAt } }", "libraryId"),
        ("mutation { revokeLibrary(libraryId: $id, userId: $user) { grantedAt } }", "libraryId"),
        ("mutation { scanLibrary(libraryId: $id) { id } }", "libraryId"),
        ("subscription { scanProgress(libraryId: $id) { id } }", "libraryId"),
    ],
)
async def test_a_missing_library_is_named_by_its_argument(
    document: str, field: str, web: WebApp, api: Api, world: World
) -> None:
    text = document.replace("$id", f'"{encode_id("library", new_id())}"')
    text = text.replace("$user", f'"{world.bob.ref}"')
    if text.startswith("subscription"):
        answer = await anext(aiter(follow(web, world, world.admin, text)))
        extensions = answer["errors"][0]["extensions"]
        assert (extensions["code"], extensions["field"]) == ("NOT_FOUND", field)
    else:
        error = await api.fails(text, world.admin)
        assert (error.code, error.field) == ("NOT_FOUND", field)


@pytest.mark.parametrize(
    "value",
    ["2026-01-01", "2026-01-01T00:00:00", "now", "", "9" * 50, "0001-01-01T00:00:00Z", 5, True, []],
)
async def test_moments_are_exact(value: Any, api: Api, world: World) -> None:
    query = "query($t: DateTime!) { movies(filter: {addedSince: $t}) { totalCount } }"
    error = await api.fails(query, world.admin, t=value)
    assert error.code == "INVALID"


@pytest.mark.parametrize("position", [-1, 1e300, 7 * 86_400 + 1])
async def test_positions_are_possible(position: float, api: Api, world: World) -> None:
    mutation = (
        "mutation($id: ID!, $p: Float!) { updateProgress(id: $id, position: $p) { position } }"
    )
    error = await api.fails(mutation, world.admin, id=world.open.movie_refs[0], p=position)
    assert (error.code, error.field) == ("INVALID", "position")


async def test_suggestions_do_not_tell_the_schema(app: Container, web: WebApp, api: Api) -> None:
    """To somebody signed out, the names of things are not told by guessing near them."""
    asks: list[tuple[str, dict[str, Any]]] = [
        ("{ moviez { id } }", {}),
        ("{ movies(fist: 1) { nodes { id } } }", {}),
        ("{ movies(sort: TITEL) { nodes { id } } }", {}),
        ("{ viewer { rolez } }", {}),
        ("query($f: MovieFiltr) { __typename }", {}),
        ("query($f: MovieFilter) { movies(filter: $f) { totalCount } }", {"f": {"yearForm": 1}}),
        ("query($s: MovieSort!) { movies(sort: $s) { totalCount } }", {"s": "TITEL"}),
    ]
    for query, variables in asks:
        error = await api.fails(query, None, **variables)
        assert error.code == "INVALID"
        assert "Did you mean" not in error.message


async def test_messages_do_not_echo_everything(api: Api) -> None:
    error = await api.fails("{ " + "a" * 200_000 + " }")
    assert len(error.message) < 600
