"""graphql-transport-ws, frame by frame, without a client library."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.container import Container
from app.core.ids import encode_id, new_id
from app.gql import sockets as sockets_module
from app.libraries.domain import LibraryId
from app.main import WebApp
from tests.conftest import wait_until
from tests.gql.socket_changes import CHANGES, change, listening, narrow
from tests.gql.world import World
from tests.support.people import People
from tests.support.sockets import AsgiSocket, connected


@pytest.fixture
async def hall(app: Container) -> WebApp:
    return narrow(app)


async def test_a_query_over_the_socket(asgi: ASGIApp, world: World) -> None:
    async with connected(asgi) as socket:
        assert socket.accepted == "graphql-transport-ws"
        await socket.init(world.alice.authorization)
        socket.subscribe("1", "query($n: Int!) { movies(first: $n) { totalCount } }", n=1)
        answer = {"data": {"movies": {"totalCount": 5}}}
        assert await socket.receive() == {"id": "1", "type": "next", "payload": answer}
        assert await socket.receive() == {"id": "1", "type": "complete"}


async def test_a_subscription_and_its_end(asgi: ASGIApp, world: World) -> None:
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        socket.subscribe("s", CHANGES)
        await listening(world)
        await change(world)
        told = {"libraryId": world.open.ref, "event": "CHANGED"}
        frame = await socket.receive()
        assert frame == {"id": "s", "type": "next", "payload": {"data": {"libraryChanged": told}}}
        socket.send({"id": "s", "type": "complete"})
        async with asyncio.timeout(5):
            while world.app.live._topics.get("libraries"):
                await asyncio.sleep(0.01)
        await change(world)
        with pytest.raises(TimeoutError):
            await socket.receive(0.2)
        socket.subscribe("s", "{ __typename }")  # the id is free again
        assert (await socket.receive())["type"] == "next"


async def test_the_client_goes_and_nothing_stays(asgi: ASGIApp, world: World) -> None:
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        for n in range(3):
            socket.subscribe(str(n), CHANGES)
        await listening(world, 3)
    assert not world.app.live._topics.get("libraries")
    assert world.app.principals._watchers == {}


async def test_ping_and_pong(asgi: ASGIApp, app: Container) -> None:
    async with connected(asgi) as socket:
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        socket.send({"type": "pong", "payload": {"x": 1}})
        socket.send({"type": "ping", "payload": {"x": 1}})
        assert (await socket.receive())["type"] == "pong"


async def test_subscribe_before_init(asgi: ASGIApp, app: Container) -> None:
    async with connected(asgi) as socket:
        socket.subscribe("1", "{ __typename }")
        assert await socket.ends() == 4401


async def test_init_twice(asgi: ASGIApp, app: Container) -> None:
    async with connected(asgi) as socket:
        await socket.init()
        socket.send({"type": "connection_init"})
        assert await socket.ends() == 4429


async def test_init_twice_at_once(asgi: ASGIApp, people: People) -> None:
    user = await people.make()
    async with connected(asgi) as socket:
        for _ in range(2):
            socket.send(
                {"type": "connection_init", "payload": {"authorization": user.authorization}}
            )
        assert await socket.ends() == 4429


async def test_no_init_at_all(
    asgi: ASGIApp, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets_module, "INIT_WAIT", 0.1)
    async with connected(asgi) as socket:
        assert await socket.ends() == 4408


async def test_an_init_in_time_is_not_cut(
    asgi: ASGIApp, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets_module, "INIT_WAIT", 0.2)
    async with connected(asgi) as socket:
        await socket.init()
        with pytest.raises(TimeoutError):
            await socket.receive(0.5)


async def test_an_id_in_use(asgi: ASGIApp, world: World) -> None:
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        socket.subscribe("same", CHANGES)
        await listening(world)
        socket.subscribe("same", CHANGES)
        assert await socket.ends() == 4409
    assert not world.app.live._topics.get("libraries")


BAD_FRAMES: list[Any] = [
    "",
    "{",
    "null",
    "1",
    '"x"',
    "[]",
    "[[[[" * 5000,
    "{}",
    '{"type":null}',
    '{"type":1}',
    '{"type":["ping"]}',
    '{"type":"nope"}',
    '{"type":"start","id":"1","payload":{"query":"{ __typename }"}}',
    '{"type":"__class__"}',
    '{"type":"subscribe"}',
    '{"type":"subscribe","id":"1"}',
    '{"type":"subscribe","id":1,"payload":{"query":"{ __typename }"}}',
    '{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}',
    '{"type":"subscribe","id":null,"payload":{"query":"{ __typename }"}}',
    '{"type":"subscribe","id":"%s","payload":{"query":"{ __typename }"}}' % ("x" * 129),
    '{"type":"subscribe","id":"1","payload":[]}',
    '{"type":"subscribe","id":"1","payload":null}',
    '{"type":"subscribe","id":"1","payload":"{ __typename }"}',
    '{"type":"complete"}',
    '{"type":"complete","id":7}',
    b"\x00\x01",
    b'{"type":"ping"}',
    b"",
]


@pytest.mark.parametrize("frame", BAD_FRAMES, ids=lambda f: str(f)[:50])
async def test_bad_frames(frame: Any, asgi: ASGIApp, app: Container) -> None:
    async with connected(asgi) as socket:
        await socket.init()
        socket.send(frame)
        assert await socket.ends() == 4400


@pytest.mark.parametrize(
    "payload",
    [[], "x", 1, {"authorization": 1}, {"authorization": ["Bearer x"]}, {"Authorization": {}}],
)
async def test_bad_inits(payload: Any, asgi: ASGIApp, app: Container) -> None:
    async with connected(asgi) as socket:
        socket.send({"type": "connection_init", "payload": payload})
        assert await socket.ends() == 4400


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": ""}, "INVALID"),
        ({"query": 1}, "INVALID"),
        ({}, "INVALID"),
        ({"query": "{"}, "INVALID"),
        ({"query": "{ nope }"}, "INVALID"),
        ({"query": "{ __typename }", "variables": []}, "INVALID"),
        ({"query": "{ __typename }", "variables": {"a": "\x00"}}, "INVALID"),
        ({"query": "{ __schema { types { name } } }"}, "UNAUTHENTICATED"),
        ({"query": "mutation { logout }"}, "FORBIDDEN"),
        ({"query": 'mutation { login(username: "a", password: "b") { __typename } }'}, "FORBIDDEN"),
        (
            {"query": "query A { __typename } mutation B { logout }", "operationName": "B"},
            "FORBIDDEN",
        ),
        ({"query": CHANGES}, "UNAUTHENTICATED"),
        ({"query": "subscription { jobUpdated { id } }"}, "UNAUTHENTICATED"),
    ],
)
async def test_operations_that_do_not_start(
    payload: dict[str, Any], code: str, asgi: ASGIApp, app: Container
) -> None:
    """They end with an error of their own, and the connection goes on."""
    async with connected(asgi) as socket:
        await socket.init()
        socket.send({"id": "1", "type": "subscribe", "payload": payload})
        frame = await socket.receive()
        assert (frame["id"], frame["type"]) == ("1", "error")
        assert frame["payload"][0]["extensions"]["code"] == code
        socket.subscribe("1", "{ __typename }")
        assert (await socket.receive())["type"] == "next"
        assert (await socket.receive())["type"] == "complete"


async def test_failures_inside_are_masked(
    asgi: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> Any:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(world.app.server, "info", fails)
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        socket.subscribe("1", "{ serverInfo { name } }")
        frame = await socket.receive()
        assert frame["type"] == "next"
        assert frame["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert "hunter2" not in str(frame)


async def test_operations_per_socket(asgi: ASGIApp, world: World) -> None:
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        for n in range(4):
            socket.subscribe(str(n), CHANGES)
        await listening(world, 4)
        socket.subscribe("4", CHANGES)
        frame = await socket.receive()
        assert (frame["id"], frame["type"]) == ("4", "error")
        assert frame["payload"][0]["extensions"]["code"] == "CONFLICT"
        socket.send({"id": "0", "type": "complete"})
        socket.subscribe("5", "{ __typename }")
        assert (await socket.receive())["id"] == "5"


async def test_sockets_per_user(asgi: ASGIApp, people: People) -> None:
    one, other = await people.make(), await people.make()
    sockets = [AsgiSocket(asgi, {}, ["graphql-transport-ws"]) for _ in range(3)]
    for socket in sockets:
        await socket.open()
        await socket.init(one.authorization)
    async with connected(asgi) as late:
        late.send({"type": "connection_init", "payload": {"authorization": one.authorization}})
        assert await late.ends() == 4429
    async with connected(asgi) as of_other:
        await of_other.init(other.authorization)
    await sockets.pop().leave()
    async with connected(asgi) as again:
        await again.init(one.authorization)
    for socket in sockets:
        await socket.leave()


async def test_sockets_of_an_address_that_nobody_signs_in_on(asgi: ASGIApp, people: People) -> None:
    strangers = [AsgiSocket(asgi, {}, ["graphql-transport-ws"]) for _ in range(5)]
    for socket in strangers:
        await socket.open()
    async with connected(asgi) as late:
        assert await late.ends() == 4429
    await strangers.pop().init((await people.make()).authorization)  # counts no more
    async with connected(asgi) as another:
        await another.init()
    for socket in strangers:
        await socket.leave()


@pytest.mark.parametrize("leaves", [False, True])
async def test_an_operation_that_swallows_its_cancellation_ends_all_the_same(
    leaves: bool, asgi: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `wait_for` does before Python 3.12 when the result comes at the same moment."""
    swallowed = asyncio.Event()

    async def stubborn(*_: Any) -> AsyncGenerator[LibraryId, None]:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        swallowed.set()
        await asyncio.sleep(60)
        yield LibraryId(new_id())

    monkeypatch.setattr(world.app.scanning, "follow", stubborn)
    gauge = world.app.metrics.subscriptions._value
    before = gauge.get()
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        ref = encode_id("library", world.open.id)
        follow = "subscription($id: ID!) { scanProgress(libraryId: $id) { state } }"
        socket.subscribe("s", follow, id=ref)
        await wait_until(lambda: gauge.get() == before + 1)
        await asyncio.sleep(0.1)
        socket.send({"id": "s", "type": "complete"})
        if leaves:
            await swallowed.wait()
        else:
            await wait_until(lambda: gauge.get() == before)
    assert gauge.get() == before


async def test_shutdown_says_that_it_will_be_back(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    async with connected(asgi) as one, connected(asgi) as other:
        await one.init(world.alice.authorization)
        one.subscribe("1", CHANGES)
        await listening(world)
        await hall.sockets.close()
        assert await one.ends() == 1012
        assert await other.ends() == 1012


async def test_shutdown_does_not_wait_for_a_client_that_does_not_read(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        socket.stalled.clear()
        socket.send({"type": "ping"})
        await asyncio.sleep(0.05)
        try:
            async with asyncio.timeout(5):
                await hall.sockets.close()
        finally:
            socket.stalled.set()


async def test_gauges_come_back_to_nothing(hall: WebApp, asgi: ASGIApp, world: World) -> None:
    metrics = world.app.metrics
    before = metrics.websockets._value.get(), metrics.subscriptions._value.get()
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        socket.subscribe("1", CHANGES)
        await listening(world)
        assert metrics.websockets._value.get() == before[0] + 1
        assert metrics.subscriptions._value.get() == before[1] + 1
    assert (metrics.websockets._value.get(), metrics.subscriptions._value.get()) == before
