"""What a second API process costs, and what a hundred times as many movies do."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from msgspec import Struct

from bench.graphql.contenders import OURS_COLD, OURS_WARM, Contender, Cores, Running, started
from bench.graphql.load import Load, Target, under_load
from bench.graphql.measuring import NEW, TICKS, Run, measure
from bench.graphql.operations import Asking, Operation
from bench.graphql.seeding import Seeded
from bench.servers import Servers

PAIRS: Final = 4  # of each start: alone and together in turns, so that both meet the same noise
MOST_FOR_PROCESSES: Final = 1.1
MOST_FOR_MOVIES: Final = 1.5
FAR: Final = 100  # pages of 50 before the one that is taken
SCALED: Final = (OURS_COLD, OURS_WARM)


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


def processes(
    contender: Contender,
    made: Servers,
    seeded: Seeded,
    load: Load,
    *,
    apart: bool,
    rounds: int,
    tell: Callable[[str], None],
) -> Row:
    """CPU per request of two API processes at once beside each of them alone, each asked over
    connections of its own. `apart`, a process has a core as well, where its load and the sessions
    of PostgreSQL that it opened run too: a core has the same to do alone and together. Otherwise
    both take turns on one core.
    """
    where = "a core for each" if apart else "on one core"
    ones: list[float] = []
    twos: list[float] = []
    for _ in range(rounds):
        with _two(contender, made, seeded, load, apart=apart) as targets:
            for _ in range(PAIRS):
                ones.append(statistics.mean(_cost([target]) for target in targets))
                twos.append(_cost(targets))
                tell(f"{contender.name}, {where}: {ones[-1]:,.0f} µs, both {twos[-1]:,.0f} µs")
    return Row(
        f"{contender.name}: CPU per request of A, two processes to one, {where}",
        statistics.median(two / one for one, two in zip(ones, twos, strict=True)),
        MOST_FOR_PROCESSES if apart else None,
        f"{statistics.median(twos):,.0f} µs, {statistics.median(ones):,.0f} µs",
    )


def _cost(targets: Sequence[Target]) -> float:
    """Microseconds per request of processes that are asked at once."""
    found = under_load(targets)
    return sum(one.spent for one in found) / TICKS / sum(one.answers for one in found) * 1e6


@contextmanager
def _two(
    contender: Contender, made: Servers, seeded: Seeded, load: Load, *, apart: bool
) -> Iterator[list[Target]]:
    """Two processes, warm, and what is asked of each."""
    cores, asking = load.cores, Asking(Operation.A, seeded.watchers[0])
    places = [Cores(core, core) for core in (cores.contender, cores.others)]
    with ExitStack() as stack:
        found = []
        for place in places if apart else [cores, cores]:
            with made.sessions_on(place.others):
                running = stack.enter_context(started(contender, made, seeded, place.contender))
                each = Load(load.seconds, load.warm, place, load.connections // len(places))
                found.append(Target(running, asking, each))
                warming = Load(load.seconds, load.warm + NEW, place, each.connections)
                under_load([Target(running, asking, warming)])
        yield found


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
