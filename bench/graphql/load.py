"""Load on contenders by `wrk`: over all connections each is asked for one thing, and what it
answers, how fast, and what that costs it, is counted.
"""

import contextlib
import math
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from app.core.embedded.child import quiet_fork
from bench.graphql.contenders import HERE, Cores, Running, on_core
from bench.graphql.operations import Asking

WRK: Final = "wrk"
CONNECTIONS: Final = 32
LEAST: Final = 5  # answers to each connection
PATIENCE: Final = 5  # times the seconds that are asked for
TIMEOUT: Final = 30  # seconds for an answer
IDLE_TICKS: Final = 3  # in a fifth of a second, of a process that does nothing
LONGEST_REST: Final = 20.0
_VERSION: Final = re.compile(r"\d+(?:\.\d+)+")


class BadAnswer(Exception):
    """Under load a contender answered something else than without."""


class Load(Struct, frozen=True):
    """How long one thing is asked for, in seconds."""

    seconds: float
    warm: float
    cores: Cores
    connections: int = CONNECTIONS


class Target(Struct, frozen=True):
    """Who is asked for what, and how much of it."""

    running: Running
    asking: Asking
    load: Load


class Seen(Struct, frozen=True):
    """What came between two moments of the steady state. Processor time is in ticks: of the
    contender, and what nobody used of the load's core. `p50` and `p99` are milliseconds.
    """

    answers: int
    since: float
    to: float
    spent: int
    idle: int
    p50: float
    p99: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.to - self.since


class Moment(Struct, frozen=True):
    at: float
    answers: int
    spent: int
    idle: int


class Summary(Struct, frozen=True):
    duration: int  # microseconds
    requests: int
    errors: dict[str, int]


class Said(Struct, frozen=True):
    """What load.lua prints: `waits` are microseconds, and how many answers took so long."""

    summary: Summary
    wrong: dict[str, str] = {}
    waits: list[tuple[int, int]] = []
    start: Moment | None = msgspec.field(default=None, name="from")
    to: Moment | None = None


def version() -> str | None:
    """The load generator's; None where it is not installed."""
    if shutil.which(WRK) is None:
        return None
    # It says so, and how it is used, and fails.
    told = subprocess.run([WRK, "--version"], capture_output=True, text=True, check=False).stdout
    found = _VERSION.search(told)
    return found[0] if found else "of an unknown version"


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


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # may end meanwhile
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def command(target: Target, *, warming: bool = False) -> list[str]:
    """How the load generator is called."""
    running, load = target.running, target.load
    wanted = [running.asked(one) for one in target.asking.each(running.seeded)]
    first = wanted[0]
    assert first is not None, "only what can be asked is measured"
    seconds = load.warm if warming else load.seconds
    longest = PATIENCE * seconds
    settled, least = (0, 1) if warming else (1, LEAST)
    options = {
        "--threads": 1,
        "--connections": load.connections,
        "--duration": math.ceil(longest) + TIMEOUT,
        "--timeout": TIMEOUT,
        "--script": HERE / "load.lua",
    }
    words = [word for option in options.items() for word in option]
    for name, value in first.headers.items():
        words += ["--header", f"{name}: {value}"]
    words += ["--", running.address, settled * load.connections, least * load.connections]
    words += [seconds, longest, load.cores.others, len(wanted)]
    for one in filter(None, wanted):
        words += [one.method, one.path, one.body.decode(), len(running.answer(one))]
    words += family(running.pid)
    return [WRK, *(str(word) for word in words)]


@contextlib.contextmanager
def started_load(core: int, words: Sequence[str]) -> "Iterator[subprocess.Popen[bytes]]":
    """The load generator, under way on this core. Latencies are of all its answers: whoever wants
    them without those of the first moments warms up by a run of its own.
    """
    with quiet_fork():
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=on_core(core),  # noqa: PLW1509 - see quiet_fork
        )
    with process:
        try:
            yield process
        finally:
            process.kill()


def finished(target: Target, process: "subprocess.Popen[bytes]") -> Seen:
    """What it saw. Raises BadAnswer if any answer was not as without load."""
    written, complaint = process.communicate()
    name = target.running.contender.name
    try:
        said = msgspec.json.decode((written.splitlines() or [b""])[-1], type=Said)
    except msgspec.DecodeError:
        why = complaint.decode(errors="replace").strip()[-300:] or "without a word"
        raise BadAnswer(f"The load generator failed at {name}: {why}.") from None
    wrong = [f"{what} {body}".strip() for what, body in said.wrong.items()]
    wrong += [f"{count} errors of {what}" for what, count in said.summary.errors.items() if count]
    if wrong:
        raise BadAnswer(f"Under load {name} gave {'; '.join(wrong)}.")
    start, end = said.start, said.to
    if start is None or end is None or end.answers == start.answers:
        raise BadAnswer(f"Under load {name} did not answer in time.")
    waits = real_waits(said, target.load.connections)
    return Seen(
        answers=end.answers - start.answers,
        since=start.at,
        to=end.at,
        spent=end.spent - start.spent,
        idle=end.idle - start.idle,
        p50=quantile(waits, 0.5) / 1000,
        p99=quantile(waits, 0.99) / 1000,
    )


def real_waits(said: Said, connections: int) -> dict[int, int]:
    """How many answers took so many microseconds.

    wrk adds answers that it would have waited for, had it gone on asking while it waited for those
    that took twice the usual time. Our connections wait as people do: what was added comes off.
    """
    counts = dict(said.waits)
    answers = said.summary.requests
    if sum(counts.values()) > answers:
        usual = said.summary.duration // max(1, answers // connections)
        for wait in sorted(counts, reverse=True):
            for added in range(wait - usual, usual, -usual) if wait >= 2 * usual else ():
                counts[added] = counts.get(added, 0) - counts[wait]
    if sum(counts.values()) != answers or min(counts.values(), default=0) < 0:
        raise RuntimeError("This wrk counts latencies in a way that the bench does not know.")
    return counts


def quantile(counts: Mapping[int, int], part: float) -> int:
    """The wait that so large a part of the answers did not reach."""
    place = int(part * sum(counts.values()))
    for wait in sorted(counts):
        place -= counts[wait]
        if place < 0:
            return wait
    return 0


def under_load(targets: Sequence[Target]) -> list[Seen]:
    """All of them at once: they warm up, come to rest, and are measured."""
    found: list[Seen] = []
    for warming in (True, False):
        for one in targets:
            calm(one.running.pid)
        commands = [command(one, warming=warming) for one in targets]
        with contextlib.ExitStack() as stack:
            under_way = [
                (one, stack.enter_context(started_load(one.load.cores.others, words)))
                for one, words in zip(targets, commands, strict=True)
            ]
            found = [finished(one, process) for one, process in under_way]
    return found
