"""The GraphQL server beside its peers, on the same data: `python -m bench.graphql`.

Every contender runs alone on one processor core; PostgreSQL, Valkey and the load generator share
another one. `--only ours-cold,rest --operations A,B --rounds 1` is a quick look. Peers on Node are
installed by `npm ci --prefix bench/graphql`, the load generator by `apt-get install wrk`.
"""

import argparse
import asyncio
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.graphql.contenders import CONTENDERS, OURS_COLD, Contender, obstacle, pinned
from bench.graphql.load import CONNECTIONS, Load, version
from bench.graphql.measuring import Run, rounds
from bench.graphql.operations import Operation
from bench.graphql.profile import installed, record
from bench.graphql.scaling import SCALED, Place, Row, growth, processes, shown
from bench.graphql.seeding import seed
from bench.graphql.table import NOTES, goals, legend, missed, table
from bench.servers import servers


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What is to be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    everyone = [contender.name for contender in CONTENDERS]
    parser.add_argument("--movies", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--warm", type=float, default=1)
    parser.add_argument("--only", type=_names, default=everyone, help=", ".join(everyone))
    parser.add_argument("--operations", type=_names, default=[o.value for o in Operation])
    parser.add_argument("--scaling", action="store_true", help="two API processes beside one")
    parser.add_argument("--growth", action="store_true", help="a million movies beside 10,000")
    parser.add_argument("--grown", type=int, default=1_000_000, help="movies of --growth")
    parser.add_argument("--profile", type=Path, help="write a flame graph (SVG) of cold A; py-spy")
    found = parser.parse_args(given)
    if unknown := sorted(set(found.only) - set(everyone)):
        parser.error(f"no contender is called {', '.join(unknown)}")
    found.operations = [Operation(letter) for letter in found.operations]
    return found


def chosen(only: Sequence[str]) -> list[Contender]:
    """Those of the wanted contenders that can be started here; says why not the others."""
    found = []
    for contender in CONTENDERS:
        if contender.name not in only:
            continue
        if (why := obstacle(contender)) is not None:
            print(f"{contender.name} is left out: {why}.", file=sys.stderr)
            continue
        found.append(contender)
    return found


def tell(run: Run) -> None:
    """One line of what goes on."""
    say(
        f"round {run.round + 1}, {run.operation}, {run.contender}: {run.rate:,.0f}/s, "
        f"p50 {run.p50:.1f} ms, p99 {run.p99:.1f} ms, {run.cost:,.0f} µs, "
        f"the other core {run.busy:.0%} busy"
    )


def say(what: str) -> None:
    """To whoever waits for the table."""
    print(what, file=sys.stderr, flush=True)


def beside_peers(given: argparse.Namespace, load: Load) -> bool:
    """The table and the goals; answers whether those that were measured are met."""
    contenders = chosen(given.only)
    with servers() as made:
        seeded = asyncio.run(seed(made.config, given.movies))
        runs = rounds(
            contenders, given.operations, made, seeded, load, count=given.rounds, tell=tell
        )
    print(table(runs), end="\n\n")
    notes = NOTES.format(connections=CONNECTIONS, rounds=given.rounds, seconds=given.seconds)
    print(legend(given.operations, contenders), notes, goals(runs), sep="\n\n")
    return not missed(runs)


def with_two_processes(given: argparse.Namespace, load: Load) -> bool:
    """What a second process costs, on a core of its own and on that of the first one."""
    if not load.cores.apart:
        say("Two processes take two cores: --scaling is left out.")
        return True
    rows: list[Row] = []
    with servers() as made:
        place = Place(made, asyncio.run(seed(made.config, given.movies)), load)
        for contender in chosen(SCALED):
            rows += processes(contender, place, rounds=given.rounds, tell=say)
    print(shown(rows))
    return all(row.met for row in rows)


def with_many_movies(given: argparse.Namespace, load: Load) -> bool:
    """What a million movies cost beside 10,000."""
    with servers() as small, servers() as large:
        places = []
        for made, movies in ((small, given.movies), (large, given.grown)):
            say(f"seeding {movies:,} movies")
            places.append((made, asyncio.run(seed(made.config, movies))))
        rows = growth(chosen([OURS_COLD])[0], places, load, rounds=given.rounds, tell=tell)
    print(shown(rows))
    return all(row.met for row in rows)


def profiled(given: argparse.Namespace, load: Load) -> bool:
    """A flame graph of the first operation; with caches off if nobody is named alone."""
    if not installed():
        say("A profile needs py-spy: pip install py-spy.")
        return False
    with servers() as made:
        where = made, asyncio.run(seed(made.config, given.movies))
        only = given.only if len(given.only) == 1 else [OURS_COLD]
        record(chosen(only)[0], given.operations[0], where, load, given.profile)
    return True


def main() -> int:
    """Print what is asked for; says whether the goals that were measured are met."""
    given = arguments()
    if (generator := version()) is None:
        say("bench.graphql needs wrk: apt-get install wrk. Nothing is measured.")
        return 0
    cores = pinned()
    load = Load(given.seconds, given.warm, cores)
    where = "on cores of their own" if cores.apart else "on the only core there is"
    versions = f"Python {platform.python_version()}, wrk {generator}"
    print(f"{given.movies:,} movies, {versions}, contenders {where}\n")
    wanted = {
        with_two_processes: given.scaling,
        with_many_movies: given.growth,
        profiled: given.profile is not None,
    }
    parts = [part for part, asked in wanted.items() if asked] or [beside_peers]
    good = [part(given, load) for part in parts]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
