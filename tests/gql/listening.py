"""Sockets that listen to changes of libraries, and what they are told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from starlette.types import ASGIApp

from app.container import Container
from app.core.access import SYSTEM
from app.gql.streams import Streams
from app.libraries.domain import LibraryId
from app.libraries.events import LIBRARIES_TOPIC, LibraryChanged
from app.main import WebApp
from tests.conftest import wait_until
from tests.support.people import Somebody
from tests.support.sockets import AsgiSocket, connected

CHANGES = """subscription { libraryChanged {
  libraryId event added updated removed lagged library { id name } } }"""
FOLLOW = "subscription($id: ID!) { scanProgress(libraryId: $id) { id fraction } }"


def roomy(app: Container) -> WebApp:
    """A web side where one user may open as many sockets as a test likes."""
    graphql = app.config.graphql.model_copy(update={"sockets_per_user": 200})
    return WebApp(app.config.model_copy(update={"graphql": graphql}), app)


@contextlib.asynccontextmanager
async def audience(
    asgi: ASGIApp, everybody: Sequence[Somebody], query: str = CHANGES, **variables: Any
) -> AsyncIterator[list[AsgiSocket]]:
    """A socket for each of them, subscribed; their operations are called `of-` and a number."""
    async with contextlib.AsyncExitStack() as stack:
        sockets = []
        for number, somebody in enumerate(everybody):
            socket = await stack.enter_async_context(connected(asgi))
            await socket.init(somebody.authorization)
            socket.subscribe(f"of-{number}", query, **variables)
            sockets.append(socket)
        yield sockets


async def heard(app: Container, count: int) -> None:
    """Until so many subscriptions run, and Redis tells this process of libraries."""

    def joined() -> bool:
        pubsub = app.live._pubsub
        return pubsub is not None and any(b"live:libraries" in name for name in pubsub.channels)

    running = app.metrics.subscriptions._value
    await wait_until(lambda: running.get() == count and joined())


async def change(app: Container, library: UUID, *updated: UUID, **more: Any) -> None:
    """A change of a library, committed."""
    async with app.db.write(SYSTEM) as tx:
        tx.emit(LibraryChanged(library_id=LibraryId(library), updated=updated, **more))


async def losable(app: Container, library: UUID, count: int) -> None:
    """Changes of a library that nobody commits: quicker to make."""
    for _ in range(count):
        await app.live.publish(LIBRARIES_TOPIC, LibraryChanged.name, {"library_id": str(library)})


async def told(socket: AsgiSocket, count: int = 1) -> list[Any]:
    """The next changes that a socket is told."""
    frames = [await socket.receive() for _ in range(count)]
    assert {frame["type"] for frame in frames} == {"next"}, frames
    return [frame["payload"]["data"]["libraryChanged"] for frame in frames]


async def silent(*sockets: AsgiSocket) -> None:
    """Nothing more comes."""
    await asyncio.sleep(0.2)
    assert [socket._from_app.qsize() for socket in sockets] == [0] * len(sockets)


async def over(streams: Streams) -> None:
    """Until no stream runs, and none has left a task behind."""
    await wait_until(lambda: not streams and not drivers())


def drivers() -> list[str]:
    """Tasks of streams."""
    return [t.get_name() for t in asyncio.all_tasks() if t.get_name() == "gql.stream"]
