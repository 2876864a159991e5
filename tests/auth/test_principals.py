"""From a token to a viewer: what is good, what is refused, and how soon."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.auth.domain import PrincipalRow
from app.auth.service import Principals, principals
from app.container import Container
from app.core.access import ANONYMOUS, SYSTEM, Viewer
from app.core.clock import SteppedClock
from app.core.crypto import new_token
from app.core.errors import TimedOut, Unavailable
from app.core.ids import new_id
from app.rbac.domain import PERMISSIONS, BuiltIn
from app.rbac.service import Rbac
from tests.auth.people import library, person, rows, sign_in, until


class Silence:
    """A listener that hears what a test says."""

    def __init__(self) -> None:
        self.healthy = True
        self.heard: dict[str, Callable[[str], None]] = {}
        self.on_lost: list[Callable[[], None]] = []

    def hear(self, channel: str, callback: Callable[[str], None]) -> None:
        self.heard[channel] = callback

    def lose(self) -> None:
        self.healthy = False
        for callback in self.on_lost:
            callback()


class Bench:
    """Principals with a listener and a clock that the test moves, over a counted repository."""

    def __init__(self, app: Container, monkeypatch: pytest.MonkeyPatch) -> None:
        self.listener = Silence()
        self.clock = SteppedClock(datetime.now(UTC))
        self.rbac = Rbac(app.db, app.rbac_repository)
        self.principals = Principals(app.session_repository, self.rbac, self.listener, self.clock)  # type: ignore[arg-type]
        self.reads = 0
        self.gate: asyncio.Event | None = None
        self.reading = asyncio.Event()
        real = app.session_repository.by_token

        async def by_token(digest: bytes) -> PrincipalRow | None:
            self.reads += 1
            row = await real(digest)
            self.reading.set()
            if self.gate is not None:
                await self.gate.wait()  # the row is read, and on its way
            return row

        monkeypatch.setattr(app.session_repository, "by_token", by_token)

    async def ask(self, token: str) -> Viewer:
        return await self.principals.viewer(token)


@pytest.fixture
def bench(app: Container, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(app, monkeypatch)


async def revoke_all(app: Container) -> None:
    """Revoke behind the back of every Principals."""
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update sessions set revoked_at = now()"))


async def test_a_token_stands_for_its_user(app: Container) -> None:
    user, films = await person(app, "ann", BuiltIn.USER, max_age=12), await library(app)
    await app.rbac.grant(SYSTEM, user.id, films)
    viewer = await app.principals.viewer(await sign_in(app, user))
    assert viewer.user_id == user.id
    assert viewer.username == "ann"
    assert viewer.permissions == PERMISSIONS[BuiltIn.USER]
    assert viewer.scope.libraries == frozenset({films})
    assert viewer.scope.max_age == 12


async def test_a_viewer_costs_one_statement(app: Container) -> None:
    token = await sign_in(app, await person(app, "ann"))
    seen: list[str] = []

    def count(statement: str) -> None:
        if "FROM sessions" in statement:  # others go on in the background
            seen.append(statement)

    app.db.statements = count
    try:
        await app.principals.viewer(token)
        assert len(seen) == 1
        await until(lambda: app.listener.healthy)
        await app.principals.viewer(token)
        await app.principals.viewer(token)
        assert len(seen) <= 2
    finally:
        app.db.statements = None


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "rvs",
        "Bearer rvs_" + "a" * 43,
        "Basic YTpi",
        "rvs_abc",
        "rvs_",
        "rvx_" + "a" * 43,
        "Bearer " + "rvs_" + "a" * 100_000,
        "rvs_\ud800\x00",
        "rvs_" + "é" * 43,
        "rvs_" + "b" * 43,
    ],
    ids=range(12),
)
async def test_anything_else_is_anonymous(app: Container, header: str | None) -> None:
    assert await app.principals.viewer(header) is ANONYMOUS


async def test_only_the_hash_of_a_token_is_stored(app: Container) -> None:
    token = await sign_in(app, await person(app, "ann"))
    [(stored,)] = await rows(app, "select token_hash from sessions")
    assert len(stored) == 32
    dump = await rows(app, "select row_to_json(s)::text from sessions s")
    assert token not in str(dump)
    assert (await app.principals.viewer(f"rvs_{stored.hex()}")) is ANONYMOUS


async def test_a_session_ends_by_itself_though_it_is_kept(app: Container, bench: Bench) -> None:
    token = await sign_in(app, await person(app, "ann"), lasts=timedelta(hours=1))
    assert (await bench.ask(token)).signed_in
    bench.clock.advance(timedelta(minutes=58))
    assert (await bench.ask(token)).signed_in
    bench.clock.advance(timedelta(minutes=3))
    assert await bench.ask(token) is ANONYMOUS


@pytest.mark.parametrize(
    "change",
    ["update sessions set revoked_at = now()", "update users set is_active = false"],
)
async def test_revoked_and_inactive_are_anonymous(app: Container, change: str) -> None:
    token = await sign_in(app, await person(app, "ann"))
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text(change))
    assert await app.principals.viewer(token) is ANONYMOUS


async def test_a_viewer_is_kept_for_thirty_seconds_at_most(
    app: Container, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("app.auth.service.principals.monotonic", lambda: now[0])
    token = await sign_in(app, await person(app, "ann"))
    for expected, step in ((1, 29.9), (1, 0.2), (2, 0)):
        await bench.ask(token)
        assert bench.reads == expected
        now[0] += step


async def test_nothing_is_kept_while_nobody_listens(app: Container, bench: Bench) -> None:
    token = await sign_in(app, await person(app, "ann"))
    bench.listener.healthy = False
    await bench.ask(token)
    await bench.ask(token)
    assert bench.reads == 2
    assert bench.principals._kept == {}
    bench.listener.healthy = True
    await bench.ask(token)
    bench.listener.healthy = False  # from this very moment
    await bench.ask(token)
    assert bench.reads == 4
    bench.listener.lose()
    await revoke_all(app)
    assert await bench.ask(token) is ANONYMOUS
    assert bench.principals._kept == {}
    assert bench.principals._tokens == {}


async def test_a_notification_during_the_read_leaves_no_stale_viewer(
    app: Container, bench: Bench
) -> None:
    user = await person(app, "ann")
    token = await sign_in(app, user)
    bench.gate = asyncio.Event()
    slow = asyncio.create_task(bench.ask(token))
    await bench.reading.wait()
    await revoke_all(app)
    bench.listener.heard["principal"](str(user.id))
    bench.gate.set()
    await slow  # it began before the change: either answer is right for it
    assert await bench.ask(token) is ANONYMOUS


async def test_listening_that_starts_during_the_read_leaves_no_stale_viewer(
    app: Container, bench: Bench
) -> None:
    token = await sign_in(app, await person(app, "ann"))
    bench.listener.healthy = False
    bench.gate = asyncio.Event()
    slow = asyncio.create_task(bench.ask(token))
    await bench.reading.wait()
    await revoke_all(app)  # nobody heard it
    bench.listener.healthy = True
    bench.gate.set()
    await slow
    assert await bench.ask(token) is ANONYMOUS


async def test_a_notification_drops_that_user_alone(app: Container, bench: Bench) -> None:
    ann, bob = await person(app, "ann"), await person(app, "bob")
    hers, his = await sign_in(app, ann), await sign_in(app, bob)
    await bench.ask(hers)
    await bench.ask(his)
    bench.listener.heard["principal"](str(ann.id))
    await bench.ask(his)
    assert bench.reads == 2
    await bench.ask(hers)
    assert bench.reads == 3
    bench.listener.heard["principal"]("nonsense")  # then rather everybody
    assert bench.principals._kept == {}


async def test_a_grant_counts_here_before_its_notification_arrives(
    app: Container, bench: Bench
) -> None:
    user, films = await person(app, "ann"), await library(app)
    token = await sign_in(app, user)
    assert not (await bench.ask(token)).scope.admits_library(films)
    await bench.rbac.grant(SYSTEM, user.id, films)
    assert (await bench.ask(token)).scope.admits_library(films)
    await bench.rbac.revoke(SYSTEM, user.id, films)
    assert not (await bench.ask(token)).scope.admits_library(films)


async def test_what_is_kept_is_bounded(
    app: Container, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(principals, "MOST_KEPT", 3)
    users = [await person(app, f"user{n}") for n in range(5)]
    for user in users:
        await bench.ask(await sign_in(app, user))
    assert len(bench.principals._kept) == 3
    assert set(bench.principals._tokens) == {user.id for user in users[2:]}


async def test_watchers_hear_of_their_user_and_of_the_loss(app: Container, bench: Bench) -> None:
    ann, bob = await person(app, "ann"), await person(app, "bob")
    hers = await bench.ask(await sign_in(app, ann))
    his = await bench.ask(await sign_in(app, bob))
    calls: list[str] = []

    def broken() -> None:
        raise RuntimeError("a watcher that fails")

    bench.principals.on_change(hers, broken)
    undo = bench.principals.on_change(hers, lambda: calls.append("ann"))
    bench.principals.on_change(his, lambda: calls.append("bob"))
    bench.principals.on_change(ANONYMOUS, lambda: calls.append("nobody"))()
    bench.listener.heard["principal"](str(ann.id))
    assert calls == ["ann"]
    bench.listener.lose()
    assert calls == ["ann", "ann", "bob"]
    undo()
    undo()
    bench.listener.heard["principal"](str(ann.id))
    assert calls == ["ann", "ann", "bob"]
    assert ann.id in bench.principals._watchers  # the broken one is still there


async def test_only_unavailable_is_raised(app: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(_: bytes) -> Any:
        raise TimedOut("too slow")

    monkeypatch.setattr(app.session_repository, "by_token", late)
    with pytest.raises(Unavailable):
        await app.principals.viewer(new_token("rvs"))


@contextlib.asynccontextmanager
async def second(app: Container) -> AsyncIterator[Container]:
    """Another process, as far as the database can tell."""
    other = Container(app.config)
    await other.open()
    try:
        await until(lambda: other.listener.healthy and app.listener.healthy)
        yield other
    finally:
        await other.close()


async def test_a_revoked_session_is_refused_at_once_by_every_process(app: Container) -> None:
    user = await person(app, "ann")
    async with second(app) as other:
        header = await sign_in(app, user)
        viewer = await app.principals.viewer(header)
        assert (await other.principals.viewer(header)).signed_in
        assert len(other.principals._kept) == 1  # it would be good for 30 seconds
        changes: list[int] = []
        other.principals.on_change(viewer, lambda: changes.append(1))
        await app.sessions.sign_out(viewer)
        assert await app.principals.viewer(header) is ANONYMOUS  # here without waiting
        await until(lambda: other.principals._kept == {}, 2)
        assert await other.principals.viewer(header) is ANONYMOUS
        assert changes


async def test_a_changed_grant_reaches_every_process(app: Container) -> None:
    user, films = await person(app, "ann"), await library(app)
    async with second(app) as other:
        header = await sign_in(app, user)
        assert not (await other.principals.viewer(header)).scope.admits_library(films)
        await app.rbac.grant(SYSTEM, user.id, films)
        await until(lambda: other.principals._kept == {}, 2)
        assert (await other.principals.viewer(header)).scope.admits_library(films)


async def test_a_lost_listener_empties_what_was_kept(app: Container) -> None:
    user = await person(app, "ann")
    async with second(app) as other:
        header = await sign_in(app, user)
        assert (await other.principals.viewer(header)).signed_in
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'revenge-listen'"
                    " and datname = current_database()"
                )
            )
        await until(lambda: other.principals._kept == {})
        await revoke_all(app)
        assert await other.principals.viewer(header) is ANONYMOUS
        await until(lambda: other.listener.healthy and app.listener.healthy)
        assert await other.principals.viewer(header) is ANONYMOUS


async def test_an_unknown_user_id_is_nobody_to_tell(bench: Bench) -> None:
    bench.listener.heard["principal"](str(new_id()))
    assert bench.principals._kept == {}
