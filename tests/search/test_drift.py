"""Documents are what the content is, and the search server has them, whatever was written and
whatever became of the server meanwhile.

10,000 writes with SCALE=full, a twentieth otherwise; SEED plays another game.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.jobs import Queue
from app.search.jobs import TellSearchServer
from tests.faults.scale import FULL, dice, scaled
from tests.gql.kept.stage import Stage
from tests.search.changes import CHANGES, change
from tests.search.drift import drift, served_otherwise
from tests.search.typesense import TypesenseProcess
from tests.support.api import Api
from tests.support.people import Somebody
from tests.workers.kinds import working

WRITES: Final = scaled(10_000)
TROUBLES: Final = 8  # how often something becomes of the server
BACK: Final = 60  # seconds after which it has everything again
ANSWERED: Final = 1.0  # seconds without the server
AT_ONCE: Final = 0.3  # seconds while nobody even asks it
COMPARED_EVERY: Final = 20  # writes
FOLLOWING: Final = ("search.index", "libraries.delete", "people.merge", "catalog.cleanup")
UNDONE: Final = text(
    "select kind, count(*) from jobs where state in ('available', 'running')"
    " and kind = any(cast(:kinds as text[])) group by kind"
)
DISCARDED: Final = text("select kind, errors from jobs where state = 'discarded'")
ASK: Final = "query($text: String!) { search(query: $text, first: 5) { totalCount } }"
pytestmark = [pytest.mark.uncounted, pytest.mark.timeout(3600 if FULL else 300)]


class Asking:
    """Somebody who searches over GraphQL, each time for something else: no answer is kept."""

    def __init__(self, api: Api, who: Somebody) -> None:
        self._api, self._who, self._asked = api, who, 0

    async def __call__(self) -> tuple[float, dict[str, Any]]:
        """How long it took, and what the answer says of the backend."""
        self._asked += 1
        started = time.perf_counter()
        answer = await self._api.send(ASK, {"text": f"film {self._asked}"}, self._who)
        took = time.perf_counter() - started
        assert "errors" not in answer, answer
        said: dict[str, Any] = answer["extensions"]["search"]
        return took, said

    async def without(self) -> float:
        """PostgreSQL stands in, and says so; how long the slowest answers took."""
        times = []
        for _ in range(6):
            took, said = await self()
            times.append(took)
            assert said == {"backend": "postgresql", "degraded": True}
        *_, slow, _ = sorted(times)  # one may have met a busy machine
        assert slow < ANSWERED, f"answered after {slow:.2f} s"
        soon = min([(await self())[0] for _ in range(3)])  # by now nobody asks the server
        assert soon < AT_ONCE, f"answered after {soon:.2f} s though nobody was asked"
        return slow


async def settled(app: Container, kinds: Sequence[str]) -> None:
    """Until jobs of these kinds are done."""
    async with asyncio.timeout(BACK):
        while await app.db.records(UNDONE, {"kinds": list(kinds)}):
            await asyncio.sleep(0.02)


async def trouble(server: TypesenseProcess, number: int) -> None:
    """It is killed, killed with all that it had, or stands still."""
    match number % 3:
        case 0:
            await asyncio.to_thread(server.kill)
            server.wipe()
        case 1:
            server.pause()
        case _:
            await asyncio.to_thread(server.kill)


class Play:
    """Writes in turn, and what becomes of the server between them."""

    def __init__(self, app: Container, stage: Stage, rng: Random, server: TypesenseProcess) -> None:
        self.app, self.stage, self.rng, self.server = app, stage, rng, server
        self.written: Counter[str] = Counter()
        self.slowest = 0.0

    async def run(self, asking: Asking) -> None:
        """All writes; the server is back after the last of them."""
        part = WRITES // (2 * TROUBLES)
        for number in range(TROUBLES):
            await self._write(part)
            await trouble(self.server, number)
            await self._write(part // 2)
            self.slowest = max(self.slowest, await asking.without())
            await self._write(part - part // 2)
            if number < TROUBLES - 1:
                await asyncio.to_thread(self.server.resume)

    async def _write(self, count: int) -> None:
        for _ in range(count):
            self.written[await change(self.app, self.stage, self.rng)] += 1
            if self.written.total() % COMPARED_EVERY == 0:
                await self._compare()

    async def _compare(self) -> None:
        """Nothing that was written later hides what was forgotten before."""
        await settled(self.app, FOLLOWING)
        differing = await drift(self.app)
        assert not differing, f"after {self.written.total()} writes: {differing}"


async def test_nothing_drifts(app: Container, api: Api, typesense: TypesenseProcess) -> None:
    rng = dice("drift")
    stage = await Stage.make(app)
    asking = Asking(api, stage.everybody[-1])
    play = Play(app, stage, rng, typesense)
    started = time.perf_counter()
    async with working(app, *Queue):
        await play.run(asking)
        took = time.perf_counter() - started
        await asyncio.to_thread(typesense.resume)
        back = time.perf_counter()
        async with asyncio.timeout(BACK):
            await settled(app, (*FOLLOWING, TellSearchServer.policy.name))
            while differing := await served_otherwise(app):
                assert differing
                await asyncio.sleep(0.2)
            back = time.perf_counter() - back
            assert await drift(app) == []
            while (await asking())[1]["degraded"]:  # the breaker lets the next one through
                await asyncio.sleep(0.5)
    assert await app.db.records(DISCARDED) == []
    print(
        f"{sum(play.written.values())} writes in {took:.0f} s, none failed; without the server"
        f" answered within {play.slowest:.2f} s; equal {back:.1f} s after its return"
    )
    if FULL:
        assert set(play.written) == {one.__name__ for one in CHANGES}
