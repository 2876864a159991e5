"""Everybody signs in at once: `python -m bench.logins [--people 500]`.

Real hashes (argon2id of 64 MiB, three passes), one API process as `revenge serve` starts it, people
with accounts and addresses of their own. Nobody may see a server error or wait too long; who cannot
be served in time is told when to come back. The same is done to a process that hashes on as many
threads as there are people, without a queue: the bench is only good if that one fails.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from unittest.mock import patch

import orjson
from argon2 import PasswordHasher
from msgspec import Struct
from sqlalchemy import insert

from app.auth.models import user_passwords
from app.cli import processes
from app.container import Container
from app.core.access import SYSTEM
from app.core.config import load_config
from app.core.logging import configure_logging
from app.rbac.domain import BuiltIn
from app.users.domain import NewUser
from bench.servers import Servers, peak_memory, servers, serving

MUTATION: Final = """mutation Login($username: String!, $password: String!) {
  login(username: $username, password: $password) { __typename }
}"""
PASSWORD: Final = "a long enough password"
KIB: Final = 64 << 10
PASSES: Final = 3
MOST_MEMORY: Final = 500_000_000
MOST_LAG: Final = 0.1
MOST_WAIT: Final = 15.0
TICK: Final = 0.005
UNBOUNDED: Final = "unbounded"
LAG_FILE: Final = "lag.json"
PATIENCE: Final = 90.0


class Login(Struct, frozen=True):
    """How one login went."""

    outcome: str
    took: float


class Run(Struct, frozen=True):
    """What one process did with everybody."""

    logins: list[Login]
    lags: list[float]
    memory: int

    @property
    def outcomes(self) -> Counter[str]:
        """How many logins ended in which way."""
        return Counter(login.outcome for login in self.logins)

    @property
    def broken(self) -> int:
        """Logins that were neither let in nor told when to come back."""
        good = ("LoginSuccess", "RATE_LIMITED, come back later")
        return sum(count for outcome, count in self.outcomes.items() if outcome not in good)

    @property
    def let_in(self) -> int:
        """Logins that succeeded."""
        return self.outcomes["LoginSuccess"]

    @property
    def lag(self) -> float:
        """How late the event loop was, 99 times of 100; in seconds."""
        return statistics.quantiles(self.lags, n=100)[-1]

    @property
    def latest(self) -> float:
        """The longest that somebody waited; in seconds."""
        return max(login.took for login in self.logins)

    @property
    def missed(self) -> list[str]:
        """The goals that it missed."""
        goals = {
            "errors": self.broken == 0,
            "nobody let in": self.let_in > 0,
            "memory": self.memory < MOST_MEMORY,
            "lag": self.lag < MOST_LAG,
            "wait": self.latest <= MOST_WAIT,
        }
        return [goal for goal, met in goals.items() if not met]


def name_of(number: int) -> str:
    """A user name."""
    return f"person-{number}"


async def populate(made: Servers, people: int) -> None:
    """Accounts with passwords, of which one hash is enough."""
    hashed = PasswordHasher(time_cost=PASSES, memory_cost=KIB, parallelism=1).hash(PASSWORD)
    app = Container(made.config)
    await app.open()
    try:
        async with app.db.write(SYSTEM) as tx:
            for number in range(people):
                user = await app.user_repository.create(tx, NewUser(username=name_of(number)))
                assert user is not None
                await app.rbac.set_roles(tx, user.id, [BuiltIn.USER.id])
                await tx.execute(
                    insert(user_passwords).values(user_id=user.id, hash=hashed, one_time=False)
                )
    finally:
        await app.close()


def request_of(number: int) -> bytes:
    """A login as it goes over the wire, from an address of one's own."""
    variables = {"username": name_of(number), "password": PASSWORD}
    body = orjson.dumps({"query": MUTATION, "variables": variables})
    head = (
        "POST /graphql HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n"
        f"x-forwarded-for: 10.1.{number // 250}.{number % 250 + 1}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def outcome_of(answer: bytes) -> str:
    """What an HTTP answer says, in a word."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head[9:12]) if head.startswith(b"HTTP/1.1 ") else 0
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return f"status {status}"
    if found.get("errors"):
        extensions = found["errors"][0].get("extensions", {})
        code = str(extensions.get("code"))
        later = code == "RATE_LIMITED" and extensions.get("retryAfter", 0) > 0
        return f"{code}, come back later" if later else f"{code} ({status})"
    return str(found["data"]["login"]["__typename"]) if status == 200 else f"status {status}"


async def log_in(number: int, port: int, go: asyncio.Event, ready: asyncio.Semaphore) -> Login:
    """Connect, wait for the others, and log in."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ready.release()
    await go.wait()
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            writer.write(request_of(number))
            answer = await reader.read()
        outcome = outcome_of(answer)
    except TimeoutError:
        outcome = "no answer"
    except OSError as error:
        outcome = type(error).__name__
    finally:
        writer.close()
    return Login(outcome, time.perf_counter() - started)


async def everybody(port: int, people: int) -> tuple[list[Login], float, float]:
    """All of them at once; with the moments of the first request and the last answer."""
    go, ready = asyncio.Event(), asyncio.Semaphore(0)
    coming = [asyncio.create_task(log_in(n, port, go, ready)) for n in range(people)]
    for _ in coming:
        await ready.acquire()
    started = time.monotonic()
    go.set()
    logins = await asyncio.gather(*coming)
    return logins, started, time.monotonic()


def measure(made: Servers, people: int, *arguments: str) -> Run:
    """One API process, and everybody."""
    port = int(made.environment["REVENGE_SERVER__PORT"])
    with serving(made, "-m", "bench.logins", "--serve", *arguments) as (_, pid):
        warm, _, _ = asyncio.run(everybody(port, 1))
        assert warm[0].outcome == "LoginSuccess", warm
        logins, started, ended = asyncio.run(everybody(port, people))
        memory = peak_memory(pid)
    ticks = orjson.loads((made.folder / "data" / LAG_FILE).read_bytes())
    return Run(logins, [lag for at, lag in ticks if started <= at <= ended], memory)


async def watch(ticks: list[tuple[float, float]]) -> None:
    """How late the event loop is, every few milliseconds.

    Where it stood still for long, the ticks that should have been meanwhile were late as well.
    """
    due = time.monotonic() + TICK
    while True:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        now = time.monotonic()
        while due <= now:
            ticks.append((due, now - due))
            due += TICK


class Watched(Container):
    """The application, with an eye on its event loop."""

    async def open(self) -> None:
        await super().open()
        self.ticks: list[tuple[float, float]] = []
        self.ticking = asyncio.create_task(watch(self.ticks))

    async def close(self) -> None:
        self.ticking.cancel()
        (self.config.data / LAG_FILE).write_bytes(orjson.dumps(self.ticks))
        await super().close()


class Unbounded(Watched):
    """The same, hashing at once whatever comes."""

    async def open(self) -> None:
        vars(self.hasher).update(
            _pool=ThreadPoolExecutor(512),
            _slots=asyncio.Semaphore(512),
            _threads=512,
            _most_wait=PATIENCE,
        )
        await super().open()


def serve(*, unbounded: bool) -> None:
    """`revenge serve`, watched."""
    configure_logging("warning", "json")
    with patch.object(processes, "Container", Unbounded if unbounded else Watched):
        processes.run_api(load_config(os.environ))


def table(runs: dict[str, Run]) -> None:
    """Print what was measured."""
    shown = list(runs.values())
    rows = [
        (outcome, [str(run.outcomes[outcome]) for run in shown], "")
        for outcome in sorted({o for run in shown for o in run.outcomes})
    ]
    rows += [
        ("server errors", [str(run.broken) for run in shown], "0"),
        ("peak memory", [f"{run.memory / 1e6:,.0f} MB" for run in shown], "< 500 MB"),
        ("event loop's lag, p99", [f"{run.lag * 1000:.0f} ms" for run in shown], "< 100 ms"),
        ("latest answer", [f"{run.latest:.1f} s" for run in shown], "≤ 15 s"),
        ("goals missed", [", ".join(run.missed) or "none" for run in shown], ""),
    ]
    print(f"| what | {' | '.join(runs)} | goal |\n|{'---|' * (len(runs) + 2)}")
    for what, values, goal in rows:
        print(f"| {what} | {' | '.join(values)} | {goal} |")


def main() -> int:
    """Print the table; says whether all is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--no-control", action="store_true")
    parser.add_argument("--serve", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        serve(unbounded=UNBOUNDED in given.serve)
        return 0
    runs: dict[str, Run] = {}
    with servers() as made:
        asyncio.run(populate(made, given.people))
        try:
            runs["Revenge"] = measure(made, given.people)
            if not given.no_control:
                runs["unbounded hasher"] = measure(made, given.people, UNBOUNDED)
        finally:
            for log in made.folder.glob("*.log"):
                sys.stderr.write(log.read_text(errors="replace")[-3000:])
    print(f"{given.people} logins at once, {os.cpu_count()} cores\n")
    table(runs)
    good = not runs["Revenge"].missed
    return 0 if good and (given.no_control or runs["unbounded hasher"].missed) else 1


if __name__ == "__main__":
    sys.exit(main())
