"""Fragments: encoded parts of answers, taken again as long as they are right."""

import time
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType
from graphql.execution.values import VariableValues
from msgspec import Struct
from msgspec.structs import replace

from app.container import Container
from app.core.access import SYSTEM
from app.core.l1 import L1
from app.core.recording import RECORDING, Recording, Stamp
from app.gql.compiled import fragments as module
from app.gql.compiled.fragments import Fragments, Table
from app.gql.compiled.keeping import Keeping
from app.gql.compiled.plan import Part, Selection
from app.main import WebApp
from app.movies.domain import MovieId
from tests.gql.world import World
from tests.support.api import Api
from tests.support.people import People, Somebody

FIELDS = "id title year overview"
# Roots that are not shared keep the whole answer from being kept.
WHO = "viewer { user { username } }"


class Thing(Struct, frozen=True):
    name: str


class Count:
    """How many fragments were taken again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken, find = 0, Table.find

        def counted(table: Table, entities: list[Any], recording: Recording | None) -> list[Any]:
            found = find(table, entities, recording)
            self.taken += sum(one is not None for one in found)
            return found

        monkeypatch.setattr(Table, "find", counted)

    def since(self) -> int:
        """And begin anew."""
        taken, self.taken = self.taken, 0
        return taken


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    return Count(monkeypatch)


def query(below: str = "", fields: str = FIELDS, arguments: str = "first: 3") -> str:
    return f"{{ {WHO} movies({arguments}) {{ nodes {{ {fields} {below} }} }} }}"


async def asked(
    api: Api, text: str, who: Somebody | None, times: int = 3, **given: Any
) -> list[dict[str, Any]]:
    """The movies that are shown, the last time; the same every time."""
    found = [(await api.run(text, who, **given))["movies"]["nodes"] for _ in range(times)]
    assert found == [found[0]] * times
    nodes: list[dict[str, Any]] = found[0]
    return nodes


@pytest.mark.parametrize(
    "below",
    ["genres { name } collection { name } similar(first: 2) { title }", "sortTitle addedAt rating"],
    ids=["with what is below it", "fields alone"],
)
async def test_what_is_asked_for_twice_is_taken_again(
    api: Api, world: World, count: Count, below: str
) -> None:
    text = query(below)
    await asked(api, text, world.alice, 2)
    assert count.since() == 0
    await asked(api, text, world.alice, 2)
    assert count.since() == 6


@pytest.mark.parametrize(
    "below",
    [
        "progress { position }",
        "library { name folders { path } }",
        "library { name lastScan { id } }",
        "versions { parts { file { name path } } }",
    ],
)
async def test_what_is_somebodys_own_is_not_kept(
    api: Api, world: World, count: Count, below: str
) -> None:
    await asked(api, query(below), world.admin, 4)
    assert count.since() == 0


async def test_a_closed_edge_stays_closed(api: Api, world: World) -> None:
    text = query("library { name folders { path } }")
    await asked(api, text, world.admin, 4)
    for _ in range(4):
        error = await api.fails(text, world.alice)
        assert error.code == "FORBIDDEN"


async def test_another_class_has_its_own(
    api: Api, people: People, world: World, count: Count
) -> None:
    text = query("similar(first: 5) { title }", arguments="filter: {yearFrom: 1999}, first: 2")
    await asked(api, text, world.alice, 3)
    assert count.since() == 2
    await asked(api, text, await people.make(libraries=[world.open.id]), 1)
    assert count.since() == 2
    seen = await asked(api, text, world.child, 1)
    assert count.since() == 0
    assert "Only For Adults" not in str(seen)


async def test_a_page_takes_what_another_made(api: Api, world: World, count: Count) -> None:
    """The document and what its selections read count, what the page is of does not."""
    below = "genres { name }"
    text = (
        f"query($first: Int!) {{ {WHO} movies(first: $first) {{ nodes {{ {FIELDS} {below} }} }} }}"
    )
    await asked(api, text, world.alice, 3, first=2)
    assert count.since() == 2
    assert len(await asked(api, text, world.alice, 1, first=3)) == 3
    assert count.since() == 2


async def test_a_write_below_ends_it(api: Api, world: World, count: Count) -> None:
    app = world.app
    text = query("similar(first: 5) { title }", arguments="first: 1")
    first = MovieId(world.movie_id("Open One"))
    await asked(api, text, world.alice, 3)
    assert count.since() == 1
    async with app.db.write(SYSTEM) as tx:
        await app.movie_repository.describe(tx, {first: {"title": "Another Title"}})
    assert "Another Title" in str(await asked(api, text, world.alice, 1))
    assert count.since() == 0


async def test_a_variable_that_is_null_is_not_one_that_is_absent(api: Api, world: World) -> None:
    document = """query($n: Int) { movies(first: 2) { nodes {
        id title year cast(first: $n) { character } } } }"""
    for _ in range(3):
        assert (await api.run(document, world.alice))["movies"]["nodes"][0]["cast"]
    error = await api.fails(document, world.alice, n=None)
    assert "non-null" in error.message
    for _ in range(2):
        assert (await api.run(document, world.alice, n=1))["movies"]["nodes"][0]["cast"]


async def test_nothing_is_taken_while_the_bus_is_not_heard(
    api: Api, world: World, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked(api, query("genres { name }"), world.alice, 3)
    assert count.since() == 3
    monkeypatch.setattr(world.app.l2, "bus_healthy", lambda: False)
    await asked(api, query("genres { name }"), world.alice, 3)
    assert count.since() == 0


async def test_it_can_be_turned_off(app: Container, world: World, count: Count) -> None:
    cache = app.config.cache.model_copy(update={"fragment_bytes": 0})
    api = Api(app, WebApp(app.config.model_copy(update={"cache": cache}), app))
    await asked(api, query("genres { name }"), world.alice, 4)
    assert count.since() == 0
    await api.close()


# -- one table


@pytest.fixture
def marks() -> L1:
    return L1(10, 1000)


def stamp(marks: L1, *tags: str) -> Stamp:
    made = Recording(marks)
    made.note(tags, time.monotonic() + 600)
    found = made.stamp()
    assert found is not None
    return found


def test_it_is_of_this_very_object() -> None:
    table, one = Table("key", 100_000), Thing("a")
    table.put(one, b'"a"', None)
    [found, other] = table.find([one, Thing("a")], None)
    assert found is not None
    assert other is None


def test_it_holds_as_long_as_what_was_read_below(marks: L1) -> None:
    table, one, other = Table("key", 100_000), Thing("a"), Thing("b")
    table.put(one, b'"a"', stamp(marks, "one"))
    table.put(other, b'"b"', stamp(marks, "other"))
    outer = Recording(marks)
    assert None not in table.find([one, other], outer)
    assert {"one", "other"} <= set(outer.mark)
    marks.stale(["one"])
    assert [f is None for f in table.find([one, other], None)] == [True, False]
    assert outer.stamp() is None


def test_a_fragment_is_not_made_of_another_below_it(app: Container) -> None:
    """Or it would stand on tags that it does not know."""
    fragments = Fragments(app.cache, 40_000)
    keeping = Keeping(fragments, SYSTEM, VariableValues({}, {}))
    deep: Any = object()
    outer, inner = selection(deep), selection(deep)
    found: list[bool] = []

    def fresh(of: Selection, objects: list[Any]) -> list[Part]:
        found.append(keeping.open)
        return [{} for _ in objects]

    keeping.level(outer, [Thing("a")], fresh)
    keeping.level(inner, [Thing("b")], fresh)
    assert found == [False, False]
    assert keeping.open


def test_each_language_has_its_own(app: Container) -> None:
    """An entity may be the same one in all of them, and what stands below it not."""
    fragments, deep = Fragments(app.cache, 40_000), selection(object())
    thing, made = Thing("a"), [0]

    def fresh(_: Selection, objects: list[Any]) -> list[Part]:
        made[0] += 1
        return [{"made": made[0]} for _ in objects]

    def shown(language: str) -> Any:
        viewer = replace(SYSTEM, language=language)
        keeping = Keeping(fragments, viewer, VariableValues({}, {}))
        [part] = keeping.level(deep, [thing], fresh)
        with keeping.noting(viewer):
            RECORDING.get().note(("tag",), time.monotonic() + 60)  # type: ignore[union-attr]
        keeping.keep()
        return part

    assert [shown("de") for _ in range(2)] == [{"made": 1}, {"made": 2}]
    assert [shown("fr") for _ in range(2)] == [{"made": 3}, {"made": 4}]
    assert [orjson.loads(orjson.dumps(shown(tag))) for tag in ("de", "fr", "de")] == [
        {"made": 2},
        {"made": 4},
        {"made": 2},
    ]


# -- all of them


@pytest.fixture
def small(app: Container) -> Fragments:
    return Fragments(app.cache, 40_000)


def selection(*deep: Any) -> Selection:
    return Selection(GraphQLObjectType("Thing", {}), [], [*deep], lambda _: lambda _: [])


def filled(small: Fragments, of: Selection, key: tuple[Any, ...], size: int = 100) -> Table:
    table = small.table(of, key)
    assert table is not None
    table.put(Thing("x"), b"x" * size, None)
    small.settle(table)
    return table


def test_they_stay_within_their_bytes(small: Fragments) -> None:
    for n in range(500):
        filled(small, selection(), (n,), size=10 * n)
        assert small.weight <= 40_000
    one = selection()
    for _ in range(500):
        filled(small, one, ())
        assert small.weight <= 40_000


def test_what_comes_once_does_not_put_out_what_is_hot(small: Fragments) -> None:
    """Such as a language, a variable or a document of one's own in every request."""
    of = selection()
    hot = filled(small, of, ("hot",))
    assert small.table(of, ("hot",)) is hot
    for n in range(2 * module.TABLES):
        filled(small, of, (n,))
    assert small.table(of, ("hot",)) is hot
    assert len(small._tables) <= module.TABLES
