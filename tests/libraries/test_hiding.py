"""A library whose deletion was asked for: gone at once for everybody, and its end is told."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.core.access import EVERYTHING, SYSTEM
from app.core.errors import Code
from app.core.ids import encode_id
from app.items.domain import ItemId, ItemNotFound
from app.scanning.service import deletion
from tests.conftest import wait_until
from tests.gql.world import World
from tests.libraries.requests import DELETE
from tests.scanning.stage import Stage
from tests.support.api import Api
from tests.support.people import People, Somebody
from tests.support.sockets import AsgiSocket, connected

LOOK = """query($library: ID!, $movie: ID!, $kept: ID!, $saga: ID!, $nodes: [ID!]!) {
  libraries { totalCount nodes { name lastScan { id } } }
  library(id: $library) { name }
  movie(id: $movie) { title }
  kept: movie(id: $kept) { title similar(first: 50) { title } collection { name } }
  movies(first: 50) { totalCount nodes { title library { name } } }
  chosen: movies(filter: {libraryIds: [$library]}) { totalCount nodes { title } }
  missing: movies(filter: {missing: true}) { totalCount }
  recentlyAdded(first: 50) { totalCount nodes { title } }
  continueWatching(first: 50) { totalCount nodes { title } }
  watchHistory(first: 50) { totalCount nodes { title } }
  genres { totalCount nodes { name } }
  collections { totalCount nodes { name } }
  collection(id: $saga) { name }
  scans { totalCount nodes { id library { name } } }
  ofLibrary: scans(libraryId: $library) { totalCount }
  nodes(ids: $nodes) { id }
}"""
WRITES = (
    "mutation($id: ID!) { updateProgress(id: $id, position: 1) { position } }",
    "mutation($id: ID!) { removeProgress(id: $id) { progress { position } } }",
    "mutation($id: ID!) { markWatched(id: $id) { id } }",
    "mutation($id: ID!) { markUnwatched(id: $id) { id } }",
)
MANAGES = (
    DELETE,
    'mutation($id: ID!) { updateLibrary(id: $id, input: {name: "x"}) { id } }',
    "mutation($id: ID!) { scanLibrary(libraryId: $id) { id } }",
    "mutation($id: ID!, $user: ID!) { grantLibrary(libraryId: $id, userId: $user) { grantedAt } }",
    "mutation($id: ID!, $user: ID!) { revokeLibrary(libraryId: $id, userId: $user) { grantedAt } }",
)
CHANGES = "subscription { libraryChanged { event libraryId removed library { name } } }"


@pytest.fixture
async def world(api: Api, people: People) -> World:
    return await World.make(api.app, people)


def _look(world: World) -> dict[str, Any]:
    hidden = world.open
    nodes = [encode_id("file", hidden.files[0]), encode_id("scan", hidden.scans[0])]
    nodes += [hidden.ref, hidden.movie_refs[0], encode_id("genre", hidden.genres["Open Genre"])]
    return {
        "library": hidden.ref,
        "movie": hidden.movie_refs[0],
        "kept": world.movie("Hidden Two"),
        "saga": encode_id("collection", hidden.collections["Open Saga"]),
        "nodes": nodes,
    }


async def test_it_is_gone_from_every_path_at_once(api: Api, world: World) -> None:
    """For everybody, from lists that were cached too, before the job has done anything."""
    asked = _look(world)
    before = {s.username: await api.run(LOOK, s, **asked) for s in world.everybody}
    assert "Open One" in str(before[world.admin.username]), "or this tests nothing"
    assert await api.run(DELETE, world.admin, id=world.open.ref) == {
        "deleteLibrary": world.open.ref
    }
    for somebody in world.everybody:
        after = await api.run(LOOK, somebody, **asked)
        shown = str({k: v for k, v in after.items() if k != "kept"}) + str(after["kept"])
        assert not any(
            word in shown for word in ("Open", "'Twin'", "Adult", "Nobody Rated", world.open.ref)
        ), somebody.username
        sees = somebody in (world.admin, world.bob)
        assert after["movies"]["totalCount"] == len(after["movies"]["nodes"]) == 3 * sees
        # Three films, and two episodes of which the first is watched.
        for name, count in (("recentlyAdded", 5), ("continueWatching", 3), ("watchHistory", 4)):
            assert after[name]["totalCount"] == len(after[name]["nodes"]) == count * sees, name
        for name in ("libraries", "scans"):
            assert after[name]["totalCount"] == len(after[name]["nodes"]) == sees, name
        assert after["nodes"] == [None] * 5
        assert after["chosen"]["totalCount"] == after["ofLibrary"]["totalCount"] == 0
        assert after["library"] is after["movie"] is after["collection"] is None
    bob = world.bob.username
    assert await api.run(LOOK, world.bob, **asked) == before[bob], "theirs is untouched"


async def test_nothing_can_be_done_with_it(api: Api, world: World) -> None:
    await api.run(DELETE, world.admin, id=world.open.ref)
    for document in WRITES:
        error = await api.fails(document, world.alice, id=world.open.movie_refs[0])
        assert error.code is Code.NOT_FOUND, document
    for document in MANAGES:
        variables = {"id": world.open.ref} | (
            {"user": world.bob.ref} if "$user" in document else {}
        )
        error = await api.fails(document, world.admin, **variables)
        assert (error.code, error.message) == (Code.NOT_FOUND, "There is no such library.")
    await api.run(WRITES[0], world.bob, id=world.movie("Hidden Twin"))
    (row,) = await world.app.db.pool.fetch(
        "select count(*) from watch_progress where user_id = $1 and position = 1", world.bob.id
    )
    assert row[0] == 1, "its twin in the deleted library is left alone"


async def test_those_who_saw_it_hear_what_went(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "AT_ONCE", 2)
    heard: dict[str, list[dict[str, Any]]] = {}

    async def listen(socket: AsgiSocket, somebody: Somebody) -> None:
        await socket.init(somebody.authorization)
        socket.subscribe("s", CHANGES)
        told = heard.setdefault(somebody.username, [])
        while True:
            frame = await socket.receive(60)
            told.append(frame["payload"]["data"]["libraryChanged"])

    who = (world.admin, world.alice, world.child, world.bob, world.nobody)
    asgi = api.web.asgi()
    sockets = [connected(asgi) for _ in who]
    opened = [await socket.__aenter__() for socket in sockets]
    listening = [asyncio.create_task(listen(*pair)) for pair in zip(opened, who, strict=True)]
    await wait_until(lambda: len(world.app.live._topics.get("libraries", ())) == len(who))
    await asyncio.sleep(0.2)
    await api.run(DELETE, world.admin, id=world.open.ref)
    await _delete(world)
    seeing = [somebody.username for somebody in who[:3]]
    await wait_until(lambda: all(_ended(heard[name]) for name in seeing))
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    for socket in sockets:
        await socket.__aexit__(None, None, None)
    removed = {n: sorted(i for c in told for i in c["removed"]) for n, told in heard.items()}
    fit, adult = (show.refs for show in world.shows)
    everything = sorted([*world.open.movie_refs, *fit, *adult])
    assert removed[world.admin.username] == removed[world.alice.username] == everything
    theirs = sorted([*world.open.movie_refs[:3], *fit])
    assert removed[world.child.username] == theirs, "as old as they are"
    assert heard[world.bob.username] == heard[world.nobody.username] == []
    for name in seeing:
        assert heard[name][0] == {
            "event": "CHANGED",
            "libraryId": world.open.ref,
            "removed": [],
            "library": None,
        }
        assert all(told["library"] is None for told in heard[name])
        assert all(told["removed"] for told in heard[name][1:-1]), "nothing to tell is not told"


def _ended(told: list[dict[str, Any]]) -> bool:
    return bool(told) and told[-1]["event"] == "DELETED"


async def _delete(world: World) -> None:
    await Stage(world.app, world.app.config.data).run_deletion()


async def test_progress_with_what_was_deleted_a_moment_ago(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the film and the write its row goes away: not found, not a fault."""
    item = ItemId(world.open.movies[0])
    viewer = await world.people.viewer(world.alice)
    app = world.app

    async def late(*_: Any) -> Any:
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(text("delete from items where id = :id"), {"id": item})
        return {}

    monkeypatch.setattr(app.watch_repository, "twins", late)
    with pytest.raises(ItemNotFound):
        await app.watch.update(viewer, item, 60, None)
    assert (await app.library_repository.by_ids(EVERYTHING, [world.open.id])) != {}
