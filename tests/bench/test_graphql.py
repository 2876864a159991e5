"""The parts of `bench.graphql` that need neither Node nor time."""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import orjson
import pytest
from starlette.applications import Starlette

from app.container import Container
from app.main import WebApp
from bench.graphql import scaling
from bench.graphql.__main__ import arguments
from bench.graphql.answers import Different, canonical, compare, difference, films
from bench.graphql.contenders import CONTENDERS, Contender, Running, obstacle
from bench.graphql.load import Seen
from bench.graphql.measuring import TICKS, Run
from bench.graphql.operations import Asking, Dialect, Operation, request
from bench.graphql.peers import plain_strawberry, rest, trivial
from bench.graphql.scaling import Row, shown
from bench.graphql.seeding import Library, Seeded, drawn, row_id, seed, several
from bench.graphql.table import GOALS, goals, missed, table
from bench.servers import Servers

MOVIES = 100
ONE, OTHER = row_id(5, 1), row_id(5, 2)


@pytest.fixture
async def seeded(app: Container) -> Seeded:
    return await seed(app.config, MOVIES)


async def ask(client: httpx.AsyncClient, dialect: Dialect, asking: Asking, seeded: Seeded) -> Any:
    wanted = request(dialect, asking, seeded)
    assert wanted is not None
    found = await client.request(
        wanted.method, wanted.path, headers=dict(wanted.headers), content=wanted.body
    )
    assert found.status_code == 200, found.text
    said = orjson.loads(found.content)
    assert "errors" not in said, said["errors"]
    return said if dialect is Dialect.REST else said["data"]


def client_of(application: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="http://bench.test"
    )


async def test_no_key_leads_nowhere(app: Container, seeded: Seeded) -> None:
    """They are not looked up while rows are written."""
    keys = await app.db.pool.fetch(
        "select c.conrelid::regclass::text as mine, a.attname as name,"
        "       c.confrelid::regclass::text as theirs, b.attname as key"
        "  from pg_constraint c"
        "  join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
        "  join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1]"
        " where c.contype = 'f'"
    )
    assert len(keys) > 20
    for mine, name, theirs, key in keys:
        lost = (
            f'select count(*) from {mine} m where m."{name}" is not null'
            f' and not exists (select from {theirs} t where t."{key}" = m."{name}")'
        )
        assert await app.db.pool.fetchval(lost) == 0, (mine, name)
    counted = "select sum(amount) from item_counts"
    assert await app.db.pool.fetchval(counted) == MOVIES


async def test_the_library_is_whole(app: Container, seeded: Seeded) -> None:
    counts = {
        name: await app.db.pool.fetchval(f"select count(*) from {name}")
        for name in ("movies", "item_genres", "credits", "version_files", "watch_progress")
    }
    assert counts == {
        "movies": MOVIES,
        "item_genres": MOVIES * 3,
        "credits": MOVIES * 13,
        "version_files": MOVIES,
        "watch_progress": 70,
    }
    credited = await app.db.pool.fetch(
        "select item_id from credits where kind = 'cast'"
        " group by 1 having count(distinct person_id) = 10"
    )
    assert len(credited) == MOVIES


def test_the_first_titles_are_the_same_however_many_there_are() -> None:
    few, many = Library(100), Library(1000)

    def titles(library: Library) -> dict[str, tuple[Any, ...]]:
        return {row[1]: row[2:] for row in library._movies()}

    small, large = titles(few), titles(many)
    assert {title: large[title] for title in small} == small
    assert sorted(large)[:100] == sorted(small)
    assert many.movie(0) != row_id(5, 1)
    assert next(n for n, place in many.placed() if place == 7) == next(
        n for n in range(1000) if row_id(5, n) == many.movie(7)
    )


def test_what_is_drawn_is_spread_and_several_differ() -> None:
    assert {drawn(place, 3, 4) for place in range(50)} == set(range(4))
    for place in range(300):
        assert len(set(several(place, 40, 3, 20))) == 3
        assert len(set(several(place, 42, 13, 2000))) == 13


def test_a_number_of_films_that_cannot_be_scattered_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 7919"):
        Library(7919 * 2)


@pytest.mark.parametrize(
    ("peer", "dialect"),
    [(rest.application, Dialect.REST), (plain_strawberry.application, Dialect.GRAPHQL)],
)
async def test_peers_in_python_say_what_we_say(
    seeded: Seeded,
    app: Container,
    web: WebApp,
    peer: Callable[[], Starlette],
    dialect: Dialect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", str(app.config.database_url))
    other = peer()
    async with (
        other.router.lifespan_context(other),
        client_of(web.asgi()) as us,
        client_of(other) as them,
    ):
        for operation in (Operation.A, Operation.B, Operation.D, Operation.E):
            for watcher in seeded.watchers:
                asking = Asking(operation, watcher)
                ours = await ask(us, Dialect.OURS, asking, seeded)
                theirs = await ask(them, dialect, asking, seeded)
                compare(("ours", "theirs"), operation.value, (ours, theirs))
                (found,) = ours.values()
                assert found.get("nodes", [found])
                if operation is not Operation.A:
                    continue
                second = [
                    await ask(client, said, Asking(operation, watcher, after), seeded)
                    for client, said, after in (
                        (us, Dialect.OURS, found["pageInfo"]["endCursor"]),
                        (them, dialect, theirs["movies"]["pageInfo"]["endCursor"]),
                    )
                ]
                compare(("ours", "theirs"), "page 2", (second[0], second[1]))
                assert second[0] != ours


async def test_a_trivial_page_is_as_large_as_ours(seeded: Seeded, web: WebApp) -> None:
    wanted = request(Dialect.OURS, Asking(Operation.A, seeded.watchers[0]), seeded)
    assert wanted is not None
    async with client_of(web.asgi()) as us:
        found = await us.post(wanted.path, headers=dict(wanted.headers), content=wanted.body)
    assert 0.97 < len(orjson.dumps(trivial.PAGE)) / len(found.content) < 1.03


def test_ids_and_moments_may_be_written_in_several_ways() -> None:
    ours = {"id": f"movie_{ONE.hex}", "addedAt": "2026-01-01T00:00:00+00:00", "endCursor": "a"}
    theirs = {"id": str(ONE), "addedAt": "2026-01-01T00:00:00.000Z", "endCursor": "b"}
    assert difference(canonical(ours), canonical(theirs)) is None


@pytest.mark.parametrize(
    ("theirs", "where"),
    [
        ({"id": str(OTHER), "cast": [{"name": "Ada"}]}, "id: UUID"),
        ({"id": str(ONE), "cast": []}, "cast: 1 and 0 elements"),
        ({"id": str(ONE), "cast": [{"name": "Bo"}]}, r"cast\[0\].name: 'Ada' and 'Bo'"),
        ({"id": str(ONE)}, "the answer: only one of them has cast"),
        ({"id": str(ONE), "cast": None}, "cast: "),
    ],
)
def test_other_data_is_different(theirs: Any, where: str) -> None:
    ours = {"id": f"movie_{ONE.hex}", "cast": [{"name": "Ada"}]}
    with pytest.raises(Different, match=f"ours and theirs differ in A, at {where}"):
        compare(("ours", "theirs"), "A", (ours, theirs))


def test_connections_inside_of_films_become_lists() -> None:
    nodes = [{"genres": {"nodes": [{"genre": {"id": 1}}]}, "cast": {"nodes": [{"person": None}]}}]
    said = {
        "movies": {"nodes": nodes, "totalCount": 1},
        "movie": {"versions": {"nodes": [{"parts": {"nodes": []}}]}, "collection": None},
        "__typename": "Query",
    }
    assert films(said) == {
        "movies": {"nodes": [{"genres": [{"id": 1}], "cast": [{"person": None}]}], "totalCount": 1},
        "movie": {"versions": [{"parts": []}], "collection": None},
        "__typename": "Query",
    }


def test_plans_that_gave_up_are_found(seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        'revenge_gql_fallback_total{reason="defer"} 2.0\n'
        'revenge_gql_fallback_total{reason="other"} 0.0\n'
        'revenge_gql_fallback_created{reason="defer"} 1.7e+09\n'
    )
    monkeypatch.setattr("httpx.get", lambda _: httpx.Response(200, text=text))
    running = Running(CONTENDERS[0], "http://bench.test", 1, seeded, "http://bench.test/metrics")
    assert running.fallbacks() == {"defer": 2.0}
    assert Running(CONTENDERS[0], "http://bench.test", 1, seeded).fallbacks() == {}


@pytest.mark.parametrize(("figure", "met"), [(1.09, True), (1.11, False)])
def test_goals_of_scaling_have_a_limit(figure: float, met: bool) -> None:
    row = Row("CPU", figure, 1.1, "2 µs, 1 µs")
    assert row.met is met
    assert ("**not met**" in shown([row])) is not met


def test_a_figure_may_have_no_goal() -> None:
    row = Row("CPU", 7.0, None, "7 µs, 1 µs")
    assert row.met
    assert shown([row]).endswith("| CPU | 7.00 |  | 7 µs, 1 µs |  |")


def forked(parent: "subprocess.Popen[str]") -> int:
    """A new child of a shell that makes one for each line."""
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write("\n")
    parent.stdin.flush()
    return int(parent.stdout.readline())


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor core")
def test_sessions_stay_on_the_core_on_which_they_began(tmp_path: Path) -> None:
    script = "while read -r _; do sleep 60 >/dev/null & echo $!; done; kill $(jobs -p)"
    core, anywhere = max(os.sched_getaffinity(0)), os.sched_getaffinity(0)
    with subprocess.Popen(
        ["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        made = Servers(tmp_path, {}, parent.pid)
        with made.sessions_on(core):
            first = forked(parent)
        with pytest.raises(ZeroDivisionError), made.sessions_on(core):
            raise ZeroDivisionError
        second = forked(parent)
        assert os.sched_getaffinity(first) == {core}
        assert os.sched_getaffinity(second) == anywhere
        assert not made.sessions(), "nobody is connected to these"
        parent.communicate()


def test_whoever_may_not_place_sessions_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_setaffinity", Mock(side_effect=PermissionError))
    with (
        pytest.raises(RuntimeError, match="takes CAP_SYS_NICE"),
        Servers(tmp_path, {}, os.getpid()).sessions_on(0),
    ):
        pytest.fail("it was not placed")


def seen(since: float, cost: int) -> Seen:
    """A second of ten thousand answers, each so many microseconds."""
    return Seen(10_000, since, since + 1.0, cost * TICKS // 100, 0, 1.0, 2.0)


def test_a_pair_is_told_process_by_process(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = object(), object()
    costs = {(one,): [100], (other,): [400], (one, other): [150, 400]}
    asked: list[tuple[object, ...]] = []

    def load(targets: Sequence[object]) -> list[Seen]:
        asked.append(tuple(targets))
        return [seen(0.0, cost) for cost in costs[tuple(targets)]]

    monkeypatch.setattr(scaling, "under_load", load)
    targets: Any = [one, other]
    pair = scaling._pair(targets, alone_first=True)
    assert pair == scaling.Pair((100.0, 400.0), (150.0, 400.0))
    assert pair.dearer == 1.25
    assert asked.pop() == (one, other)
    assert scaling._pair(targets, alone_first=False) == pair
    assert asked[2] == (one, other)


def test_two_loads_are_there_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    targets: Any = [object(), object()]
    monkeypatch.setattr(scaling, "under_load", lambda _: [seen(0.0, 100), seen(0.2, 100)])
    with pytest.raises(RuntimeError, match=r"met for 0\.8 s only"):
        scaling._costs(targets)


def runs(contender: str, *rates: float, operation: Operation = Operation.A) -> list[Run]:
    """Of so many rounds; what costs most is slowest."""
    return [
        Run(contender, operation, number, rate, 1.0, 2.0, 1e6 / rate, 100.0, 0.5)
        for number, rate in enumerate(rates)
    ]


def test_ratios_are_of_the_same_round_and_goals_are_judged_by_their_median() -> None:
    # A busy second round slows everybody: only neighbours are compared.
    measured = [*runs("ours-cold", 240, 24, 130), *runs("strawberry", 20, 2, 10)]
    measured += [*runs("rest", 480, 48, 260), *runs("apollo", 60, 6, 30)]
    (cold,) = [line for line in table(measured).splitlines() if "| ours-cold |" in line]
    assert cold.split(" | ")[-4:] == ["0.50", "2.00", "4.00", "0.25 |"]
    lines = goals(measured).splitlines()
    assert "| cold, requests/s to plain Strawberry ≥ 12 | 12.00 | 12.00 | 0.08 | met |" in lines[2]
    assert "cold, CPU to REST ≤ 1.6 | 2.00 | 0.50 | 2.00 | **not met** |" in lines[4]
    assert "not measured" in lines[3]
    assert [goal.what for goal in missed(measured)] == ["cold, CPU to REST"]
    assert len(lines) == len(GOALS) + 2


def test_arguments_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    given = arguments(["--only", "rest,apollo", "--operations", "A,C"])
    assert (given.only, given.operations) == (["rest", "apollo"], [Operation.A, Operation.C])
    with pytest.raises(SystemExit):
        arguments(["--only", "nobody"])
    assert "no contender is called nobody" in capsys.readouterr().err


def test_who_cannot_be_started_here_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert {c.name for c in CONTENDERS if obstacle(c) == "Node.js is not installed"} == {
        c.name for c in CONTENDERS if c.node
    }
    made = Contender("x", "", Dialect.OURS, ("-m", "app.cli", "serve"), {"REVENGE_NO__SUCH": "1"})
    assert obstacle(made) == "the server has no setting REVENGE_NO__SUCH"


def test_every_contender_has_operation_a_and_peers_have_all(seeded: Seeded) -> None:
    for contender in CONTENDERS:
        asked = {
            operation
            for operation in Operation
            if request(contender.dialect, Asking(operation, seeded.watchers[0]), seeded)
        }
        assert Operation.A in asked
        if contender.dialect not in (Dialect.REST, Dialect.TRIVIAL):
            assert asked == set(Operation)
