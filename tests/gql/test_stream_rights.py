"""Streams and rights: a stream is told to its class, and nobody hears one event of another."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.types import ASGIApp

from app.container import Container
from app.core.access import ANONYMOUS, EVERYTHING, NOTHING, SYSTEM, Permission, Viewer
from app.core.ids import encode_id, new_id
from app.gql.access import ACCESS, Root
from app.gql.execution import Request
from app.gql.streams import EVERYBODY, class_of
from app.libraries.events import DeletedItem
from app.main import AppGateway, WebApp
from app.schema import build_schema, node_registry
from tests.conftest import wait_until
from tests.faults.scale import dice, scaled
from tests.gql.listening import FOLLOW, audience, change, drivers, heard, silent, told
from tests.gql.operations import Selections, operation
from tests.gql.rules import declared
from tests.gql.world import World
from tests.support.api import origin
from tests.support.library import Shelf, Shelves
from tests.support.people import People, Somebody
from tests.support.sockets import AsgiSocket

# Reviewed: whether it is executed for each who asks, and whether it tells a state.
SUBSCRIPTIONS = {
    "activityAdded": (True, False),  # who did it is shown by what the viewer may know of whom
    "jobUpdated": (False, False),
    "libraryChanged": (False, False),
    "scanProgress": (False, True),
}
AGES = (None, 0, 6, 12, 18)


def roots() -> dict[str, Any]:
    """Every subscription of the schema."""
    found = build_schema()._schema.subscription_type
    assert found is not None
    return dict(found.fields)


def test_every_subscription_says_whether_it_is_shared() -> None:
    found = {}
    for name, field_ in roots().items():
        root = declared(field_, ACCESS)
        assert isinstance(root, Root)
        found[name] = root.personal, root.state
    assert found == SUBSCRIPTIONS
    assert Root(access=Permission.JOBS_LIST, returns=str, secret=False).personal  # unless said


async def test_nothing_below_a_shared_subscription_tells_who_asks(
    world: World, web: WebApp
) -> None:
    """Two who may do the same, and the one that stands for all of them, are shown the same."""
    people, gateway = world.people, AppGateway(world.app, node_registry())
    pair = [await people.admin() for _ in range(2)]
    for somebody, watched in zip(pair, (world.open, world.hidden), strict=True):
        await world.shelves.watched(somebody.id, watched.movies)
    viewers = [await people.viewer(somebody) for somebody in pair]
    viewers.append(class_of(viewers[0], personal=False))
    assert viewers[2] == class_of(viewers[1], personal=False)
    events: dict[str, Callable[[], Awaitable[Any]]] = {
        "jobUpdated": lambda: world.app.jobs.retry(SYSTEM, world.job),
        "libraryChanged": lambda: change(world.app, world.open.id, *world.open.movies),
        "scanProgress": lambda: asyncio.sleep(0),
    }
    given: dict[str, dict[str, Any]] = {"scanProgress": {"libraryId": world.open.ref}}
    selections = Selections(build_schema()._schema, 4)
    for name, field_ in roots().items():
        if SUBSCRIPTIONS[name][0]:
            continue
        variables = given.get(name, {})
        whole = operation(f"Subscription.{name}", field_, variables, selections.of(field_.type))
        request = Request(whole, variables, None)

        async def first(viewer: Viewer, request: Request = request) -> Any:
            context = gateway.context(lambda: viewer, origin())
            context.operation = web.executor.documents.prepare(
                request.query, None, request.variables, viewer
            )
            stream: Any = await web.executor.subscribe(request, context)
            try:
                return web.executor.answer(await anext(stream), context)
            finally:
                await stream.aclose()

        asked = [asyncio.create_task(first(viewer)) for viewer in viewers]
        await asyncio.sleep(0.5)
        await events[name]()
        answers = await asyncio.gather(*asked)
        assert "errors" not in answers[0], answers[0]
        assert answers[0]["data"][name] is not None
        assert answers == [answers[0]] * 3


def test_a_class_is_all_that_counts_and_nobody() -> None:
    one = Viewer(
        scope=EVERYTHING,
        user_id=new_id(),
        username="one",
        session_id=new_id(),
        permissions=frozenset({Permission.JOBS_LIST}),
    )
    shared = class_of(one, personal=False)
    assert (shared.user_id, shared.username, shared.session_id) == (EVERYBODY, None, None)
    assert class_of(one, personal=True) is one

    def other(**changes: Any) -> Viewer:
        values = {name: getattr(one, name) for name in one.__struct_fields__}
        return class_of(Viewer(**values | changes), personal=False)

    assert other(user_id=new_id(), username="two", session_id=new_id()) == shared
    different = [
        other(scope=NOTHING),
        other(permissions=frozenset()),
        other(api_key_id=new_id()),
        other(owes_factor=True),
        other(owes_password=True),
        class_of(ANONYMOUS, personal=False),
    ]
    assert shared not in different
    assert len(set(different)) == len(different)


async def test_each_is_told_by_their_own_permissions(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    """An edge that one may not see is an error for that one alone, in the words that fit."""
    query = "subscription { libraryChanged { library { folders { path } } } }"
    everybody = [world.alice, world.admin, world.alice]
    async with audience(asgi, everybody, query) as (alice, admin, again):
        await heard(world.app, 3)
        assert len(hall.sockets.streams) == 2
        await change(world.app, world.open.id)
        refused = [(await socket.receive())["payload"]["errors"] for socket in (alice, again)]
        assert refused[0] == refused[1]
        assert refused[0][0]["extensions"]["code"] == "FORBIDDEN"
        assert refused[0][0]["message"].startswith("Your account lacks")
        assert "errors" not in (await admin.receive())["payload"]


async def test_a_subscription_moves_with_the_rights_of_its_viewer(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    """And its next result says that something may have been missed."""
    rbac, streams = world.app.rbac, hall.sockets.streams
    async with audience(asgi, [world.alice, world.guest]) as (alice, guest):
        await heard(world.app, 2)
        await change(world.app, world.hidden.id)
        await change(world.app, world.open.id)
        for socket in (alice, guest):
            assert (await told(socket))[0]["libraryId"] == world.open.ref
        await rbac.grant(SYSTEM, world.alice.id, world.hidden.id)
        await _classes(hall, {world.open.id, world.hidden.id}, {world.open.id})
        await change(world.app, world.hidden.id)
        (seen,) = await told(alice)
        assert (seen["libraryId"], seen["lagged"]) == (world.hidden.ref, True)
        for library in (world.open.id, world.hidden.id):
            await rbac.revoke(SYSTEM, world.alice.id, library)
        await _classes(hall, set(), {world.open.id})
        for library in (world.hidden.id, world.open.id):
            await change(world.app, library)
        await told(guest)
        await silent(alice, guest)
        assert len(streams) == len(drivers()) == 2


async def _classes(hall: WebApp, *expected: set[UUID]) -> None:
    """Until these are the libraries of the running streams."""

    def reached() -> bool:
        running = hall.sockets.streams._running.values()
        found = [set(stream.viewer.scope.libraries or ()) for stream in running]
        return sorted(map(sorted, found)) == sorted(map(sorted, expected))

    await wait_until(reached)
    await asyncio.sleep(0.1)  # and they listen


async def test_what_waits_for_a_slow_socket_is_not_sent_after_its_rights_went(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    async with audience(asgi, [world.alice, world.guest]) as (slow, quick):
        await heard(world.app, 2)
        slow.stalled.clear()
        for movie in world.open.movies * 4:
            await change(world.app, world.open.id, movie)
        await told(quick, 20)
        await world.app.rbac.revoke(SYSTEM, world.alice.id, world.open.id)
        await _classes(hall, {world.open.id}, {world.open.id})  # it is still being sent to
        await asyncio.sleep(0.3)
        slow.stalled.set()
        await told(slow, 1)  # this was on its way
        await silent(slow)
        await _classes(hall, set(), {world.open.id})


@dataclass
class Listener:
    """Somebody, what they may see by now, and their socket."""

    somebody: Somebody
    max_age: int | None
    granted: set[UUID] = field(default_factory=set)
    socket: Any = None

    def sees(self, library: UUID, age: int | None) -> bool:
        """Whether an item is theirs to see, said as simply as can be."""
        if library not in self.granted:
            return False
        return self.max_age is None or (age is not None and age <= self.max_age)


@dataclass
class Shelved:
    """A library and the ages of its items."""

    shelf: Shelf
    items: dict[UUID, int | None]


def changes_of(
    dice_: random.Random, shelved: Shelved
) -> tuple[dict[str, list[UUID]], list[DeletedItem]]:
    """A random change: some items of each kind, some that are gone."""
    names = ("added", "updated", "removed")
    some = {name: dice_.sample(sorted(shelved.items), dice_.randrange(3)) for name in names}
    gone = [
        DeletedItem(id=new_id(), kind="movie", age=dice_.choice(AGES))
        for _ in range(dice_.randrange(2))
    ]
    return some, gone


def expected_of(
    listener: Listener, shelved: Shelved, some: dict[str, list[UUID]], gone: Sequence[DeletedItem]
) -> dict[str, Any] | None:
    """What somebody has to be told of a change."""
    library = shelved.shelf.id
    if library not in listener.granted:
        return None
    shown = {
        name: [encode_id("movie", i) for i in ids if listener.sees(library, shelved.items[i])]
        for name, ids in some.items()
    }
    shown["removed"] += [
        encode_id("movie", item.id) for item in gone if listener.sees(library, item.age)
    ]
    about = any(some.values()) or gone
    if about and not any(shown.values()):
        return None
    return {"libraryId": shelved.shelf.ref, **shown}


async def shelves(app: Container, dice_: random.Random) -> list[Shelved]:
    """Libraries with items of all ages."""
    made = []
    for number in range(3):
        shelf = await Shelves(app).library(f"Library {number}")
        items = {new_id(): age for age in AGES * 2}
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(
                text(
                    "insert into items (id, kind, library_id, age)"
                    " values (:id, 'movie', :library, :age)"
                ),
                [{"id": i, "library": shelf.id, "age": age} for i, age in items.items()],
            )
        made.append(Shelved(shelf, items))
    dice_.shuffle(made)
    return made


async def regrant(app: Container, dice_: random.Random, one: Listener, library: UUID) -> None:
    """Give a library, or take it away."""
    if library in one.granted:
        await app.rbac.revoke(SYSTEM, one.somebody.id, library)
    else:
        await app.rbac.grant(SYSTEM, one.somebody.id, library)
    one.granted ^= {library}


async def known(hall: WebApp, listeners: Sequence[Listener]) -> None:
    """Until every socket has the rights of its user, and is in the stream of its class."""
    sockets = {socket.viewer.user_id: socket for socket in hall.sockets._open}

    def current(one: Listener) -> bool:
        socket = sockets[one.somebody.id]
        (subscriber,) = socket._subscribers or (None,)
        return (
            socket.viewer.scope.libraries == frozenset(one.granted)
            and subscriber is not None
            and subscriber.entitled
        )

    await wait_until(lambda: all(current(one) for one in listeners))
    await asyncio.sleep(0.05)


QUERY = "subscription { libraryChanged { libraryId added updated removed } }"


@pytest.mark.parametrize("number", range(scaled(40, 2)))
async def test_nobody_is_told_what_is_not_theirs(
    number: int, hall: WebApp, asgi: ASGIApp, app: Container, people: People
) -> None:
    """Random grants and age limits, changed between random events, against a naive model."""
    rolled = dice(f"stream rights {number}")
    libraries = await shelves(app, rolled)
    ids = [shelved.shelf.id for shelved in libraries]
    listeners = []
    for _ in range(12):
        age, granted = rolled.choice(AGES), rolled.sample(ids, rolled.randrange(len(ids) + 1))
        somebody = await people.make(libraries=granted, max_age=age)
        listeners.append(Listener(somebody, age, set(granted)))
    async with audience(asgi, [one.somebody for one in listeners], QUERY) as sockets:
        await heard(app, len(listeners))
        for one, socket in zip(listeners, sockets, strict=True):
            one.socket = socket
        for _ in range(6):
            await known(hall, listeners)
            shapes = {(frozenset(one.granted), one.max_age) for one in listeners if one.granted}
            nothing = any(not one.granted for one in listeners)
            assert len(hall.sockets.streams) == len(shapes) + nothing
            for _ in range(4):
                shelved = rolled.choice(libraries)
                some, gone = changes_of(rolled, shelved)
                told_to = [
                    (one, expected)
                    for one in listeners
                    if (expected := expected_of(one, shelved, some, gone)) is not None
                ]
                given = {name: tuple(found) for name, found in some.items() if name != "updated"}
                await change(app, shelved.shelf.id, *some["updated"], deleted=tuple(gone), **given)
                for one, expected in told_to:
                    assert await told(one.socket) == [expected]
            await silent(*sockets)
            for one in rolled.sample(listeners, 4):
                await regrant(app, rolled, one, rolled.choice(ids))


async def test_what_may_not_be_seen_any_more_is_over(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    """As if it had been deleted; without an error that names it."""
    everybody = [world.alice, world.guest]
    async with audience(asgi, everybody, FOLLOW, id=world.open.ref) as (alice, guest):
        for socket in (alice, guest):
            assert (await socket.receive())["payload"]["data"]["scanProgress"]
        await world.app.rbac.revoke(SYSTEM, world.alice.id, world.open.id)
        assert await alice.receive() == {"id": "of-0", "type": "complete"}
        await silent(alice, guest)
        assert len(hall.sockets.streams) == 1


async def test_a_sign_out_ends_a_socket_whose_stream_goes_on_for_others(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    other = Somebody(world.alice.id, "again", await world.people.session(world.alice.id))
    async with audience(asgi, [world.alice, other]) as (gone, stays):
        await heard(world.app, 2)
        assert len(hall.sockets.streams) == 1
        viewer = await world.people.viewer(world.alice)
        await world.app.sessions.sign_out(viewer)
        assert await _ends(gone) == 4403
        await change(world.app, world.open.id)
        await told(stays)
        assert len(hall.sockets.streams) == 1


async def _ends(socket: AsgiSocket) -> int:
    return await socket.ends(2)


async def test_activity_is_executed_for_each(hall: WebApp, asgi: ASGIApp, world: World) -> None:
    """What is not said to be shared is not, not even with oneself."""
    query = "subscription { activityAdded { action actor { id } } }"
    async with audience(asgi, [world.admin] * 2, query) as sockets:
        await wait_until(lambda: len(world.app.live._topics.get("activity", ())) == 2)
        assert len(hall.sockets.streams) == 2
        await asyncio.sleep(0.2)
        await world.app.rbac.grant(SYSTEM, world.nobody.id, world.open.id)
        for socket in sockets:
            assert (await socket.receive())["payload"]["data"]["activityAdded"]["action"]
