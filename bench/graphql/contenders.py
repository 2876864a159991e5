"""The contenders, and how each is started, on a given processor core."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
from msgspec import Struct

from app.core.config import settings_table
from app.core.embedded.child import die_with_parent, quiet_fork
from bench.graphql.answers import films
from bench.graphql.operations import Asking, Dialect, Operation, Request, request
from bench.graphql.seeding import Seeded
from bench.servers import ROOT, Servers, ended, free_port

HERE: Final = Path(__file__).parent
_FALLBACK: Final = re.compile(
    r'^revenge_gql_fallback_total\{reason="([^"]*)"\} (\S+)$', re.MULTILINE
)
PATIENCE: Final = 60.0  # seconds for a start
_SERVE: Final = ("-m", "app.cli", "serve")
_KNOWN: Final = frozenset(name for name, _, _ in settings_table())
_RESPONSES: Final = "REVENGE_CACHE__RESPONSE_BYTES"
_NO_RESPONSES: Final = {_RESPONSES: "0"}
_COLD: Final = {"REVENGE_CACHE__ENABLED": "false", **_NO_RESPONSES}


class Contender(Struct, frozen=True):
    """A server to be measured: a Python module's arguments, or a script of Node."""

    name: str
    what: str
    dialect: Dialect
    command: tuple[str, ...]
    environment: Mapping[str, str] = {}

    @property
    def node(self) -> bool:
        """Whether Node runs it."""
        return self.command[0].endswith(".js")

    @property
    def ours(self) -> bool:
        """Whether it is `revenge serve`."""
        return self.dialect is Dialect.OURS


def _node(name: str, what: str, dialect: Dialect = Dialect.GRAPHQL) -> Contender:
    return Contender(name, what, dialect, (f"peers/{name}.js",))


def _python(name: str, what: str, dialect: Dialect, module: str) -> Contender:
    return Contender(name, what, dialect, ("-m", f"bench.graphql.peers.{module}"))


def _ours(name: str, what: str, environment: Mapping[str, str]) -> Contender:
    return Contender(name, what, Dialect.OURS, _SERVE, environment)


OURS_COLD, OURS_WARM, OURS_HIT = "ours-cold", "ours-warm", "ours-hit"
OURS_PLAIN, STRAWBERRY, REST, TRIVIAL = "ours-plain", "strawberry", "rest", "trivial"
APOLLO, MERCURIUS, YOGA, POSTGRAPHILE = "apollo", "mercurius", "yoga", "postgraphile"
CONTENDERS: Final = (
    _python(REST, "Starlette, asyncpg, orjson by hand", Dialect.REST, "rest"),
    _python(TRIVIAL, "a constant from Starlette", Dialect.TRIVIAL, "trivial"),
    _ours(OURS_COLD, "caches off: SQL every time", _COLD),
    _ours(OURS_WARM, "entities cached in process, responses not", _NO_RESPONSES),
    _ours(OURS_HIT, "whole responses cached", {_RESPONSES: str(64 << 20)}),
    _ours(
        OURS_PLAIN,
        "Strawberry's own executor, caches off",
        {"REVENGE_GRAPHQL__COMPILED": "false", **_COLD},
    ),
    _python(STRAWBERRY, "plain, with DataLoaders", Dialect.GRAPHQL, "plain_strawberry"),
    _node(APOLLO, "Apollo Server with DataLoader and pg"),
    _node(MERCURIUS, "Fastify, JIT, its own loaders, pg"),
    _node(YOGA, "GraphQL Yoga with DataLoader and pg"),
    _node(POSTGRAPHILE, "PostGraphile over views", Dialect.POSTGRAPHILE),
)


class Cores(Struct, frozen=True):
    """Where the contender runs, and where PostgreSQL, Valkey and the load generator do."""

    contender: int
    others: int

    @property
    def apart(self) -> bool:
        """Whether they are two."""
        return self.contender != self.others


def pinned() -> Cores:
    """Two of the cores we may run on; from here on we and our servers stay on the second."""
    found = sorted(os.sched_getaffinity(0))
    cores = Cores(found[0], found[1 % len(found)])
    os.sched_setaffinity(0, {cores.others})
    return cores


def obstacle(contender: Contender) -> str | None:
    """Why this contender cannot be started here; None if it can."""
    if contender.node and shutil.which("node") is None:
        return "Node.js is not installed"
    if contender.node and not (HERE / "node_modules" / ".package-lock.json").exists():
        return "its packages are not installed: npm ci --prefix bench/graphql"
    unknown = sorted(contender.environment.keys() - _KNOWN) if contender.ours else []
    return f"the server has no setting {', '.join(unknown)}" if unknown else None


class Running(Struct, frozen=True):
    """A contender that answers."""

    contender: Contender
    address: str
    pid: int
    seeded: Seeded
    metrics: str | None = None

    def asked(self, asking: Asking) -> Request | None:
        """What it would be asked."""
        return request(self.contender.dialect, asking, self.seeded)

    def answer(self, wanted: Request) -> bytes:
        """The body of its answer to one request. Raises RuntimeError for any but 200."""
        headers = {**wanted.headers, "accept-encoding": "identity"}
        with httpx.Client(base_url=self.address, timeout=PATIENCE) as client:
            found = client.request(wanted.method, wanted.path, headers=headers, content=wanted.body)
        if found.status_code != 200:
            start = found.text[:300]
            raise RuntimeError(f"{self.contender.name} answered {found.status_code}: {start}")
        return found.content

    def data(self, asking: Asking) -> Any:
        """What it says; None where it has nothing to be asked."""
        wanted = self.asked(asking)
        if wanted is None or self.contender.dialect is Dialect.TRIVIAL:
            return None
        said = orjson.loads(self.answer(wanted))
        if self.contender.dialect is Dialect.REST:
            return said
        if said.get("errors"):
            raise RuntimeError(f"{self.contender.name} answered {said['errors'][0]['message']}")
        data = said["data"]
        return films(data) if self.contender.dialect is Dialect.POSTGRAPHILE else data

    def fallbacks(self) -> dict[str, float]:
        """How many operations our plans could not execute, by the reason."""
        if self.metrics is None:
            return {}
        found = _FALLBACK.findall(httpx.get(self.metrics).text)
        return {reason: float(count) for reason, count in found if float(count)}


def _environment(contender: Contender, made: Servers, port: int, metrics: int) -> dict[str, str]:
    if contender.ours:
        return {
            **made.environment,
            "REVENGE_SERVER__PORT": str(port),
            "REVENGE_METRICS__ENABLED": "true",
            "REVENGE_METRICS__PORT": str(metrics),
            **contender.environment,
        }
    return {
        "DATABASE_URL": made.environment["REVENGE_DATABASE_URL"],
        "PORT": str(port),
        "NODE_ENV": "production",
        **contender.environment,
    }


def on_core(core: int) -> Callable[[], None]:
    """What a child does before it becomes a program on this core, which ends when we do."""
    die = die_with_parent(signal.SIGKILL)

    def prepare() -> None:
        os.sched_setaffinity(0, {core})
        if die is not None:
            die()

    return prepare


@contextlib.contextmanager
def started(contender: Contender, made: Servers, seeded: Seeded, core: int) -> Iterator[Running]:
    """A contender on this core until the end. What it wrote is shown where something fails."""
    port, metrics = free_port(), free_port()
    program = "node" if contender.node else sys.executable
    path = made.folder / f"{contender.name}.log"
    with path.open("ab") as log, quiet_fork():
        process = subprocess.Popen(
            [program, *contender.command],
            env={**os.environ, **_environment(contender, made, port, metrics)},
            cwd=HERE if contender.node else ROOT,
            stdout=log,
            stderr=log,
            preexec_fn=on_core(core),  # noqa: PLW1509 - see quiet_fork
        )
    address, told = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics"
    running = Running(contender, address, process.pid, seeded, told if contender.ours else None)
    with ended(process):
        try:
            _wait(running, process)
            yield running
        except Exception:
            sys.stderr.write(path.read_text(errors="replace")[-3000:])
            raise


def _wait(running: Running, process: "subprocess.Popen[bytes]") -> None:
    first = Asking(Operation.A, running.seeded.watchers[0])
    wanted = running.asked(first)
    assert wanted is not None, "every contender has operation A"
    due = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < due:
        with contextlib.suppress(httpx.TransportError):
            running.answer(wanted)
            return
        time.sleep(0.1)
    raise RuntimeError(f"{running.contender.name} did not start.")
