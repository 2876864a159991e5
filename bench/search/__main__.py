"""How well search finds and how fast: `python -m bench.search [--size 100000] [--check]`.

A made catalogue is indexed; then every backend that there is is asked titles as people write them,
each question with four facets, after a `SELECT 1` through the same `Database`. `--check` fails
where a goal is missed, `--failures` shows what was not found, `--slow` what took longest.
"""

import argparse
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import uvloop
from sqlalchemy import text

from app.container import Container
from app.search.domain import SearchBackend
from bench.search.backends import Filled, fill, typesense
from bench.search.content import content
from bench.search.corpus import Corpus
from bench.search.measuring import Asked, Measured, measure, quality
from bench.search.queries import EACH, Case, Catalogue, beginnings, cases
from bench.servers import Servers, servers

ONE: Final = text("select 1")
MOST_SECONDS, MOST_DOCUMENTS = 60, 100_000  # within which so many are indexed
MISSED: Final = 12  # questions of a kind that `--failures` shows
ORACLE: Final = "postgresql"  # by whose recall others are judged
HEAD: Final = """\
| {name} | recall@1 | recall@10 | MRR | p50 ms | p99 ms | p50 / p99 in `SELECT 1` |
|---|---:|---:|---:|---:|---:|---:|"""


async def asked(
    made: Servers, questions: Mapping[str, list[Case]], prefixes: list[str], there: Collection[str]
) -> dict[str, Measured]:
    """Every backend that there is, by name."""
    app = Container(made.config)
    await app.open()
    try:
        while app.search_words.version < 0:  # as it is in a process that has searched before
            await app.search_words.latest()
        backends: tuple[SearchBackend, ...] = app.search_backends
        return {
            backend.name: await measure(backend, lambda: app.db.scalar(ONE), questions, prefixes)
            for backend in backends
            if backend.name in there
        }
    finally:
        await app.close()


def table(name: str, found: Measured) -> str:
    """Markdown: a row for each kind of questions, for all of them, and for completion."""
    kinds = {**found.asked, "**all, with 4 facets**": [a for s in found.asked.values() for a in s]}
    rows = [_row(kind, some, found.ping) for kind, some in kinds.items()]
    rows.append(_row("completion", found.completed, found.ping))
    return "\n".join((HEAD.format(name=name), *rows))


def _row(kind: str, some: list[Asked], ping: float) -> str:
    one = quality(some)
    shares = " | ".join(f"{100 * share:.1f} %" for share in (one.recall_1, one.recall_10))
    times = " | ".join(f"{1000 * took:.1f}" for took in (one.median, one.p99))
    ratios = f"{one.median / ping:.1f} / {one.p99 / ping:.1f}"
    return f"| {kind} | {shares} | {one.rank:.3f} | {times} | {ratios} |"


def goals(found: Mapping[str, Measured], filled: Filled) -> Iterator[tuple[str, bool]]:
    """What has to be, and whether it is."""
    if ORACLE in found:
        ours = found[ORACLE]
        yield "one typo: recall@10 >= 97 %", quality(ours.asked["one typo"]).recall_10 >= 0.97
        yield "exact title: recall@1 >= 99 %", quality(ours.asked["exact title"]).recall_1 >= 0.99
        for what, one, median, p99 in (
            ("search with 4 facets", ours.whole, 12, 40),
            ("completion", quality(ours.completed), 8, 30),
        ):
            yield f"{what}: median <= {median} SELECT 1", one.median <= median * ours.ping
            yield f"{what}: p99 <= {p99} SELECT 1", one.p99 <= p99 * ours.ping
    for name, took in filled.seconds.items():
        yield f"{name}: 100,000 indexed in < 60 s", took < 60 * filled.documents / 100_000
    for name in found.keys() - {ORACLE}:
        for kind, some in found[name].asked.items():
            least = quality(found[ORACLE].asked[kind]).recall_10 if ORACLE in found else 0
            yield f"{name}, {kind}: as good", quality(some).recall_10 >= least


def missed(found: Measured) -> Iterator[str]:
    """What was not among the first ten."""
    for kind, some in found.asked.items():
        lost = [one.text for one in some if one.place is None or one.place > 10]
        if lost:
            yield f"{kind}: {len(lost)} missed, such as {lost[:MISSED]}"


def slowest(found: Measured, count: int) -> Iterator[str]:
    """What took longest."""
    everything = [(one, kind) for kind, some in found.asked.items() for one in some]
    everything += [(one, "completion") for one in found.completed]
    for one, kind in sorted(everything, key=lambda pair: -pair[0].took)[:count]:
        yield f"{1000 * one.took:6.1f} ms  {kind}: {one.text!r}"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="documents")
    parser.add_argument("--each", type=int, default=EACH, help="questions of a kind")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", metavar="BACKEND", help="postgresql or typesense")
    parser.add_argument("--content", type=int, metavar="N", help="index N films of a library alone")
    parser.add_argument("--check", action="store_true", help="fail where a goal is missed")
    parser.add_argument("--failures", action="store_true", help="show what was not found")
    parser.add_argument("--slow", type=int, default=0, metavar="N", help="show the N slowest")
    return parser.parse_args()


def shown(found: Mapping[str, Measured], filled: Filled, given: Any) -> None:
    """Print it all."""
    for name, one in found.items():
        print(table(name, one), end=f"\n\n`SELECT 1`: {1000 * one.ping:.3f} ms\n\n")
        for line in (*(missed(one) if given.failures else ()), *slowest(one, given.slow)):
            print(line)
    times = " and ".join(f"{took:.1f} s by {name}" for name, took in filled.seconds.items())
    print(
        f"{filled.documents:,} documents were indexed in {times},"
        f" with {filled.peak >> 20} MiB of memory at most, of them {filled.before >> 20} before"
    )


def indexed(films: int) -> int:
    """Index a library, and print how long that takes; whether it takes too long."""
    late = False
    with servers() as made:
        for one in content(made, films):
            late |= one.seconds > MOST_SECONDS * one.documents / MOST_DOCUMENTS
            print(
                f"{one.backend}: {one.documents:,} films in {one.seconds:.1f} s,"
                f" {one.documents / one.seconds:,.0f} a second, with {one.peak >> 20} MiB of"
                f" memory at most, of them {one.before >> 20} before"
            )
    return int(late)


def main() -> int:
    given = parsed()
    if given.content:
        late = indexed(given.content)
        return late if given.check else 0
    known = Catalogue(Corpus(given.size, given.seed))
    questions = dict(cases(known, given.seed, given.each))
    prefixes = beginnings(known, given.seed, given.each)
    with servers() as made, typesense(made) as server:
        filled = fill(made, given.size, given.seed, server=server)
        there = {given.only} if given.only else filled.seconds.keys()
        found = uvloop.run(asked(made, questions, prefixes, there))
    shown(found, filled, given)
    lost = [goal for goal, met in goals(found, filled) if not met]
    print("\n".join(f"missed: {goal}" for goal in lost) or "all goals are met")
    return 1 if given.check and lost else 0


if __name__ == "__main__":
    sys.exit(main())
