"""Who may open a socket, by which origin and credential, and what ends or silences it."""

import asyncio
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Unavailable
from app.main import WebApp
from app.rbac.domain import BuiltIn
from tests.gql.socket_changes import CHANGES, change, listening, narrow
from tests.gql.world import World
from tests.support.sockets import AsgiSocket, SocketClosed, connected


@pytest.fixture
async def hall(app: Container) -> WebApp:
    return narrow(app)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://revenge.test", True),
        ("https://revenge.test", True),
        ("https://friend.test", True),
        ("https://evil.test", False),
        ("http://revenge.test.evil.test", False),
        ("http://revenge.test:81", False),
        ("null", False),
        ("", False),
        ("http://[", False),
    ],
)
async def test_origins(origin: str, allowed: bool, asgi: ASGIApp, app: Container) -> None:
    socket = AsgiSocket(asgi, {"origin": origin}, ["graphql-transport-ws"])
    if allowed:
        await socket.open()
    else:
        with pytest.raises(SocketClosed) as refused:
            await socket.open()
        assert refused.value.code == 4403
    await socket.leave()


@pytest.mark.parametrize("protocols", [[], ["graphql-ws"], ["graphql-transport-ws-2"]])
async def test_other_protocols(protocols: list[str], asgi: ASGIApp, app: Container) -> None:
    async with connected(asgi, protocols=protocols) as socket:
        assert await socket.ends() == 4406


async def test_the_credential_of_the_handshake_counts(asgi: ASGIApp, world: World) -> None:
    async with connected(asgi, {"authorization": world.alice.authorization}) as socket:
        await socket.init()
        socket.subscribe("1", "{ viewer { user { username } } }")
        frame = await socket.receive()
        assert frame["payload"]["data"]["viewer"]["user"]["username"] == world.alice.username


@pytest.mark.parametrize("credential", ["Bearer rvs_nonsense", "Bearer", "x"])
async def test_a_credential_that_is_no_good(credential: str, asgi: ASGIApp, app: Container) -> None:
    """Somebody who thinks to be signed in is told, instead of being nobody."""
    async with connected(asgi) as socket:
        socket.send({"type": "connection_init", "payload": {"authorization": credential}})
        assert await socket.ends() == 4403


async def test_the_database_away(
    asgi: ASGIApp, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> Any:
        raise Unavailable("Away.")

    monkeypatch.setattr(app.principals, "viewer", away)
    async with connected(asgi) as socket:
        socket.send({"type": "connection_init"})
        assert await socket.ends() == 4503


async def test_a_session_that_ends_ends_its_sockets(asgi: ASGIApp, world: World) -> None:
    """Within a second of the sign-out, while a subscription runs; others stay."""
    async with connected(asgi) as mine, connected(asgi) as theirs:
        await mine.init(world.alice.authorization)
        await theirs.init(world.child.authorization)
        mine.subscribe("1", CHANGES)
        await listening(world)
        viewer = await world.people.viewer(world.alice)
        await world.app.sessions.sign_out(viewer)
        assert await mine.ends(1) == 4403
        theirs.send({"type": "ping"})
        assert await theirs.receive() == {"type": "pong"}
    assert not world.app.live._topics.get("libraries")


async def test_a_session_ended_elsewhere(asgi: ASGIApp, world: World) -> None:
    """By another process, of which this one only hears PostgreSQL's NOTIFY."""
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        connection = await world.app.db.connect()
        try:
            async with connection.transaction():
                await connection.execute(
                    "update sessions set revoked_at = now() where user_id = $1", world.alice.id
                )
                await connection.execute("select pg_notify('principal', $1)", str(world.alice.id))
        finally:
            await connection.close()
        assert await socket.ends(1) == 4403


async def test_rights_taken_away_count_at_once(asgi: ASGIApp, world: World) -> None:
    """A socket's later operations, and its running ones, have the rights of the moment."""
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        socket.subscribe("s", CHANGES)
        await listening(world)
        await world.app.rbac.revoke(SYSTEM, world.alice.id, world.open.id)
        await asyncio.sleep(0.3)
        await change(world)
        socket.subscribe("1", "{ movies { totalCount } }")
        frame = await socket.receive()
        assert frame["id"] == "1"
        assert frame["payload"] == {"data": {"movies": {"totalCount": 0}}}


async def test_a_role_taken_away_ends_what_it_allowed(asgi: ASGIApp, world: World) -> None:
    async with connected(asgi) as socket:
        await socket.init(world.moderator.authorization)
        socket.subscribe("j", "subscription { jobUpdated { state } }")
        async with asyncio.timeout(5):
            while not world.app.live._topics.get("jobs"):
                await asyncio.sleep(0.01)
        async with world.app.db.write(SYSTEM) as tx:
            await world.app.rbac.set_roles(tx, world.moderator.id, [BuiltIn.GUEST.id])
        await asyncio.sleep(0.3)
        await world.app.jobs.retry(SYSTEM, world.job)
        frame = await socket.receive()
        assert frame["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert (await socket.receive()) == {"id": "j", "type": "complete"}


async def test_without_any_role_nothing_is_told_any_more(asgi: ASGIApp, world: World) -> None:
    """The grant is still there; the permission to look at libraries is not."""
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        socket.subscribe("s", CHANGES)
        await listening(world)
        async with world.app.db.write(SYSTEM) as tx:
            await world.app.rbac.set_roles(tx, world.alice.id, [])
        await asyncio.sleep(0.3)
        await change(world)
        frame = await socket.receive()
        assert frame["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert (await socket.receive()) == {"id": "s", "type": "complete"}
    assert "libraries" not in world.app.live._topics
