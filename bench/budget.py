"""What an operation may cost, counted: `python -m bench.budget [--record]`.

Calls of Python functions and statements of SQL for operations A, B and C through the whole
application in this process, with caches off and with warm ones, against the figures in
`budget.json`. Counts do not depend on the speed of the machine, nor on what else it does. More than
10 % over is a failure; `--record` writes down what it is now.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import uvloop

from app.container import Container
from app.core.combined import OFTEN
from app.core.config import load_config
from app.main import WebApp
from bench.asking import ask
from bench.graphql.operations import Asking, Dialect, Operation, request
from bench.graphql.seeding import Seeded, seed
from bench.servers import servers

FILE: Final = Path(__file__).with_name("budget.json")
MOVIES: Final = 200
TRIES: Final = 5  # the least of them: what runs in the background comes and goes
WARMING: Final = OFTEN + 4
OVER: Final = 1.10
OPERATIONS: Final = (Operation.A, Operation.B, Operation.C)
KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "cold": {"REVENGE_CACHE__ENABLED": "false"},
    "warm": {"REVENGE_CACHE__RESPONSE_BYTES": "0"},
    "hit": {},
}
Counts = dict[str, dict[str, int]]


async def counted(work: Callable[[], Any], app: Container) -> tuple[int, int]:
    """How many functions were called and statements sent while something was done."""
    calls = 0
    statements: list[str] = []

    def called(_: Any, event: str, __: Any) -> None:
        nonlocal calls
        calls += event == "call"

    app.db.sent = statements.append
    sys.setprofile(called)
    try:
        await work()
    finally:
        sys.setprofile(None)
        app.db.sent = None
    return calls, len(statements)


async def measure(environment: Mapping[str, str], seeded: Seeded) -> Counts:
    """Counts of every operation under one kind of settings."""
    app = Container(load_config(environment))
    await app.open()
    found: Counts = {}
    try:
        while not (app.listener.healthy and app.live.healthy):  # noqa: ASYNC110 - until then nothing is kept
            await asyncio.sleep(0.01)
        web = WebApp(app.config, app).asgi()
        for operation in OPERATIONS:
            asked = request(Dialect.OURS, Asking(operation, seeded.watchers[0]), seeded)
            assert asked is not None
            headers = [(b"host", b"bench")]
            headers += [(k.encode(), v.encode()) for k, v in asked.headers.items()]

            async def once(body: bytes = asked.body, headers: Any = headers) -> None:
                assert b'"errors"' not in await ask(web, headers, body)

            for _ in range(WARMING):
                await once()
                await app.cache.settle()
            tries = [await counted(once, app) for _ in range(TRIES)]
            found[operation.value] = {
                "calls": min(calls for calls, _ in tries),
                "statements": min(statements for _, statements in tries),
            }
    finally:
        await app.close()
    return found


def statements_of(now: Mapping[str, Counts], recorded: Mapping[str, Any]) -> dict[str, Counts]:
    """The budget where none is recorded for this Python: functions are not called alike there, so
    that statements alone count.
    """
    print("No calls are recorded for this version of Python: statements alone are compared.")
    known = next(iter(recorded.values()), now)
    return {
        kind: {
            name: {**counts, "statements": known[kind][name]["statements"]}
            for name, counts in operations.items()
        }
        for kind, operations in now.items()
    }


def over(now: Mapping[str, Counts], allowed: Mapping[str, Counts]) -> list[str]:
    """What costs more than 10 % over its budget, in sentences."""
    found = []
    for kind, operations in now.items():
        for name, counts in operations.items():
            for what, number in counts.items():
                most = allowed[kind][name][what]
                if number > most * OVER:
                    found.append(f"{name} {kind}: {number} {what}, recorded are {most}.")
    return found


def main() -> int:
    """Print the counts; says whether they are within the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    recorded: dict[str, dict[str, Counts]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    with servers() as made, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        base = {**made.environment, "REVENGE_LIMITS__ENABLED": "false"}
        seeded = runner.run(seed(load_config(base), MOVIES))
        now = {kind: runner.run(measure({**base, **more}, seeded)) for kind, more in KINDS.items()}
    allowed = recorded.get(version) or statements_of(now, recorded)
    print("| operation | calls (recorded) | statements (recorded) |\n|---|---|---|")
    for kind, operations in now.items():
        for name, counts in operations.items():
            cells = [f"{counts[w]} ({allowed[kind][name][w]})" for w in ("calls", "statements")]
            print(f"| {name} {kind} | {' | '.join(cells)} |")
    if given.record:
        FILE.write_text(json.dumps({**recorded, version: now}, indent=2) + "\n")
        return 0
    found = over(now, allowed)
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
