"""What a second API process costs, and what a hundred times as many movies do."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Final

from msgspec import Struct

from bench.graphql.contenders import OURS_COLD, OURS_WARM, Contender, Running, started
from bench.graphql.load import Load, under_load
from bench.graphql.measuring import NEW, TICKS, Run, measure
from bench.graphql.operations import Asking, Operation
from bench.graphql.seeding import Seeded
from bench.servers import Servers

PAIRS: Final = 4  # of each start: one process and two in turns, so that both meet the same noise
MOST_FOR_PROCESSES: Final = 1.1
MOST_FOR_MOVIES: Final = 1.5
FAR: Final = 100  # pages of 50 before the one that is taken
SCALED: Final = (OURS_COLD, OURS_WARM)


class Row(Struct, frozen=True):
    """A goal with its figure, and what it was made of."""

    what: str
    figure: float
    most: float
    parts: str

    @property
    def met(self) -> bool:
        """Whether that is good enough."""
        return self.figure <= self.most


def shown(rows: Sequence[Row]) -> str:
    """As Markdown."""
    lines = ["| what | measured | goal | of | met |", "|---|---|---|---|---|"]
    for row in rows:
        met = "met" if row.met else "**not met**"
        lines.append(f"| {row.what} | {row.figure:.2f} | ≤ {row.most:g} | {row.parts} | {met} |")
    return "\n".join(lines)


def together(running: Sequence[Running], load: Load, warm: float = 0.2) -> float:
    """Microseconds per request of processes that share the connections."""
    each = Load(load.seconds, warm, load.cores, load.connections // len(running))
    askings = [Asking(Operation.A, one.seeded.watchers[0]) for one in running]
    found = under_load(running, askings, each)
    spent, answers = sum(one.spent for one in found), sum(one.answers for one in found)
    return spent / TICKS / answers * 1e6


def processes(
    contenders: Sequence[Contender],
    made: Servers,
    seeded: Seeded,
    load: Load,
    *,
    apart: bool,
    rounds: int,
    tell: Callable[[str], None],
) -> list[Row]:
    """CPU per request of two API processes beside one: `apart`, each on a core of its own, as they
    are run, and everything else wherever there is time; else both on one core.
    """
    where = "a core for each" if apart else "on one core"
    rows = []
    for contender in contenders:
        ones: list[float] = []
        twos: list[float] = []
        for _ in range(rounds):
            for one, two in _pairs(contender, made, seeded, load, apart=apart):
                ones.append(one)
                twos.append(two)
                tell(f"{contender.name}, {where}: {one:,.0f} µs, two processes {two:,.0f} µs")
        rows.append(
            Row(
                f"{contender.name}: CPU per request of A, two processes to one, {where}",
                statistics.median(two / one for one, two in zip(ones, twos, strict=True)),
                MOST_FOR_PROCESSES,
                f"{statistics.median(twos):,.0f} µs, {statistics.median(ones):,.0f} µs",
            )
        )
    return rows


def _pairs(
    contender: Contender, made: Servers, seeded: Seeded, load: Load, *, apart: bool
) -> Iterator[tuple[float, float]]:
    """What a request costs by the first of two processes, the other one idle, and by both."""
    cores = (load.cores.contender, load.cores.others if apart else load.cores.contender)
    with ExitStack() as stack:
        running = [stack.enter_context(started(contender, made, seeded, core)) for core in cores]
        together(running, load, load.warm + NEW)
        for _ in range(PAIRS):
            yield together(running[:1], load), together(running, load)


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
