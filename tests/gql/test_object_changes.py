"""Object by object: what is done, granted or taken away shows at once, and only where it may."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.core.access import NOWHERE, SYSTEM
from app.core.ids import encode_id, new_id
from app.gql.execution import Request
from app.libraries.domain import ScanKind
from app.libraries.events import LibraryChanged
from app.main import AppGateway, WebApp
from app.rbac.domain import BuiltIn
from app.schema import node_registry
from tests.gql.following import follow
from tests.gql.world import HIDDEN_FILMS, OPEN_FILMS, World
from tests.support.api import Api, origin
from tests.support.library import Film
from tests.support.people import Somebody

MOVIES = """query($filter: MovieFilter, $sort: MovieSort! = TITLE) {
  movies(filter: $filter, sort: $sort, first: 100) { totalCount nodes { id title } } }"""


async def test_progress_reaches_only_twins_one_may_see(api: Api, world: World) -> None:
    """The twin in the other library keeps what it had."""
    await api.run(
        "mutation($id: ID!) { markWatched(id: $id) { id } }", world.alice, id=world.movie("Twin")
    )
    rows = await world.app.db.records(
        text("select item_id, completed from watch_progress where user_id = :u"),
        {"u": world.alice.id},
    )
    movies = {*world.open.movies, *world.hidden.movies}
    done = {row["item_id"] for row in rows if row["completed"]} & movies
    assert done == {world.movie_id("Twin")}
    await world.app.rbac.grant(SYSTEM, world.alice.id, world.hidden.id)
    await api.run(
        "mutation($id: ID!) { markWatched(id: $id) { id } }", world.alice, id=world.movie("Twin")
    )
    data = await api.run(MOVIES, world.alice, filter={"watched": True})
    assert {m["title"] for m in data["movies"]["nodes"]} == {"Twin", "Hidden Twin"}


async def test_grants_take_effect_on_the_next_request(api: Api, world: World) -> None:
    """Also on lists that were cached, in this process and in Redis, for both of them."""

    async def titles(who: Somebody) -> set[str]:
        data = await api.run(MOVIES, who)
        assert data["movies"]["totalCount"] == len(data["movies"]["nodes"])
        return {m["title"] for m in data["movies"]["nodes"]}

    hidden = {film.title for film in HIDDEN_FILMS}
    shown = {film.title for film in OPEN_FILMS}
    grant = "mutation($l: ID!, $u: ID!) { grantLibrary(libraryId: $l, userId: $u) { grantedAt } }"
    revoke = "mutation($l: ID!, $u: ID!) { revokeLibrary(libraryId: $l, userId: $u) { grantedAt } }"
    both = {"l": world.open.ref, "u": world.bob.ref}
    for _ in range(3):
        assert await titles(world.bob) == hidden
        await api.run(grant, world.admin, **both)
        assert await titles(world.bob) == hidden | shown
        await api.run(revoke, world.admin, **both)
        node = "query($id: ID!) { node(id: $id) { id } }"
        assert (await api.run(node, world.bob, id=world.movie("Open One")))["node"] is None
        assert (await api.run("{ libraries { totalCount } }", world.bob))["libraries"] == {
            "totalCount": 1
        }
    assert await titles(world.alice) == shown


async def test_a_grant_names_its_user_and_library(api: Api, world: World) -> None:
    """Given twice it is the same one; taken away, it is answered once more."""
    shown = "{ user { username } library { name } grantedAt }"
    both = {"l": world.open.ref, "u": world.bob.ref}
    answers = [
        await api.run(
            f"mutation($l: ID!, $u: ID!) {{ grant: {name}(libraryId: $l, userId: $u) {shown} }}",
            world.admin,
            **both,
        )
        for name in ("grantLibrary", "grantLibrary", "revokeLibrary")
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["grant"]["user"] == {"username": world.bob.username}
    assert answers[0]["grant"]["library"] == {"name": "Open"}


async def test_a_new_movie_appears_at_once_and_only_where_it_may(api: Api, world: World) -> None:
    for somebody in world.everybody:
        await api.run(MOVIES, somebody)
    await world.shelves.fill(world.hidden, [Film("Hidden Three")])
    seen = [s for s in world.everybody if "Three" in str(await api.run(MOVIES, s))]
    assert seen == [world.admin, world.bob]


CHANGES = """subscription($id: ID) { libraryChanged(libraryId: $id) {
  libraryId event added updated removed library { name } } }"""


async def test_changes_of_a_hidden_library_are_not_told(web: WebApp, world: World) -> None:
    """Nor are items above the age limit among those of one's own library."""
    heard: dict[str, list[Any]] = {"alice": [], "child": [], "admin": []}

    async def listen(name: str) -> None:
        async for answer in follow(web, world, getattr(world, name), CHANGES):
            heard[name].append(answer["data"]["libraryChanged"])

    tasks = [asyncio.create_task(listen(name)) for name in heard]
    await asyncio.sleep(0.3)
    both = (*world.open.movies, *world.hidden.movies)
    async with world.app.db.write(SYSTEM) as tx:
        for shelf in (world.hidden, world.open):
            tx.emit(LibraryChanged(library_id=shelf.id, added=both, updated=both))
    async with asyncio.timeout(5):
        while not (heard["alice"] and heard["child"] and len(heard["admin"]) == 2):
            await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(heard["alice"]) == len(heard["child"]) == 1
    assert heard["alice"][0]["libraryId"] == world.open.ref
    assert heard["alice"][0]["added"] == world.open.movie_refs
    assert heard["child"][0]["updated"] == world.open.movie_refs[:3]
    assert len(heard["admin"][0]["added"]) == 8


async def test_following_a_hidden_scan_is_like_following_none(web: WebApp, world: World) -> None:
    query = "subscription($id: ID!) { scanProgress(libraryId: $id) { id } }"
    told = []
    for library in (world.hidden.ref, encode_id("library", new_id())):
        told += [answer async for answer in follow(web, world, world.alice, query, id=library)]
    assert len(told) == 2
    assert told[0] == told[1]
    assert told[0]["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_revoked_library_ends_its_subscription(web: WebApp, world: World) -> None:
    """A stream that runs asks for the rights of the moment, not of its start."""
    gateway = AppGateway(world.app, node_registry())
    viewers = [await gateway.viewer(world.alice.token, NOWHERE)]
    query = "subscription($id: ID!) { scanProgress(libraryId: $id) { state } }"
    request = Request(query, {"id": world.open.ref}, None)
    context = gateway.context(lambda: viewers[-1], origin())
    context.operation = web.executor.prepare(request, viewers[-1])
    stream: Any = await web.executor.subscribe(request, context)
    assert (await anext(stream)).data == {"scanProgress": {"state": "COMPLETED"}}
    await world.app.rbac.revoke(SYSTEM, world.alice.id, world.open.id)
    viewers.append(await gateway.viewer(world.alice.token, NOWHERE))
    await world.app.scanning.start(SYSTEM, world.open.id, ScanKind.FULL)
    with pytest.raises(StopAsyncIteration):
        async with asyncio.timeout(5):
            await anext(stream)


async def test_people_see_themselves_and_moderators_everybody(api: Api, world: World) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    everybody = [somebody.ref for somebody in world.everybody]
    for somebody in world.everybody:
        found = (await api.run(query, somebody, ids=everybody))["nodes"]
        seen = [node["id"] for node in found if node]
        all_ = somebody in (world.admin, world.moderator)
        assert seen == (everybody if all_ else [somebody.ref])
    found = (await api.run(query, None, ids=everybody))["nodes"]
    assert found == [None] * len(everybody)


async def test_progress_is_ones_own(api: Api, world: World) -> None:
    movie = world.movie("Open One")
    await api.run(
        "mutation($id: ID!) { updateProgress(id: $id, position: 77) { position } }",
        world.alice,
        id=movie,
    )
    query = "query($id: ID!) { movie(id: $id) { progress { position } } }"
    other = await world.people.make(BuiltIn.USER, libraries=[world.open.id])
    assert (await api.run(query, world.alice, id=movie))["movie"]["progress"]["position"] == 77
    assert (await api.run(query, other, id=movie))["movie"]["progress"] is None
