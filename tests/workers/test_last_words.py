"""A statement that begins while a dying PostgreSQL's last words are read: everybody tries again."""

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from app.container import Container
from app.core.db import Database
from app.core.jobs.ledger import Ledger
from app.core.notify import Listener
from tests.conftest import wait_until
from tests.workers import kinds
from tests.workers.kinds import Plain, acts, blocking, bound, enqueue, ledger, working


@pytest.fixture(autouse=True)
def handlers(app: Container) -> Iterator[None]:
    with bound(app, kinds):
        yield
    acts.clear()


class Failing:
    """Lets a method fail with what asyncpg raises then, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.calls: dict[str, int] = {}

    def once(self, owner: type, name: str) -> None:
        original = getattr(owner, name)

        async def method(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] = self.calls.get(name, 0) + 1
            if self.calls[name] == 1:
                raise asyncpg.InternalClientError("cannot switch to state 11; another operation")
            return await original(*args, **kwargs)

        self._monkeypatch.setattr(owner, name, method)


async def test_a_worker_goes_on(app: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(monkeypatch)
    names = ("claim", "renew", "reap", "finish")
    for name in names:
        failing.once(Ledger, name)
    started, release, runs = asyncio.Event(), asyncio.Event(), list[int]()
    acts["a"] = blocking(started, release, runs)
    async with working(app) as worker:
        await enqueue(app, Plain("a"))
        await asyncio.wait_for(started.wait(), 10)
        await wait_until(lambda: all(failing.calls.get(n, 0) >= 2 for n in names[:-1]))
        release.set()
        await wait_until(lambda: failing.calls.get("finish", 0) >= 2)
        assert not worker.broken.is_set()
    assert [(row["state"], row["attempt"]) for row in await ledger(app, "tests.plain")] == [
        ("completed", 1)
    ]
    assert len(runs) == 1


async def test_a_listener_listens_again(app: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(monkeypatch)
    failing.once(Database, "connect")
    failing.once(Listener, "_watch")
    listener = Listener(app.db)
    await listener.open()
    try:
        await wait_until(lambda: failing.calls.get("_watch", 0) >= 2 and listener.healthy)
    finally:
        await listener.close()
