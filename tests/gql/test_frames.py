"""Messages of subscriptions as the server's own connections carry them: over real sockets."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import uvicorn
import websockets
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from app.cli.processes import _Server, _uvicorn
from app.container import Container
from app.core.access import SYSTEM
from app.gql.payloads import MOST_BYTES, OPENING, Log, Payload, framed, framed_for_all, opening_of
from app.libraries.events import LibraryChanged
from tests.conftest import wait_until
from tests.gql.listening import CHANGES, change, drivers, heard
from tests.gql.world import World
from tests.support.people import Somebody
from tests.support.sockets import PROTOCOL

LENGTHS = st.one_of(
    st.integers(0, 400), st.sampled_from([125, 126, 65_534, 65_535, 65_536, 65_537, 200_000])
)


def read(data: bytes) -> list[str]:
    """Messages as a client of another make reads them."""
    client = ClientProtocol(parse_uri("ws://revenge.test/"), state=OPEN, max_size=None)
    client.receive_data(data)
    assert client.parser_exc is None
    frames = [event for event in client.events_received() if isinstance(event, Frame)]
    assert all(frame.fin and frame.opcode is Opcode.TEXT for frame in frames)
    return [bytes(frame.data).decode() for frame in frames]


@given(st.lists(LENGTHS, max_size=5), st.text(min_size=1, max_size=128))
@example([78, 79, 80, 81, 82], "1")
@example([65_488, 65_489, 65_490], "1")
@example(list(range(180, 220)), "1")  # among them lengths that end in a byte of the opening's
@example([435, 65_725, 131_006], "1")
def test_frames_are_what_the_standard_says(lengths: list[int], operation_id: str) -> None:
    opening = opening_of(operation_id)
    payloads = [{"data": {"x": "é" + "x" * length}} for length in lengths]
    texts = [orjson.dumps(payload) for payload in payloads]
    messages = [orjson.loads(text) for text in read(framed(texts, opening))]
    assert messages == [{"id": operation_id, "type": "next", "payload": p} for p in payloads]
    shared = framed_for_all(texts, len(opening))
    assert OPENING in shared or not texts
    other = opening_of("y" * len(operation_id.encode()))
    if len(other) == len(opening):
        assert [orjson.loads(t)["id"] for t in read(framed(texts, other))] == [
            "y" * len(operation_id.encode())
        ] * len(texts)


def test_frames_of_every_length_are_whole() -> None:
    """Also where the head before the opening ends in any byte."""
    opening = opening_of("1")
    most = 65_536 + 260 - len(opening)
    for length in (*range(1, 1100), *range(most - 1100, most)):
        whole = [b"1" * length, b"2"]
        text = [opening.decode() + part.decode() + "}" for part in whole]
        assert read(framed(whole, opening)) == text, length


def test_frames_of_a_log_are_made_once_for_all_who_are_as_far() -> None:
    log = Log()
    for number in range(10):
        log.add(Payload({"data": {"n": number}}, {}))
    after, whole = log.frames(2, 5, 1 << 20)
    assert after == 10
    assert log.frames(2, 5, 1 << 20)[1] is whole
    assert log.frames(2, 6, 1 << 20)[1] != whole  # another head
    assert log.frames(3, 5, 1) == (4, framed_for_all([log[3].text], 5))  # one at least
    log.add(Payload({"data": {"n": 10}}, {}))
    assert log.frames(2, 5, 1 << 20)[0] == 11


def test_frames_of_a_log_are_kept_within_a_bound() -> None:
    """Who subscribes under ids of many lengths has the same in as many frames."""
    log = Log()
    log.add(Payload({"data": {"text": "x" * (1 << 20)}}, {}))
    for length in range(1, 40):
        log.frames(0, length, 1 << 20)
    assert sum(len(frames) for _, frames in log._framed.values()) < 2 * MOST_BYTES
    assert log._framed


@contextlib.asynccontextmanager
async def served(app: Container) -> AsyncIterator[str]:
    """The application as `revenge serve` serves it."""
    server_config = app.config.server.model_copy(update={"port": 0})
    config: uvicorn.Config = _uvicorn(app.config.model_copy(update={"server": server_config}), app)
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}/graphql"
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def listener(
    address: str, who: Somebody, *ids: str, **more: Any
) -> AsyncIterator[websockets.ClientConnection]:
    """A client that subscribes under these ids; it offers compression, as browsers do."""
    protocol: Any = PROTOCOL
    async with websockets.connect(
        address, subprotocols=[protocol], proxy=None, compression="deflate", **more
    ) as connection:
        start = {"type": "connection_init", "payload": {"authorization": who.authorization}}
        await connection.send(orjson.dumps(start).decode())
        assert orjson.loads(await connection.recv()) == {"type": "connection_ack"}
        for id_ in ids:
            asked = {"id": id_, "type": "subscribe", "payload": {"query": CHANGES}}
            await connection.send(orjson.dumps(asked).decode())
        yield connection


async def received(connection: websockets.ClientConnection, count: int) -> list[Any]:
    """The next messages."""
    async with asyncio.timeout(10):
        return [orjson.loads(await connection.recv()) for _ in range(count)]


async def test_a_burst_arrives_whole_and_in_its_order(world: World) -> None:
    ids = ["1", "a longer one, with “quotes”"]
    movies = [world.open.movies[n % 5] for n in range(150)]
    refs = [world.open.movie_refs[n % 5] for n in range(150)]
    async with (
        served(world.app) as address,
        listener(address, world.alice, *ids) as one,
        listener(address, world.guest, "1") as other,
    ):
        assert one.protocol.extensions == []
        await heard(world.app, 3)
        async with world.app.db.write(SYSTEM) as tx:
            for movie in movies:
                tx.emit(LibraryChanged(library_id=world.open.id, updated=(movie,)))
        messages = await received(one, 300) + await received(other, 150)
        for mine in (
            [m for m in messages[:300] if m["id"] == ids[0]],
            [m for m in messages[:300] if m["id"] == ids[1]],
            messages[300:],
        ):
            changes = [m["payload"]["data"]["libraryChanged"] for m in mine]
            assert [change["updated"] for change in changes] == [[ref] for ref in refs]
            assert not any(change["lagged"] for change in changes)
        await change(world.app, world.open.id, *world.open.movies * 100)  # a long message
        (long,) = await received(other, 1)
        assert len(long["payload"]["data"]["libraryChanged"]["updated"]) == 500
        assert await (await one.ping()) >= 0  # the connection is none the worse for it
    assert not drivers()


def narrow(address: str) -> socket.socket:
    """A connection that takes little before it is read."""
    found = urlsplit(address)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
    made.connect((found.hostname, found.port))
    made.setblocking(False)
    return made


async def test_a_client_that_does_not_read_keeps_nobody_waiting(world: World) -> None:
    """What it is not told is bounded, and is nothing that it may not see when it reads again."""
    async with (
        served(world.app) as address,
        listener(address, world.alice, "1", max_queue=1, sock=narrow(address)) as stuck,
        listener(address, world.guest, "1") as quick,
    ):
        await heard(world.app, 2)
        movies = world.open.movies * 100
        for _ in range(300):  # several megabytes: more than the buffers between hold
            await change(world.app, world.open.id, *movies)
            await received(quick, 1)
        await world.app.rbac.revoke(SYSTEM, world.alice.id, world.open.id)
        await asyncio.sleep(0.3)
        told = 0
        with contextlib.suppress(TimeoutError):
            while True:
                async with asyncio.timeout(0.5):
                    message = orjson.loads(await stuck.recv())
                assert message["payload"]["data"]["libraryChanged"]["library"]["name"] == "Open"
                told += 1
        assert 0 < told < 290
        await world.app.rbac.grant(SYSTEM, world.alice.id, world.open.id)
        await asyncio.sleep(0.3)
        await change(world.app, world.open.id)
        (message,) = await received(stuck, 1)
        assert message["payload"]["data"]["libraryChanged"]["lagged"] is True
    assert not drivers()
