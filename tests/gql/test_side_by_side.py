"""Operations that are answered at the same time read together, and each is answered as it is alone:
by anybody, whatever they ask for.
"""

import asyncio
import os
from random import Random
from typing import Any, Final

import pytest

from app.core import batches
from app.core.access import Viewer
from app.core.batches import Batches, ByKeys
from app.gql.execution import Request
from tests.gql.both import Both
from tests.gql.comparison import Answer, difference
from tests.gql.documents import Generator

FULL = os.environ.get("SCALE") == "full"
ROUNDS: Final = 2_000 if FULL else 120
OF_A_SORT: Final = 5  # operations at once
NAMES: Final = ("admin", "alice", "child", "key", "anonymous")
WEIGHTS: Final = (4, 4, 4, 1, 1)
SEED: Final = "side by side"
pytestmark = [
    pytest.mark.uncounted,
    pytest.mark.usefixtures("quiet"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
BY_ID: Final = """query($id: ID!) { node(id: $id) { id
  ... on Movie { title library { name } genres { name } cast(first: 5) { person { name } }
    collection { name } versions { edition parts { file { name } } } progress { position } }
  ... on Show { title genres { name } seasons { number show { title } } }
  ... on Episode { title show { title } season { number } }
} }"""

Asked = tuple[Request, Viewer]


class Reads:
    """How many reads by keys are asked for, and how many are done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = self.done = 0
        of, found = batches._of, Batches.found

        def counted_of(read: ByKeys, keys: Any) -> Any:
            self.done += 1
            return of(read, keys)

        def counted_found(own: Batches, read: ByKeys, keys: Any) -> Any:
            self.asked += 1
            return found(own, read, keys)

        monkeypatch.setattr(batches, "_of", counted_of)
        monkeypatch.setattr(Batches, "found", counted_found)


def grouped(both: Both, dice: Random) -> list[Asked]:
    """Operations of several viewers: some by chance, and as many the same for other ids."""
    viewers = both.seeded.viewers

    def viewer() -> Viewer:
        return viewers[dice.choices(NAMES, WEIGHTS)[0]]

    pool = both.seeded.pool
    drawn = [Generator(both.facts, pool, dice).drawn().request for _ in range(OF_A_SORT)]
    ids = pool.ids[dice.choice(("movie", "show", "episode"))]
    same = [Request(BY_ID, {"id": dice.choice(ids)}, None) for _ in range(OF_A_SORT)]
    return [(one, viewer()) for one in (*drawn, *same)]


async def answered(both: Both, asked: Asked) -> Answer:
    return await both.ask(both.compiled, *asked, None)


async def differing(both: Both, asked: list[Asked], alone: list[Answer]) -> list[str]:
    """What is answered differently side by side."""
    found = await asyncio.gather(*(answered(both, one) for one in asked))
    told = []
    for one, expected, answer in zip(asked, alone, found, strict=True):
        why = await difference(expected, answer, both.lenient(*one, None))
        if why is not None:
            told.append(f"{one[1].username}: {why}\n{one[0]}\n{expected}\n{answer}")
    return told


@pytest.mark.timeout(7200 if FULL else 300)
@pytest.mark.parametrize("cached", [False, True])
async def test_each_is_answered_as_alone(
    both: Both, monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    cache, dice = both.seeded.app.cache, Random(SEED)
    monkeypatch.setattr(cache, "enabled", cached)
    asked = done = 0
    for _ in range(ROUNDS):
        group = grouped(both, dice)
        await forget(both)
        alone = [await answered(both, one) for one in group]
        assert all("data" in one for one in alone[OF_A_SORT:])
        await forget(both)
        with monkeypatch.context() as patch:
            reads = Reads(patch)
            assert await differing(both, group, alone) == []
        asked, done = asked + reads.asked, done + reads.done
    if not cached:  # else most have what they need, or wait for Redis until others have read
        assert done < 0.9 * asked, f"{done} reads done of {asked}"


async def forget(both: Both) -> None:
    """All that is kept of answers and of what they are made of."""
    app = both.seeded.app
    await app.cache.settle()
    app.cache.gap()
    await app.redis.client.flushdb()
