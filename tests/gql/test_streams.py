"""What many subscribe to is executed and encoded once, and told to each of them in order."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.core.access import SYSTEM
from app.core.ids import encode_id
from app.gql import payloads
from app.gql.payloads import MOST_KEPT
from app.libraries.domain import Library, Scan
from app.libraries.events import LibraryChanged
from app.main import WebApp
from tests.conftest import wait_until
from tests.gql.listening import (
    CHANGES,
    FOLLOW,
    audience,
    change,
    heard,
    losable,
    over,
    silent,
    told,
)
from tests.gql.world import World
from tests.support.sockets import connected

IDS = ["1", 'with "quotes" and \\', "ünïcödé ✓ 🎬", "\u2028\x7f\n\x01", "x" * 128, "}{", "\ufeff"]


@pytest.fixture
def executed(hall: WebApp, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every answer that is made of a result."""
    made: list[Any] = []
    answer = hall.executor.answer

    def noted(result: Any, context: Any) -> Any:
        made.append(answer(result, context))
        return made[-1]

    monkeypatch.setattr(hall.executor, "answer", noted)
    return made


async def test_fifty_sockets_and_one_execution(
    hall: WebApp, asgi: ASGIApp, world: World, executed: list[Any]
) -> None:
    everybody = [world.alice, world.guest] * 25
    async with audience(asgi, everybody[:1]) as first, audience(asgi, everybody[:49]) as sockets:
        await heard(world.app, 50)
        assert len(world.app.live._topics["libraries"]) == 2  # their permissions are different
        assert len(hall.sockets.streams) == 2
        await change(world.app, world.open.id, world.open.movies[0])
        changes = [change for socket in (*first, *sockets) for change in await told(socket)]
        assert changes == [changes[0]] * 50
        assert changes[0]["updated"] == world.open.movie_refs[:1]
        assert len(executed) == 2
        await silent(*first, *sockets)
    await over(hall.sockets.streams)


async def test_equal_variables_are_equal_whatever_their_order(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    query = "subscription A($id: ID, $more: Boolean = true) { libraryChanged(libraryId: $id) {"
    query += " event library @include(if: $more) { name } } }"
    ref = world.open.ref
    given: list[dict[str, Any]] = [
        {"id": ref, "more": True},
        {"more": True, "id": ref},
        {"id": ref, "more": True, "unknown": 1},
        {"id": ref},
        {"id": None},
        {"id": ref, "more": False},
        {"id": world.hidden.ref, "more": True},
    ]
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        for number, variables in enumerate(given):
            socket.subscribe(str(number), query, **variables)
        await heard(world.app, len(given))
        assert len(hall.sockets.streams) == 5
        await change(world.app, world.open.id)
        frames = [await socket.receive() for _ in range(6)]
        by_id = {frame["id"]: frame["payload"]["data"]["libraryChanged"] for frame in frames}
        whole = {"event": "CHANGED", "library": {"name": "Open"}}
        assert by_id == dict.fromkeys("01234", whole) | {"5": {"event": "CHANGED"}}


async def test_every_operation_has_its_own_id(asgi: ASGIApp, world: World) -> None:
    async with connected(asgi) as socket:
        await socket.init(world.alice.authorization)
        for id_ in IDS:
            socket.subscribe(id_, CHANGES)
        await heard(world.app, len(IDS))
        await change(world.app, world.open.id)
        frames = [await socket.receive() for _ in IDS]
        assert {frame["id"] for frame in frames} == set(IDS)
        assert all(frame["payload"] == frames[0]["payload"] for frame in frames)
        assert all(list(frame) == ["id", "type", "payload"] for frame in frames)


async def test_who_comes_later_is_told_what_comes_later(asgi: ASGIApp, world: World) -> None:
    async with audience(asgi, [world.alice]) as (first,):
        await heard(world.app, 1)
        await change(world.app, world.open.id, world.open.movies[0])
        await told(first)
        async with audience(asgi, [world.alice]) as later:
            await heard(world.app, 2)
            await silent(*later)
            for movie in world.open.movies[1:4]:
                await change(world.app, world.open.id, movie)
            refs = [[ref] for ref in world.open.movie_refs[1:4]]
            for socket in (first, *later):
                assert [change["updated"] for change in await told(socket, 3)] == refs


async def test_a_slow_one_is_told_what_it_missed_and_slows_nobody(
    asgi: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked: list[Any] = []
    mark = payloads._marked

    def noted(*given: Any) -> Any:
        marked.append(given)
        return mark(*given)

    monkeypatch.setattr(payloads, "_marked", noted)
    async with audience(asgi, [world.alice] * 3) as (quick, slow, slower):
        await heard(world.app, 3)
        for socket in (slow, slower):
            socket.stalled.clear()
        for _ in range(4):
            await losable(world.app, world.open.id, 100)
            assert not any(change["lagged"] for change in await told(quick, 100))
        await change(world.app, world.open.id, world.open.movies[0])
        last = (await told(quick))[0]
        for socket in (slow, slower):
            socket.stalled.set()
            # The first was being sent already; the others waited, as many as are kept.
            changes = await told(socket, 1 + MOST_KEPT)
            assert [c["lagged"] for c in changes] == [False, True] + [False] * (MOST_KEPT - 1)
            assert changes[-1] == last
        await silent(quick, slow, slower)
        assert len(marked) == 1  # for both


async def test_a_lag_of_the_source_is_told_to_all(asgi: ASGIApp, world: World) -> None:
    """Also when what comes first after it is not for them."""
    async with audience(asgi, [world.alice] * 3) as sockets:
        await heard(world.app, 3)
        (messages,) = world.app.live._topics["libraries"]
        messages.lag()
        await change(world.app, world.hidden.id, *world.hidden.movies)
        await change(world.app, world.open.id)
        await change(world.app, world.open.id)
        for socket in sockets:
            assert [c["lagged"] for c in await told(socket, 2)] == [True, False]


async def test_a_lag_is_told_under_every_name_it_is_asked_by(asgi: ASGIApp, world: World) -> None:
    query = """subscription { change: libraryChanged { ...F ... on LibraryChange { missed: lagged }
        lagged: event } } fragment F on LibraryChange { lost: lagged }"""
    async with audience(asgi, [world.alice], query) as (slow,):
        await heard(world.app, 1)
        slow.stalled.clear()
        for _ in range(4):  # not more at once than the source itself keeps
            await losable(world.app, world.open.id, 100)
            await asyncio.sleep(0.2)
        slow.stalled.set()
        seen = [(await slow.receive())["payload"]["data"]["change"] for _ in range(3)]
        expected = [False, True, False]
        assert [change["missed"] for change in seen] == expected
        assert [change["lost"] for change in seen] == expected
        assert {change["lagged"] for change in seen} == {"CHANGED"}


async def test_a_state_is_told_to_who_comes_later(
    hall: WebApp, asgi: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan as it is, not from its beginning; and nobody looks it up for them."""
    followers: list[asyncio.Queue[Scan]] = []

    async def follow(_: Library) -> AsyncGenerator[Scan, None]:
        steps: asyncio.Queue[Scan] = asyncio.Queue()
        followers.append(steps)
        while True:
            yield await steps.get()

    monkeypatch.setattr(world.app.scanning, "follow", follow)
    (scan,) = (await world.app.scan_repository.latest([world.open.id])).values()
    ref = encode_id("scan", scan.id)
    async with audience(asgi, [world.alice], FOLLOW, id=world.open.ref) as (first,):
        await wait_until(lambda: len(followers) == 1)
        for _ in range(2):
            followers[0].put_nowait(scan)
            assert (await first.receive())["payload"]["data"]["scanProgress"]["id"] == ref
        async with audience(asgi, [world.child] * 2, FOLLOW, id=world.open.ref) as (same, too):
            other = (await asyncio.gather(same.receive(0.3), return_exceptions=True))[0]
            assert isinstance(other, TimeoutError)  # a stream of its own: it may see less
            assert len(followers) == 2
            followers[1].put_nowait(scan)
            await asyncio.gather(same.receive(), too.receive())
        async with audience(asgi, [world.alice] * 2, FOLLOW, id=world.open.ref) as later:
            for number, socket in enumerate(later):
                frame = await socket.receive()
                assert frame["id"] == f"of-{number}"
                assert frame["payload"]["data"]["scanProgress"]["id"] == ref
            await silent(first, *later)
        assert len(followers) == 2
    await over(hall.sockets.streams)


async def test_payloads_that_are_not_taken_are_not_kept_without_end(
    hall: WebApp, asgi: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "MOST_BYTES", 2000)
    async with audience(asgi, [world.alice] * 2) as (quick, slow):
        await heard(world.app, 2)
        (stream,) = hall.sockets.streams._running.values()
        slow.stalled.clear()
        for _ in range(30):
            await losable(world.app, world.open.id, 1)
            assert not (await told(quick))[0]["lagged"]
        assert 1000 < sum(len(payload.text) for payload in stream.log._kept) <= 2000
        slow.stalled.set()
        (_, *after) = await told(slow, 3)
        assert [change["lagged"] for change in after] == [True, False]
        await wait_until(lambda: not stream.log._kept)  # everybody has them


async def test_a_burst_that_is_larger_than_what_is_kept_is_lost_on_nobody_awake(
    asgi: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "MOST_KEPT", 10)
    async with audience(asgi, [world.alice] * 2) as sockets:
        await heard(world.app, 2)
        movies = [world.open.movies[n % 5] for n in range(200)]
        async with world.app.db.write(SYSTEM) as tx:
            for movie in movies:
                tx.emit(LibraryChanged(library_id=world.open.id, updated=(movie,)))
        refs = [encode_id("movie", movie) for movie in movies]
        for socket in sockets:
            changes = await told(socket, len(movies))
            assert [change["updated"] for change in changes] == [[ref] for ref in refs]
            assert not any(change["lagged"] for change in changes)
