"""How a stream of many ends: at its start, by an error, with the last one, at a shutdown."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.core.ids import encode_id
from app.libraries.domain import Library, Scan
from app.main import WebApp
from tests.conftest import wait_until
from tests.gql.listening import (
    FOLLOW,
    audience,
    drivers,
    heard,
    over,
    silent,
)
from tests.gql.world import World

RAISED = "hunter2"


async def test_what_does_not_start_is_refused_to_all(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    async with audience(asgi, [world.alice] * 3, "subscription { jobUpdated { id } }") as sockets:
        for number, socket in enumerate(sockets):
            frame = await socket.receive()
            assert (frame["id"], frame["type"]) == (f"of-{number}", "error")
            assert frame["payload"][0]["extensions"]["code"] == "FORBIDDEN"
            assert frame["payload"][0]["message"].startswith("Your account lacks")
        await over(hall.sockets.streams)
        sockets[0].subscribe("of-0", "{ __typename }")  # the id is free again
        assert (await sockets[0].receive())["type"] == "next"


async def test_what_ends_at_its_start_ends_for_all(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    unknown = encode_id("library", world.open.movies[0])
    async with audience(asgi, [world.alice] * 3, FOLLOW, id=unknown) as sockets:
        for number, socket in enumerate(sockets):
            frame = await socket.receive()
            assert (frame["id"], frame["type"]) == (f"of-{number}", "next")
            assert frame["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
            assert await socket.receive() == {"id": f"of-{number}", "type": "complete"}
        await over(hall.sockets.streams)


async def test_a_source_that_fails_ends_all_with_one_error(
    hall: WebApp, asgi: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = asyncio.Event()

    async def follow(_: Library) -> AsyncGenerator[Scan, None]:
        await go.wait()
        if RAISED:
            raise RuntimeError(RAISED)
        yield (await world.app.scan_repository.latest([world.open.id]))[world.open.id]

    monkeypatch.setattr(world.app.scanning, "follow", follow)
    async with audience(asgi, [world.alice] * 3, FOLLOW, id=world.open.ref) as sockets:
        await wait_until(lambda: len(drivers()) == 1)
        await wait_until(lambda: world.app.metrics.subscriptions._value.get() == 3)
        go.set()
        errors: list[Any] = []
        for socket in sockets:
            frame = await socket.receive()
            shown = frame["payload"]
            errors += shown if isinstance(shown, list) else shown["errors"]
            if frame["type"] == "next":
                assert (await socket.receive())["type"] == "complete"
        assert errors == [errors[0]] * 3  # one line of the log, one id to find it by
        assert errors[0]["extensions"]["code"] == "INTERNAL"
        assert RAISED not in str(errors)
        await over(hall.sockets.streams)


async def test_what_is_over_is_over_for_all(
    hall: WebApp, asgi: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After everything before it was told."""
    go = asyncio.Event()
    (scan,) = (await world.app.scan_repository.latest([world.open.id])).values()

    async def follow(_: Library) -> AsyncGenerator[Scan, None]:
        await go.wait()
        for _number in range(3):
            yield scan

    monkeypatch.setattr(world.app.scanning, "follow", follow)
    async with audience(asgi, [world.alice] * 3, FOLLOW, id=world.open.ref) as sockets:
        await wait_until(lambda: world.app.metrics.subscriptions._value.get() == 3)
        go.set()
        for number, socket in enumerate(sockets):
            frames = [await socket.receive() for _ in range(4)]
            assert [frame["type"] for frame in frames] == ["next"] * 3 + ["complete"]
            assert frames[-1] == {"id": f"of-{number}", "type": "complete"}
        await over(hall.sockets.streams)
        await silent(*sockets)


async def test_who_subscribes_while_a_stream_ends_gets_another(
    hall: WebApp, asgi: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scan,) = (await world.app.scan_repository.latest([world.open.id])).values()
    ends, may_end = asyncio.Event(), asyncio.Event()

    async def follow(_: Library) -> AsyncGenerator[Scan, None]:
        try:
            yield scan
            await asyncio.sleep(60)
        finally:
            ends.set()
            await may_end.wait()

    monkeypatch.setattr(world.app.scanning, "follow", follow)
    async with audience(asgi, [world.alice], FOLLOW, id=world.open.ref) as (socket,):
        assert (await socket.receive())["type"] == "next"
        socket.send({"id": "of-0", "type": "complete"})
        await ends.wait()
        assert len(hall.sockets.streams) == 0
        socket.subscribe("of-0", FOLLOW, id=world.open.ref)
        assert (await socket.receive())["type"] == "next"
        assert len(hall.sockets.streams) == 1
        may_end.set()
        await wait_until(lambda: len(drivers()) == 1)
    assert not drivers()
    assert len(hall.sockets.streams) == 0


async def test_the_last_one_ends_it_and_nothing_stays(
    hall: WebApp, asgi: ASGIApp, world: World
) -> None:
    gauge = world.app.metrics.streams._value
    before = gauge.get()
    async with audience(asgi, [world.alice]):
        async with audience(asgi, [world.alice] * 2):
            await heard(world.app, 3)
            assert gauge.get() == before + 1
        assert len(hall.sockets.streams) == 1
        assert len(drivers()) == 1
    assert gauge.get() == before
    assert not hall.sockets.streams
    assert not drivers()
    assert "libraries" not in world.app.live._topics


async def test_a_shutdown_ends_every_stream(hall: WebApp, asgi: ASGIApp, world: World) -> None:
    async with audience(asgi, [world.alice, world.admin]) as sockets:
        await heard(world.app, 2)
        sockets[0].stalled.clear()
        await hall.sockets.close()
        assert not drivers()
        assert await sockets[1].ends() == 1012
        sockets[0].stalled.set()
    assert not world.app.live._topics.get("libraries")
