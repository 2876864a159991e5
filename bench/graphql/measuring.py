"""Load on one contender after the other, in rounds, and what it costs them."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from bench.graphql.answers import compare
from bench.graphql.contenders import Contender, Running, started
from bench.graphql.load import BadAnswer, Load, Target, under_load
from bench.graphql.operations import Asking, Dialect, Operation
from bench.graphql.seeding import Seeded
from bench.servers import Servers

TICKS: Final = os.sysconf("SC_CLK_TCK")
# More seconds of warming up: after a start, and before what has not been asked for yet.
NEW: Final = 2.0
NEW_ON_NODE, OTHER_ON_NODE = 12.0, 3.0  # V8 goes on compiling what it has found to be used much


class Run(Struct, frozen=True):
    """One contender, one operation, one round. Times in milliseconds, costs in microseconds of
    processor time per request: `cost` of the contender, `elsewhere` of the other core, where
    PostgreSQL and the load generator are.
    """

    contender: str
    operation: Operation
    round: int
    rate: float
    p50: float
    p99: float
    cost: float
    elsewhere: float
    busy: float  # part of the other core's time


def measure(running: Running, asking: Asking, load: Load, number: int = 0) -> Run:
    """One run."""
    (found,) = under_load([Target(running, asking, load)])
    if reasons := running.fallbacks():
        raise BadAnswer(f"Plans of {running.contender.name} gave up: {', '.join(reasons)}.")
    busy = max(0.0, found.seconds - found.idle / TICKS)
    return Run(
        contender=running.contender.name,
        operation=asking.operation,
        round=number,
        rate=found.answers / found.seconds,
        p50=found.p50,
        p99=found.p99,
        cost=found.spent / TICKS / found.answers * 1e6,
        elsewhere=busy / found.answers * 1e6,
        busy=busy / found.seconds,
    )


class Judge:
    """Compares what every contender says with what the first one said."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, Any]] = {}

    def hear(self, running: Running, operations: Sequence[Operation]) -> None:
        """Raises Different if it is not the same data."""
        for what, said in _said(running, operations):
            name, first = self._first.setdefault(what, (running.contender.name, said))
            compare((name, running.contender.name), what, (first, said))


def _said(running: Running, operations: Sequence[Operation]) -> Iterator[tuple[str, Any]]:
    """Every answer that matters: both viewers', and the page after the first one."""
    if running.contender.dialect is Dialect.TRIVIAL:
        return
    for operation in operations:
        for number, watcher in enumerate(running.seeded.watchers):
            said = None
            for place, asking in enumerate(Asking(operation, watcher).each(running.seeded)):
                said = running.data(asking)
                if said is None:
                    break
                yield f"operation {operation} of viewer {number}, {place}", said
            if said is not None and operation is Operation.A:
                after = said["movies"]["pageInfo"]["endCursor"]
                second = running.data(Asking(operation, watcher, after))
                yield f"page 2 of operation {operation} of viewer {number}", second


def rounds(
    contenders: Sequence[Contender],
    operations: Sequence[Operation],
    made: Servers,
    seeded: Seeded,
    load: Load,
    *,
    count: int,
    tell: Callable[[Run], None],
) -> list[Run]:
    """Everybody in turns: each round starts each contender once, with another one first."""
    found: list[Run] = []
    judge = Judge()
    for number in range(count):
        turn = number % len(contenders)
        for contender in (*contenders[turn:], *contenders[:turn]):
            with started(contender, made, seeded, load.cores.contender) as running:
                if number == 0:
                    judge.hear(running, operations)
                for run in _measured(running, operations, load, number):
                    tell(run)
                    found.append(run)
    return found


def _measured(
    running: Running, operations: Sequence[Operation], load: Load, number: int
) -> Iterator[Run]:
    node = running.contender.node
    warm = load.warm + (NEW_ON_NODE if node else NEW)
    for operation in operations:
        asking = Asking(operation, running.seeded.watchers[0])
        if running.asked(asking) is None:
            continue
        now = Load(load.seconds, warm, load.cores, load.connections)
        yield measure(running, asking, now, number)
        warm = load.warm + (OTHER_ON_NODE if node else 0)
