"""What a second API process costs, and what a hundred times as many movies do."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from msgspec import Struct

from bench.graphql.contenders import OURS_COLD, OURS_WARM, Contender, Cores, Running, started
from bench.graphql.load import Load, Target, spent, under_load
from bench.graphql.measuring import NEW, TICKS, Run, measure
from bench.graphql.operations import Asking, Operation
from bench.graphql.seeding import Seeded
from bench.servers import Servers

AT_ONCE: Final = 0.9  # of the time, at least
STARTS: Final = 3
LATE: Final = 20  # ticks, of the thousands of all pairs
PAIRS: Final = 4  # of each start: alone and together in turns, so that both meet the same noise
MOST_FOR_PROCESSES: Final = 1.1
MOST_FOR_MOVIES: Final = 1.5
FAR: Final = 100  # pages of 50 before the one that is taken
SCALED: Final = (OURS_COLD, OURS_WARM)


class Place(Struct, frozen=True):
    """Servers with films, and how much is asked there."""

    made: Servers
    seeded: Seeded
    load: Load


class Row(Struct, frozen=True):
    """A figure, what it was made of, and its goal if it has one."""

    what: str
    figure: float
    most: float | None
    parts: str

    @property
    def met(self) -> bool:
        """Whether that is good enough."""
        return self.most is None or self.figure <= self.most


def shown(rows: Sequence[Row]) -> str:
    """As Markdown."""
    lines = ["| what | measured | goal | of | met |", "|---|---|---|---|---|"]
    for row in rows:
        goal = "" if row.most is None else f"≤ {row.most:g}"
        met = "" if row.most is None else "met" if row.met else "**not met**"
        lines.append(f"| {row.what} | {row.figure:.2f} | {goal} | {row.parts} | {met} |")
    return "\n".join(lines)


class Pair(Struct, frozen=True):
    """Microseconds per request of each of two processes: asked alone, and both at once."""

    alone: tuple[float, ...]
    both: tuple[float, ...]

    @property
    def dearer(self) -> float:
        """How many times as much it costs when the other one works too."""
        return statistics.mean(b / a for a, b in zip(self.alone, self.both, strict=True))


def processes(
    contender: Contender, place: Place, *, rounds: int, tell: Callable[[str], None]
) -> list[Row]:
    """CPU per request of two API processes at once beside each of them alone, each asked over
    connections of its own. Once each has a core, where its load and the sessions of PostgreSQL that
    it opened run too, so that a core has the same to do alone and together; once both take turns
    on one core, and load and sessions have the other one.
    """
    cores = place.load.cores
    ways = {
        "a core for each": [Cores(core, core) for core in (cores.contender, cores.others)],
        "on one core": [cores, cores],
    }
    found: dict[str, list[Pair]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, where in ways.items():
            for pair in _pairs(contender, place, where):
                found[way].append(pair)
                tell(f"{contender.name}, {way}: {_mean(pair.alone)}, both {_mean(pair.both)}")
    own, shared = found.values()
    return [
        _row(f"{contender.name}, a core with sessions and load for each", own, own, most=True),
        _row(f"{contender.name}, the same, to one whose core is its alone", own, shared),
        _row(f"{contender.name}, both on one core", shared, shared),
    ]


def _row(what: str, both: Sequence[Pair], alone: Sequence[Pair], *, most: bool = False) -> Row:
    pairs = [Pair(a.alone, b.both) for a, b in zip(alone, both, strict=True)]
    shown = [[statistics.mean(of) for of in (pair.both, pair.alone)] for pair in pairs]
    return Row(
        f"CPU per request of A, two processes to one: {what}",
        statistics.median(pair.dearer for pair in pairs),
        MOST_FOR_PROCESSES if most else None,
        ", ".join(f"{statistics.median(of):,.0f} µs" for of in zip(*shown, strict=True)),
    )


def _mean(costs: Sequence[float]) -> str:
    return f"{statistics.mean(costs):,.0f} µs"


def _pairs(contender: Contender, place: Place, where: Sequence[Cores]) -> list[Pair]:
    """Those of one start in which hardly anything was done by sessions that began later, anywhere:
    as many do when a machine has stood still, and Redis is taken to be away.
    """
    for _ in range(STARTS):
        with _warm(contender, place, where) as targets:
            before = place.made.sessions()
            found = [_pair(targets, alone_first=number % 2 == 0) for number in range(PAIRS)]
            if _spent(place.made.sessions() - before) <= LATE:
                return found
    raise RuntimeError("Sessions began late at every start: give it fewer --seconds.")


def _spent(sessions: Iterable[int]) -> int:
    """Processor time in ticks; what has ended meanwhile is left out."""
    found = 0
    for pid in sessions:
        with suppress(FileNotFoundError, ProcessLookupError):
            found += spent(pid)
    return found


def _pair(targets: Sequence[Target], *, alone_first: bool) -> Pair:
    """In either order: what drifts meanwhile makes neither dearer."""
    both = () if alone_first else _costs(targets)
    alone = tuple(cost for target in targets for cost in _costs([target]))
    return Pair(alone, both or _costs(targets))


def _costs(targets: Sequence[Target]) -> tuple[float, ...]:
    """Microseconds per request of each of several processes that are asked at once."""
    found = under_load(targets)
    common = min(one.to for one in found) - max(one.since for one in found)
    if common < AT_ONCE * max(one.seconds for one in found):
        raise RuntimeError(f"Two loads met for {common:.1f} s only: give it more --seconds.")
    return tuple(one.spent / TICKS / one.answers * 1e6 for one in found)


@contextmanager
def _warm(contender: Contender, place: Place, where: Sequence[Cores]) -> Iterator[list[Target]]:
    """Processes at these places, all with their sessions, and what is asked of each."""
    made, seeded, load = place.made, place.seeded, place.load
    asking, connections = Asking(Operation.A, seeded.watchers[0]), load.connections // len(where)
    with ExitStack() as stack:
        targets = []
        for cores in where:
            with made.sessions_on(cores.others):
                running = stack.enter_context(started(contender, made, seeded, cores.contender))
                longer = Load(load.seconds, load.warm + NEW, cores, connections)
                under_load([Target(running, asking, longer)])
            each = Load(load.seconds, load.warm, cores, connections)
            targets.append(Target(running, asking, each))
        yield targets


def cursor(running: Running, pages: int) -> str | None:
    """Where the page after so many begins."""
    after, watcher = None, running.seeded.watchers[0]
    for _ in range(pages):
        said = running.data(Asking(Operation.A, watcher, after))
        after = said["movies"]["pageInfo"]["endCursor"]
    return after


def growth(
    contender: Contender,
    places: Sequence[tuple[Servers, Seeded]],
    load: Load,
    *,
    rounds: int,
    tell: Callable[[Run], None],
) -> list[Row]:
    """Pages of the same films in a small and in a large library, in turns."""
    found: dict[tuple[int, int], list[Run]] = {}
    for number in range(rounds):
        for place, (made, seeded) in enumerate(places):
            with started(contender, made, seeded, load.cores.contender) as running:
                for pages in (0, min(FAR, places[0][1].movies // 50 - 1)):
                    asking = Asking(Operation.A, seeded.watchers[0], cursor(running, pages))
                    now = Load(load.seconds, load.warm + NEW, load.cores, load.connections)
                    run = measure(running, asking, now, number)
                    tell(run)
                    found.setdefault((pages, place), []).append(run)
    return [
        _grown(pages, found[pages, 0], found[pages, 1], [seeded for _, seeded in places])
        for pages in dict.fromkeys(pages for pages, _ in found)
    ]


def _grown(pages: int, small: Sequence[Run], large: Sequence[Run], seeded: Sequence[Seeded]) -> Row:
    pairs = list(zip(small, large, strict=True))
    slower = statistics.median(one.rate / other.rate for one, other in pairs)
    said = [
        f"{name} {statistics.median(getattr(b, of) / getattr(a, of) for a, b in pairs):.2f} times"
        for name, of in (("CPU", "cost"), ("CPU elsewhere", "elsewhere"), ("p50", "p50"))
    ]
    where = f"page {pages + 1} of {seeded[1].movies:,} movies to that of {seeded[0].movies:,}"
    return Row(f"A, cold, time per request, {where}", slower, MOST_FOR_MOVIES, ", ".join(said))
