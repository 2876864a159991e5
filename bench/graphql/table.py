"""What was measured, as Markdown: the table, and the goals."""

import operator
import statistics
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from bench.graphql import contenders as names
from bench.graphql.measuring import Run
from bench.graphql.operations import TITLES, Operation

Measure = Callable[[Run], float]
RATE: Final[Measure] = operator.attrgetter("rate")
COST: Final[Measure] = operator.attrgetter("cost")
NOTES: Final = """\
Requests/s, p50 and p99 are of {connections} connections; CPU is the contender's own processor time
per request, "elsewhere" that of the core with PostgreSQL and the load generator, whose part in use
stands behind it. Figures are medians of {rounds} rounds of {seconds:g} s; ratios are medians of the
ratios of each round (requests/s: more is better, CPU: less). Ours is `revenge serve` with
authentication, access checks, cost analysis and metrics on; rate limiting is off. No peer
authenticates or checks access: a header says who asks."""


def middle(runs: Sequence[Run], contender: str, operation: Operation, of: Measure) -> float | None:
    """The median of the rounds; None if it was not measured."""
    found = [of(r) for r in runs if r.contender == contender and r.operation is operation]
    return statistics.median(found) if found else None


def ratio(
    runs: Sequence[Run], pair: tuple[str, str], operation: Operation, of: Measure
) -> float | None:
    """The median of the per-round ratios of two contenders; None if either is missing."""
    one, other = (
        {r.round: of(r) for r in runs if r.contender == name and r.operation is operation}
        for name in pair
    )
    found = [one[number] / other[number] for number in one.keys() & other.keys() if other[number]]
    return statistics.median(found) if found else None


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def table(runs: Sequence[Run]) -> str:
    """Every contender under every operation."""
    head = (
        "operation", "contender", "requests/s", "p50 ms", "p99 ms", "CPU µs", "elsewhere µs",
        "requests/s to REST", "CPU to REST", "requests/s to Apollo", "CPU to Apollo",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    shown = dict.fromkeys((run.operation, run.contender) for run in runs)
    order = [contender.name for contender in names.CONTENDERS]
    for operation, contender in sorted(shown, key=lambda s: (s[0].value, order.index(s[1]))):
        mine = [r for r in runs if (r.operation, r.contender) == (operation, contender)]
        rate, p50, p99, cost, elsewhere, busy = (
            statistics.median(getattr(run, name) for run in mine)
            for name in ("rate", "p50", "p99", "cost", "elsewhere", "busy")
        )
        compared = [
            _times(ratio(runs, (contender, other), operation, of))
            for other in (names.REST, names.APOLLO)
            for of in (RATE, COST)
        ]
        where = f"{elsewhere:,.0f} ({busy:.0%})"
        cells = [f"{rate:,.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{cost:,.0f}", where, *compared]
        lines.append(f"| {' | '.join((operation.value, contender, *cells))} |")
    return "\n".join(lines)


def legend(operations: Sequence[Operation], shown: Sequence[names.Contender]) -> str:
    """What letters and names stand for."""
    said = [f"{operation.value}: {TITLES[operation]}" for operation in operations]
    who = [f"{contender.name}: {contender.what}" for contender in shown]
    return f"Operations: {'; '.join(said)}.\n\nContenders: {'; '.join(who)}."


class Goal(Struct, frozen=True):
    """A ratio of two contenders that shall be at least, or at most, so much."""

    what: str
    operation: Operation
    pair: tuple[str, str]
    of: Measure
    bound: float
    at_least: bool

    def figure(self, runs: Sequence[Run]) -> float | None:
        """What it is."""
        return ratio(runs, self.pair, self.operation, self.of)

    def met(self, figure: float) -> bool:
        """Whether that is good enough."""
        return figure >= self.bound if self.at_least else figure <= self.bound


GOALS: Final = (
    Goal(
        "cold, requests/s to plain Strawberry", Operation.A,
        (names.OURS_COLD, names.STRAWBERRY), RATE, 12, at_least=True,
    ),
    Goal(
        "cold, requests/s to Mercurius with JIT", Operation.A,
        (names.OURS_COLD, names.MERCURIUS), RATE, 1, at_least=True,
    ),
    Goal(
        "cold, CPU to REST", Operation.A,
        (names.OURS_COLD, names.REST), COST, 1.6, at_least=False,
    ),
    Goal(
        "warm, requests/s to Apollo", Operation.A,
        (names.OURS_WARM, names.APOLLO), RATE, 15, at_least=True,
    ),
    Goal(
        "response hit, a trivial endpoint's requests/s to ours", Operation.A,
        (names.TRIVIAL, names.OURS_HIT), RATE, 1.5, at_least=False,
    ),
    Goal(
        "cold, requests/s to Apollo", Operation.B,
        (names.OURS_COLD, names.APOLLO), RATE, 2.5, at_least=True,
    ),
    Goal(
        "CPU to a trivial endpoint, responses not cached", Operation.C,
        (names.OURS_COLD, names.TRIVIAL), COST, 3, at_least=False,
    ),
)  # fmt: skip


def goals(runs: Sequence[Run]) -> str:
    """Each with its figure; the other measure stands beside it."""
    lines = [
        "| operation | goal | measured | requests/s | CPU | met |",
        "|---|---|---|---|---|---|",
    ]
    for goal in GOALS:
        figure = goal.figure(runs)
        wanted = f"{goal.what} {'≥' if goal.at_least else '≤'} {goal.bound:g}"
        both = [_times(ratio(runs, goal.pair, goal.operation, of)) for of in (RATE, COST)]
        met = "not measured" if figure is None else "met" if goal.met(figure) else "**not met**"
        cells = (goal.operation.value, wanted, _times(figure), *both, met)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def missed(runs: Sequence[Run]) -> list[Goal]:
    """Goals that were measured and not met."""
    return [g for g in GOALS if (found := g.figure(runs)) is not None and not g.met(found)]
