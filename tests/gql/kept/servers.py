"""Processes of one server: three that keep what they can, and one that keeps nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
from msgspec import Struct

from app.container import Container
from app.core.config import Config
from app.core.ids import new_id
from app.core.outbox import OutboxMessage
from app.main import WebApp
from tests.conftest import make_config, wait_until
from tests.gql.kept.questions import Question
from tests.support.people import Somebody

CHANNEL: Final = "tests_kept"
OWN: Final = ("x-request-id",)  # headers that differ between any two answers


class Answer(Struct, frozen=True):
    """All of a response that says something."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Server:
    """One process's part of it, with the whole ASGI application."""

    def __init__(self, config: Config) -> None:
        self.app = Container(config)
        self.web = WebApp(config, self.app)
        self.heard: set[str] = set()
        self.app.listener.hear(CHANNEL, self.heard.add)
        self.forgotten: set[str] = set()
        self.app.live.on_stale = self._forget
        transport = httpx.ASGITransport(app=self.web.asgi())
        self.http = httpx.AsyncClient(transport=transport, base_url="http://revenge.test")

    async def ask(self, question: Question, who: Somebody | None) -> Answer:
        """What this process answers."""
        headers = {"content-type": "application/json", "accept-language": question.language}
        if who is not None:
            headers["authorization"] = who.authorization
        response = await self.http.post("/graphql", content=question.body, headers=headers)
        told = tuple((k, v) for k, v in response.headers.multi_items() if k not in OWN)
        return Answer(response.status_code, told, response.content)

    def _forget(self, tags: Sequence[str]) -> None:
        """Note what this process has forgotten: its cache does not know any longer, once another
        process that is new to it made it forget everything.
        """
        self.app.cache.stale(tags)
        self.forgotten.update(tags)

    @property
    def hits(self) -> int:
        """How many whole answers were taken from those that are kept."""
        [family] = self.app.metrics.cache_hits.collect()
        found = [s for s in family.samples if s.name.endswith("_total")]
        return int(sum(s.value for s in found if "responses" in s.labels.values()))


@contextlib.asynccontextmanager
async def servers(
    addresses: tuple[str, str], data: Path, *configs: dict[str, Any]
) -> AsyncIterator[list[Server]]:
    """Open servers on the same database and Redis, which hear each other."""
    made = [Server(make_config(*addresses, data, **config)) for config in configs]
    async with contextlib.AsyncExitStack() as stack:
        for one in made:
            await one.app.open()
            stack.push_async_callback(one.app.close)
            stack.push_async_callback(one.http.aclose)
        for one in made:
            await wait_until(lambda of=one.app: of.live.healthy and of.listener.healthy)
        yield made


async def acknowledged(writer: Server, others: Sequence[Server]) -> None:
    """Until all have heard what the writer has told: what is told after it, on the same ways."""
    token = new_id().hex
    publisher = writer.app.db.publisher
    assert publisher is not None

    def heard() -> bool:
        return all(token in one.forgotten and token in one.heard for one in others)

    async with asyncio.timeout(60):
        while not heard():  # a machine that stands still for a moment loses what is told meanwhile
            await publisher.transport.deliver(OutboxMessage(new_id(), (token,)))
            await writer.app.db.pool.execute("select pg_notify($1, $2)", CHANNEL, token)
            with contextlib.suppress(TimeoutError):
                await wait_until(heard, timeout=2)
