"""Both executors over one database of everything."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from app.core.access import Viewer
from app.gql.compiled.fragments import Fragments
from app.gql.execution import Executor, Request
from app.schema import build_schema
from tests.gql.comparison import Answer, difference, reduced
from tests.gql.documents import Drawn
from tests.gql.executors import Executors
from tests.gql.facts import Facts
from tests.gql.faults import Faults
from tests.gql.seeded import Seeded

SCHEMA = build_schema()._schema


class Tally:
    """What the documents were made of, and what came of them."""

    def __init__(self) -> None:
        self.made = 0
        self.documents: set[str] = set()
        self.used: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.fields: set[str] = set()

    def add(self, drawn: Drawn, answer: Answer, faults: Faults | None) -> None:
        """Count one."""
        self.made += 1
        self.documents.add(drawn.request.query)
        self.used.update(drawn.used)
        self.fields |= drawn.fields
        self.answers.update(_sorts(answer))
        if faults is not None:
            self.answers.update(faults.happened)


def _sorts(answer: Answer) -> set[str]:
    if "data" not in answer:
        return {"refused"}
    codes = {f"error {e['extensions']['code']}" for e in answer.get("errors", ())}
    if answer["data"] is None:
        return {"no data", *codes}
    return {"data with errors" if codes else "data", *codes}


class Compared(NamedTuple):
    """Two answers, and what they differ in."""

    told: str | None
    expected: Answer
    found: Answer


class Both:
    """Both executors over one database, and the reference without propagation to ask in doubt."""

    def __init__(self, seeded: Seeded) -> None:
        self.seeded = seeded
        self.facts, self.tally = Facts(SCHEMA), Tally()
        config = seeded.app.config.graphql
        assert config.compiled
        self.fragments = Fragments(seeded.app.cache, 16 << 20)
        self.executors = Executors(build_schema, config, seeded.app.metrics, self.fragments)
        self.reference, self.compiled = self.executors.reference, self.executors.compiled

    async def ask(
        self, executor: Executor, request: Request, viewer: Viewer, faults: Faults | None
    ) -> Answer:
        """The answer of one of them."""
        context = self.seeded.context(viewer, faults)
        return await self.executors.answer(executor, request, viewer, context)

    def lenient(
        self, request: Request, viewer: Viewer, faults: Faults | None
    ) -> Callable[[], Awaitable[Answer]]:
        """Asks for all the errors there are."""
        return lambda: self.ask(self.executors.lenient, request, viewer, faults)

    async def compared(
        self, request: Request, viewer: Viewer, faults: Faults | None, times: int = 1
    ) -> Compared:
        """Both answers. What comes a third time is put together from what was kept of the first
        two; the first that differs is shown.
        """
        expected = await self.ask(self.reference, request, viewer, faults)
        lenient = self.lenient(request, viewer, faults)
        for _ in range(times):
            found = await self.ask(self.compiled, request, viewer, faults)
            told = await difference(expected, found, lenient)
            if told is not None:
                break
        return Compared(told, expected, found)

    async def check(
        self, request: Request, viewer: Viewer, faults: Faults | None, times: int = 1
    ) -> Answer:
        """The answer of both. Fails with the smallest request that is answered differently."""
        first = await self.compared(request, viewer, faults, times)
        if first.told is None:
            return first.expected

        async def differs(smaller: Request) -> bool:
            return (await self.compared(smaller, viewer, faults, 3)).told is not None

        small = await reduced(request, differs)
        again = await self.compared(small, viewer, faults, 3)
        shown = [(request, first), (small, again)]
        raise AssertionError(
            f"as {viewer.username or 'anonymous'}, {faults}\n\n"
            + "\n\n".join(
                f"{asked.query}\n{asked.variables} {asked.operation_name}\n{one}"
                for asked, one in shown
            )
        )

    async def everybody(self, request: Request) -> None:
        """The same for all viewers, one after the other."""
        for viewer in self.seeded.viewers.values():
            await self.check(request, viewer, None)
