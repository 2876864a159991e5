"""Load on one contender after the other, in rounds, and what it costs them."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from msgspec import Struct

from bench.graphql.answers import compare
from bench.graphql.contenders import HERE, Contender, Cores, Running, started
from bench.graphql.operations import Asking, Dialect, Operation
from bench.graphql.seeding import Seeded
from bench.servers import Servers

CONNECTIONS: Final = 32
TICKS: Final = os.sysconf("SC_CLK_TCK")
IDLE_TICKS: Final = 3  # in a fifth of a second, of a process that does nothing
LONGEST_REST: Final = 20.0
NEW: Final = 2.0  # more seconds of warming up after a start: compilers at run time need them


class BadAnswer(Exception):
    """Under load a contender answered something else than without."""


class Load(Struct, frozen=True):
    """How long one thing is asked for, in seconds."""

    seconds: float
    warm: float
    cores: Cores
    connections: int = CONNECTIONS


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


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def spent(pid: int) -> int:
    """Processor time of a process, in ticks."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(values[11]) + int(values[12])


def calm(pid: int) -> None:
    """Wait until it has nothing left to do for those who hung up."""
    due, before = time.monotonic() + LONGEST_REST, -IDLE_TICKS
    while time.monotonic() < due and (now := spent(pid)) - before >= IDLE_TICKS:
        before = now
        time.sleep(0.2)


def started_load(running: Running, asking: Asking, load: Load) -> "subprocess.Popen[bytes]":
    """The load generator, under way."""
    wanted = running.asked(asking)
    assert wanted is not None, "only what can be asked is measured"
    asked = {
        "url": f"{running.address}{wanted.path}",
        "method": wanted.method,
        "headers": wanted.headers,
        "body": wanted.body.decode(),
        "length": len(running.answer(wanted).decode()),
        "pids": family(running.pid),
        "cores": [load.cores.others],
        "connections": load.connections,
        "seconds": load.seconds,
        "warm": load.warm,
    }
    command = ["node", "load.js", orjson.dumps(asked).decode()]
    return subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE)


def finished(running: Running, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """What it saw. Raises BadAnswer if any answer was not as without load."""
    said, _ = process.communicate()
    name = running.contender.name
    if process.returncode != 0 or not said:
        raise BadAnswer(f"The load generator failed at {name}.")
    found: dict[str, Any] = orjson.loads(said)
    if found["wrong"] or not found["answers"]:
        raise BadAnswer(f"Under load {name} gave {'; '.join(found['wrong']) or 'no answer'}.")
    return found


def measure(running: Running, asking: Asking, load: Load, number: int = 0) -> Run:
    """One run."""
    calm(running.pid)
    found = finished(running, started_load(running, asking, load))
    if reasons := running.fallbacks():
        raise BadAnswer(f"Plans of {running.contender.name} gave up: {', '.join(reasons)}.")
    answers, seconds = found["answers"], found["seconds"]
    busy = max(0.0, seconds - found["idle"][0] / TICKS)
    return Run(
        contender=running.contender.name,
        operation=asking.operation,
        round=number,
        rate=answers / seconds,
        p50=found["p50"],
        p99=found["p99"],
        cost=found["ticks"] / TICKS / answers * 1e6,
        elsewhere=busy / answers * 1e6,
        busy=busy / seconds,
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
            said = running.data(Asking(operation, watcher))
            if said is None:
                continue
            yield f"operation {operation} of viewer {number}", said
            if operation is Operation.A:
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
    warm = load.warm + NEW
    for operation in operations:
        asking = Asking(operation, running.seeded.watchers[0])
        if running.asked(asking) is None:
            continue
        now = Load(load.seconds, warm, load.cores, load.connections)
        yield measure(running, asking, now, number)
        warm = load.warm
