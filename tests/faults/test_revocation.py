"""Rights that are taken away are gone at once: on every process, with Redis or without."""

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson
import pytest
import websockets

from app.container import Container
from app.core.access import SYSTEM
from app.core.config import Config
from app.core.embedded import EmbeddedValkey
from app.rbac.domain import BuiltIn, permissions_of
from tests.conftest import wait_until
from tests.faults.processes import Process, processes, settings
from tests.faults.scale import scaled
from tests.support.people import People, Somebody

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore:Unclosed client session .*Pipeline:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*Redis.__del__:pytest.PytestUnraisableExceptionWarning"),
]
PROCESSES: Final = 3
GRACE: Final = 0.1
CLOSED_WITHIN: Final = 1.0
BEFORE: Final = 0.2
AFTER: Final = 0.6
PASSWORD: Final = "a sentence nobody guesses"
GUEST: Final = len(permissions_of([BuiltIn.GUEST]))
MODERATOR: Final = len(permissions_of([BuiltIn.MODERATOR]))
QUERY: Final = orjson.dumps({"query": "{ viewer { permissions } }"})
Server = tuple[EmbeddedValkey, str]


@dataclass(frozen=True)
class Asked:
    """A request: when it started, where, and how many permissions the answer showed."""

    at: float
    where: str
    permissions: int | None


@dataclass
class Cluster:
    """Three API processes, and a container of the test's own that takes rights away."""

    app: Container
    addresses: list[str]
    committed: float = 0.0
    asked: list[Asked] = field(default_factory=list)

    async def client(self, address: str, token: str) -> None:
        """Ask and ask."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(headers=headers, timeout=10) as http:
            while True:
                at = time.monotonic()
                answer = orjson.loads(
                    (await http.post(f"{address}/graphql", content=QUERY)).content
                )
                viewer = answer["data"]["viewer"]
                permissions = None if viewer is None else len(viewer["permissions"])
                self.asked.append(Asked(at, address, permissions))
                await asyncio.sleep(0.005)

    @contextlib.asynccontextmanager
    async def load(self, token: str) -> AsyncIterator[None]:
        """Steady requests with one token on every process."""
        self.asked.clear()
        asking = [
            asyncio.create_task(self.client(address, token))
            for address in self.addresses
            for _ in range(2)
        ]
        try:
            yield
        finally:
            for task in asking:
                task.cancel()
            ended = await asyncio.gather(*asking, return_exceptions=True)
            assert all(isinstance(e, asyncio.CancelledError) for e in ended), ended

    def late(self, stale: Callable[[Asked], bool]) -> Counter[str]:
        """Requests that started after the change had to be known and were answered as before it."""
        since = self.committed + GRACE
        return Counter(asked.where for asked in self.asked if asked.at > since and stale(asked))


@contextlib.asynccontextmanager
async def cluster(config: Config, *, deaf: bool = False) -> AsyncIterator[Cluster]:
    app = Container(config)
    await app.open()
    try:
        with processes() as started:
            values = settings(config, deaf=deaf, server={"port": 0})
            started += [Process("tests.faults.api", values) for _ in range(PROCESSES)]
            addresses = [await process.line() for process in started]
            assert all(a.startswith("http://") for a in addresses), addresses
            made = Cluster(app, addresses)
            send = app.db._committed

            async def committed(message: Any) -> None:
                made.committed = time.monotonic()  # before anything is sent to Redis
                await send(message)

            app.db._committed = committed  # type: ignore[method-assign]
            yield made
    finally:
        await app.close()


@pytest.fixture
def config_of_cluster(app: Container, own_valkey: Server) -> Config:
    """The database of the tests, emptied, and a Valkey to be killed."""
    return app.config.model_copy(update={"redis_url": own_valkey[1]})


# -- the ways to lose rights


async def session_revoked(app: Container, user: Somebody) -> None:
    viewer = await app.principals.viewer(user.token)
    assert viewer.session_id is not None
    await app.sessions.revoke(viewer, viewer.session_id)


async def roles_changed(app: Container, user: Somebody) -> None:
    async with app.db.write(SYSTEM) as tx:
        await app.rbac.set_roles(tx, user.id, [BuiltIn.GUEST.id])


async def password_changed(app: Container, user: Somebody) -> None:
    """From another session, which goes on."""
    viewer = await app.principals.viewer(await People(app).session(user.id))
    await app.accounts.change_password(viewer, PASSWORD, f"{PASSWORD} either")


async def account_deactivated(app: Container, user: Somebody) -> None:
    await app.administration.deactivate(SYSTEM, user.id)


Change = Callable[[Container, Somebody], Awaitable[None]]
CHANGES: Final[tuple[Change, ...]] = (
    session_revoked,
    roles_changed,
    password_changed,
    account_deactivated,
)


def stale_after(change: Change) -> Callable[[Asked], bool]:
    """Whether an answer knows nothing of the change."""
    if change is roles_changed:
        return lambda asked: asked.permissions != GUEST
    return lambda asked: asked.permissions is not None


async def somebody(app: Container, name: str) -> Somebody:
    """A moderator with a password."""
    people = People(app)
    people._made = hash(name) % 1_000_000_000
    user = await people.make(BuiltIn.MODERATOR)
    hashed = await app.hasher.hash(PASSWORD)
    async with app.db.write(SYSTEM) as tx:
        await app.auth_repository.set_password(tx, user.id, hashed, one_time=False)
    return user


async def follow(address: str, user: Somebody, ready: asyncio.Semaphore) -> tuple[int, float]:
    """A websocket until it is closed: with which code, and when."""
    url = address.replace("http", "ws", 1) + "/graphql"
    protocol: Any = "graphql-transport-ws"
    async with websockets.connect(url, subprotocols=[protocol], proxy=None) as socket:
        start = {"type": "connection_init", "payload": {"authorization": user.authorization}}
        await socket.send(orjson.dumps(start).decode())
        assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
        ready.release()
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await socket.recv()
        assert socket.close_code is not None
        return socket.close_code, time.monotonic()


async def one_round(made: Cluster, change: Change, name: str) -> Counter[str]:
    """Load, the change, load: what was accepted too late."""
    user = await somebody(made.app, name)
    ready = asyncio.Semaphore(0)
    sockets = [asyncio.create_task(follow(a, user, ready)) for a in made.addresses]
    try:
        async with asyncio.timeout(10):
            for _ in sockets:
                await ready.acquire()
        async with made.load(user.token):
            await asyncio.sleep(BEFORE)
            await wait_until(lambda: len({a.where for a in made.asked}) == PROCESSES)
            known = {asked.permissions for asked in made.asked}
            await change(made.app, user)
            await asyncio.sleep(AFTER)
            await wait_until(lambda: {a.where for a in after(made)} == set(made.addresses))
        assert known == {MODERATOR}
        late = made.late(stale_after(change))
        if change is roles_changed:
            assert not any(socket.done() for socket in sockets)  # rights changed, none ended
        else:
            left = made.committed + CLOSED_WITHIN + GRACE - time.monotonic()
            done, _ = await asyncio.wait(sockets, timeout=max(GRACE, left))
            ends = [socket.result() for socket in done]
            late["a websocket stayed open"] = PROCESSES - len(ends)
            for code, at in ends:
                if code != 4403 or at - made.committed > CLOSED_WITHIN:
                    late[f"a websocket: {code} after {at - made.committed:.2f} s"] += 1
    finally:
        for socket in sockets:
            socket.cancel()
        await asyncio.gather(*sockets, return_exceptions=True)
    return +late


def after(made: Cluster) -> list[Asked]:
    """Requests that started when the change had to be known."""
    return [asked for asked in made.asked if asked.at > made.committed + GRACE]


async def rounds(made: Cluster, what: str) -> Counter[str]:
    late: Counter[str] = Counter()
    for number in range(scaled(20, 1)):
        for change in CHANGES:
            late += await one_round(made, change, f"{what}-{number}-{change.__name__}")
    return late


@pytest.mark.alone
async def test_s3_a_revocation_stops_tokens_at_once_everywhere(
    config_of_cluster: Config, own_valkey: Server
) -> None:
    """With Redis, while it hangs, and after it was killed."""
    pid = own_valkey[0].pid
    assert pid is not None
    async with cluster(config_of_cluster) as made:
        assert await rounds(made, "well") == Counter()
        os.kill(pid, signal.SIGSTOP)
        try:
            assert await rounds(made, "hung") == Counter()
        finally:
            os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGKILL)
        assert await rounds(made, "killed") == Counter()


async def test_processes_that_do_not_hear_postgres_would_be_late(
    config_of_cluster: Config,
) -> None:
    """The control: what the test above looks for is found where NOTIFY is not heard."""
    async with cluster(config_of_cluster, deaf=True) as made:
        late = await one_round(made, session_revoked, "deaf")
    assert all(late[address] > 0 for address in made.addresses), late
    assert late["a websocket stayed open"] == PROCESSES
