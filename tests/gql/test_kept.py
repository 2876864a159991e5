"""Nobody is served what is not theirs to see, or no longer so: with all that is kept, the answers
are those of a server that keeps nothing, whatever was written between.

1,000 steps with one process and 1,000 with three in an ordinary run, 20,000 each with SCALE=full; a
step is a question or a change. SEED plays another game.
"""

import asyncio
import os
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson
import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.recording import Recording
from app.gql.compiled.fragments import Table
from tests.conftest import wait_until
from tests.gql.kept.changes import CHANGES, change
from tests.gql.kept.questions import ASKED, Question, question
from tests.gql.kept.servers import Answer, Server, acknowledged, servers
from tests.gql.kept.stage import Stage
from tests.support.people import Somebody

FULL: Final = os.environ.get("SCALE") == "full"
STEPS: Final = 20_000 if FULL else 1000
SEED: Final = int(os.environ.get("SEED", "7"))
LANGUAGES: Final = ("en", "de")
OFF: Final = {"cache": {"enabled": False}}
pytestmark = [pytest.mark.uncounted, pytest.mark.timeout(3600 if FULL else 240)]


class Play:
    """Questions and changes in turn, each answer beside that of the server that keeps nothing."""

    def __init__(
        self, stage: Stage, keeping: Sequence[Server], plain: Server, dice: Random
    ) -> None:
        self.stage, self.keeping, self.plain, self.dice = stage, keeping, plain, dice
        self.asked: deque[tuple[Question, list[Somebody | None]]] = deque(maxlen=8)
        self.changed: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()  # documents, without errors
        self.last = ""
        self.steps = 0

    async def run(self, steps: int) -> None:
        """As many steps."""
        while self.steps < steps:
            await self._change()
            for _ in range(self.dice.randint(1, 2)):
                await self._burst()

    async def _change(self) -> None:
        writer = self.dice.choice(self.keeping)
        self.last = await change(writer.app, self.stage, self.dice)
        await acknowledged(writer, [*self.keeping, self.plain])
        self.changed[self.last] += 1
        self.steps += 1

    async def _burst(self) -> None:
        """One question, by some, several times and at once on all processes."""
        dice = self.dice
        if self.asked and dice.random() < 0.6:
            asked, known = dice.choice(self.asked)
            known = [self._now(one) for one in known]
        else:
            asked, known = question(self.stage, dice), self.stage.askers(dice)
            self.asked.append((asked, known))
        who = [*known, *([self.stage.asker(dice)] if dice.random() < 0.3 else [])]
        for _ in range(dice.randint(2, 5)):
            where = [(dice.choice(self.keeping), one) for one in who]
            answers = await asyncio.gather(*(server.ask(asked, one) for server, one in where))
            for one, answer in zip(who, answers, strict=True):
                await self._compare(asked, one, answer)
                self.steps += 1

    def _now(self, who: Somebody | None) -> Somebody | None:
        """Somebody with the token of today."""
        everybody = {one.id: one for one in self.stage.everybody}
        return who if who in (None, self.stage.key) else everybody[who.id]

    async def _compare(self, asked: Question, who: Somebody | None, answer: Answer) -> None:
        expected = await self.plain.ask(asked, who)
        if answer.body.startswith(b'{"data":'):
            self.answered[orjson.loads(asked.body)["query"]] += 1
        assert answer == expected, (
            f"seed {SEED}, step {self.steps}, after {self.last}, asked by"
            f" {who.username if who else 'nobody'}: {asked.body!r}"
        )


class Taken:
    """How many fragments were taken again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, find = 0, Table.find

        def counted(table: Table, entities: list[Any], recording: Recording | None) -> list[Any]:
            found = find(table, entities, recording)
            self.count += sum(one is not None for one in found)
            return found

        monkeypatch.setattr(Table, "find", counted)


@pytest.mark.parametrize("processes", [1, 3])
async def test_what_is_kept_is_what_would_be_read(
    processes: int,
    app: Container,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = Taken(monkeypatch)
    configs = [*([{}] * processes), OFF]
    async with servers((database_url, redis_url), tmp_path, *configs) as (*keeping, plain):
        stage = await Stage.make(keeping[0].app)
        await keeping[0].app.settings.update(SYSTEM, "metadata.languages", " ".join(LANGUAGES))
        play = Play(stage, keeping, plain, Random(SEED))
        await acknowledged(keeping[0], [*keeping, plain])
        for one in (*keeping, plain):  # what is not in a cache follows a moment later
            await wait_until(lambda of=one.app: of.languages.fetched() == LANGUAGES)
        await play.run(STEPS)
        hits = sum(one.hits for one in keeping)
        assert plain.hits == 0
    print(
        f"{processes} processes, {play.steps} steps, {sum(play.changed.values())} changes,"
        f" {hits} answers and {taken.count} fragments taken again: no difference"
    )
    assert hits > STEPS // 50
    assert taken.count > STEPS // 20
    assert sum(play.answered.values()) > STEPS // 2
    if FULL:
        assert set(play.answered) == {document for document, _ in ASKED}
        assert set(play.changed) == {one.__name__ for one in CHANGES}
