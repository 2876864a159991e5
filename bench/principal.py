"""What it costs to know who asks: `python -m bench.principal [--rounds 30]`.

The same query that does nothing, by nobody and with every kind of credential, in turns, through the
whole application in this process. Ratios of one run are what counts: all had the same machine.
"""

import argparse
import asyncio
import statistics
import sys
import time
from typing import Any, Final

import orjson
import uvloop

from app.apikeys.domain import NewApiKey
from app.auth.domain import Entry
from app.cli.processes import settle
from app.container import Container
from app.core.access import SYSTEM, Permission
from app.core.config import load_config
from app.gql.credentials import ACCESS_COOKIE, CSRF_HEADER
from app.main import WebApp
from app.rbac.domain import BuiltIn
from app.users.domain import NewUser
from bench.asking import Headers, ask
from bench.servers import servers

BODY: Final = orjson.dumps({"query": "{ __typename }"})
ANSWER: Final = b'{"data":{"__typename":"Query"}'
EACH: Final = 100  # requests of a kind in a row
GOAL: Final = 1.3
NOBODY: Final = "nobody"
COMMON: Final[Headers] = [
    (b"host", b"bench"),
    (b"content-type", b"application/json"),
]


async def credentials(app: Container) -> dict[str, Headers]:
    """One user's headers, by how they show who asks."""
    async with app.db.write(SYSTEM) as tx:
        user = await app.user_repository.create(tx, NewUser(username="bench"))
        assert user is not None
        await app.rbac.set_roles(tx, user.id, [BuiltIn.USER.id])
        tokens = await app.sessions.open(tx, user.id, "password", Entry(), factor=True)
    viewer = await app.principals.viewer(tokens.access)
    wanted = NewApiKey(name="bench", scopes=(Permission.PROFILE_READ.value,))
    key = (await app.api_keys.create(viewer, wanted)).token
    cookie = f"{ACCESS_COOKIE}={tokens.access}".encode()
    return {
        NOBODY: COMMON,
        "session token": [*COMMON, (b"authorization", f"Bearer {tokens.access}".encode())],
        "session cookie": [*COMMON, (b"cookie", cookie), (CSRF_HEADER.encode(), b"1")],
        "API key": [*COMMON, (b"x-api-key", key.encode())],
    }


async def measure(app: Any, shown: dict[str, Headers], rounds: int) -> dict[str, list[float]]:
    """Seconds per request of every kind, one number a round; the kinds take turns."""
    taken: dict[str, list[float]] = {kind: [] for kind in shown}
    for number in range(rounds + 2):
        for kind, headers in shown.items():
            started = time.perf_counter()
            for _ in range(EACH):
                assert (await ask(app, headers, BODY)).startswith(ANSWER)
            if number >= 2:  # the first ones fill what is kept
                taken[kind].append((time.perf_counter() - started) / EACH)
    return taken


async def run(rounds: int, environment: dict[str, str]) -> dict[str, list[float]]:
    """The application on servers of its own, and everybody's requests."""
    app = Container(load_config(environment))
    await app.open()
    try:
        while not app.listener.healthy:  # noqa: ASYNC110 - until then nothing is kept
            await asyncio.sleep(0.01)
        shown = await credentials(app)
        await asyncio.sleep(0.2)  # what the making of credentials told everybody has been heard
        web = WebApp(app.config, app).asgi()
        settle()
        return await measure(web, shown, rounds)
    finally:
        await app.close()


def main() -> int:
    """Print the table; says whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    with servers() as made, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        taken = runner.run(run(given.rounds, made.environment))
    nobody = taken[NOBODY]
    print(f"| who asks | median of {given.rounds} × {EACH} | ratio | goal |\n|---|---|---|---|")
    worst = 0.0
    for kind, each in taken.items():
        # Neighbours in time are compared, so that a busy machine is busy for both.
        ratio = statistics.median(one / other for one, other in zip(each, nobody, strict=True))
        worst = max(worst, ratio)
        goal = "" if kind == NOBODY else f"≤ {GOAL}"
        print(f"| {kind} | {statistics.median(each) * 1e6:.0f} µs | {ratio:.2f} | {goal} |")
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
