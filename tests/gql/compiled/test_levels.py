"""A level has one batch for each edge and its arguments; when one of them fails, is cancelled or is
too slow, nothing is left behind and the others are answered.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from app.core.errors import Conflict
from tests.gql.compiled.fleet import Fleet, Stranger, uuid
from tests.gql.compiled.harbour import Harbour
from tests.gql.compiled.running import Halt, gated, reached, run

WIDE = """{ ships { nodes { name captain { name } crew { name } crewSize port { name } } }
  flagship { port { name ships { name } } } probe { later sureLater } }"""
IN_FLIGHT = ("sailor", "crew", "crew_size", "port", "probe.later", "probe.sure_later")


pytestmark = pytest.mark.usefixtures("quiet", "nothing_unseen")


# -- levels


async def test_one_batch_for_each_edge_of_a_level(harbour: Harbour) -> None:
    await harbour.ask(
        """{ ships { nodes { a: crew(first: 1) { port { name } } b: crew(first: 2) { name }
          c: crew(first: 1) { port { berths } } captain { port { name } } } } }"""
    )
    calls = [name for name, _ in harbour.fleet.calls]
    assert calls.count("crew") == 2
    assert calls.count("sailor") == 1
    assert calls.count("ship") == 1
    assert calls.count("port") == 1
    for name, keys in harbour.fleet.calls:
        assert len(keys) == len(set(keys)), name


async def test_keys_of_one_batch_are_bounded(harbour: Harbour) -> None:
    """Every key is asked for once, in batches of at most 500."""

    def set_up(fleet: Fleet) -> None:
        ship = fleet.things[uuid(20)]
        fields = {name: getattr(ship, name) for name in ship.__struct_fields__}
        many = [type(ship)(**{**fields, "id": uuid(1000 + n)}) for n in range(1203)]
        fleet.found = many
        fleet.things |= {one.id: one for one in many}

    # A root that says how long it is may be longer than that in a test alone.
    await harbour.ask("{ find { ... on Ship { crewSize port { name } } } }", {}, set_up)
    sizes = [len(keys) for name, keys in harbour.fleet.calls if name == "crew_size"]
    assert sorted(sizes) == [203, 500, 500]


@pytest.mark.parametrize("nonsense", [None, 7, []])
async def test_one_batch_of_several_fails(harbour: Harbour, nonsense: Any) -> None:
    """The keys of the others are answered. Values of keys that a batch was not asked for are not
    those of another batch."""

    def set_up(fleet: Fleet) -> None:
        ship, sailor = fleet.things[uuid(20)], fleet.things[uuid(10)]
        numbers = range(1203)
        fleet.found = [replace(ship, id=uuid(1000 + n), captain_id=uuid(5000 + n)) for n in numbers]
        captains = {uuid(5000 + n): replace(sailor, name=str(n)) for n in numbers}

        async def by_ids(name: str, ids: Any) -> Any:
            if uuid(5500) in ids:
                return nonsense
            wrong = dict.fromkeys(captains, sailor)
            return wrong | {one: captains[one] for one in ids}

        fleet.by_ids = by_ids  # type: ignore[method-assign]

    answer = await harbour.ask("{ find { ... on Ship { captain { name } } } }", {}, set_up)
    names = [one["captain"] and one["captain"]["name"] for one in answer["data"]["find"]]
    assert names == [None if 500 <= n < 1000 else str(n) for n in range(1203)]
    paths = [["find", n, "captain"] for n in range(500, 1000)]
    assert sorted(e["path"] for e in answer["errors"]) == paths


async def test_edges_of_a_level_load_at_once(harbour: Harbour) -> None:
    fleet = gated(*IN_FLIGHT)
    task = run(harbour, WIDE, fleet)
    await reached(fleet, *IN_FLIGHT)
    assert not task.task.done()
    for gate in fleet.gates.values():
        gate.set()
    answer = await task.over()
    assert "errors" not in answer
    assert answer["data"]["probe"] == {"later": "l", "sureLater": "s"}


async def test_root_fields_run_at_once(harbour: Harbour) -> None:
    fleet = gated("root.ships", "root.flagship", "root.probe")
    task = run(harbour, WIDE, fleet)
    await reached(fleet, "root.ships", "root.flagship", "root.probe")
    fleet.gates["root.probe"].set()
    await reached(fleet, "probe.later", "probe.sure_later")  # one does not wait for another
    for gate in fleet.gates.values():
        gate.set()
    assert list((await task.over())["data"]) == ["ships", "flagship", "probe"]


# -- cancellation


@pytest.mark.parametrize("held", [*IN_FLIGHT, "root.ships", "root.probe", "ships"])
async def test_cancelled_while_it_waits(harbour: Harbour, held: str) -> None:
    fleet = gated(held)
    task = run(harbour, WIDE, fleet)
    await reached(fleet, held)
    await task.cancelled()


async def test_cancelled_with_everything_in_flight(harbour: Harbour) -> None:
    fleet = gated(*IN_FLIGHT)
    task = run(harbour, WIDE, fleet)
    await reached(fleet, *IN_FLIGHT)
    assert len([one for one in task.begun if not one.done()]) > 4
    await task.cancelled()


async def test_cancelled_at_any_step(harbour: Harbour) -> None:
    """However far it has come."""
    for steps in range(40):
        fleet = gated()
        task = run(harbour, WIDE, fleet)
        for _ in range(steps):
            await asyncio.sleep(0)
        if task.task.done():
            assert "errors" not in await task.over()
            break
        await task.cancelled()
    assert steps > 3


async def test_a_mutation_that_is_cancelled_does_no_more(harbour: Harbour) -> None:
    fleet = gated("note.b")
    document = 'mutation { a: note(text: "a") b: note(text: "b") c: note(text: "c") }'
    task = run(harbour, document, fleet)
    await reached(fleet, "note.b")
    await task.cancelled()
    assert fleet.logged == ["a"]


async def test_cancelled_again_while_it_ends(harbour: Harbour) -> None:
    """What is in flight cleans up for a while, and the caller does not want to wait for that."""
    fleet, cleaning = gated(), list[str]()
    reach = fleet.reach

    async def slow_to_end(name: str, keys: Any = ()) -> None:
        await reach(name, keys)
        if name in IN_FLIGHT:
            try:
                await asyncio.Event().wait()
            finally:
                cleaning.append(name)
                for _ in range(5):
                    await asyncio.sleep(0)

    fleet.reach = slow_to_end  # type: ignore[method-assign]
    running = run(harbour, WIDE, fleet)
    await reached(fleet, *IN_FLIGHT)
    for _ in range(4):
        running.task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await running.task
    for _ in range(20):
        await asyncio.sleep(0)
    assert set(cleaning) == set(IN_FLIGHT)
    assert [task for task in running.begun if not task.done()] == []


@pytest.mark.parametrize("where", [*IN_FLIGHT, "root.ships", "root.probe", "ships"])
async def test_what_is_no_error_ends_everything(harbour: Harbour, where: str) -> None:
    """It goes to the caller, and what was begun beside it ends."""
    fleet = gated(*(name for name in IN_FLIGHT if name != where and where in IN_FLIGHT))
    fleet.trouble[where] = Halt()  # type: ignore[assignment]
    with pytest.raises(Halt):
        await run(harbour, WIDE, fleet).over()


# -- time


@pytest.mark.parametrize("held", ["sailor", "root.ships", "probe.sure_later"])
async def test_too_slow(held: str) -> None:
    """The operation's own time ends everything that it has begun."""
    harbour, fleet = Harbour(timeout=0.05), gated(held)
    answer = await run(harbour, WIDE, fleet).over()
    assert answer["data"] is None
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["TIMEOUT"]


async def test_a_batch_that_times_out_by_itself(harbour: Harbour) -> None:
    """That is the error of its fields, not the end of the operation."""

    def set_up(fleet: Fleet) -> None:
        fleet.trouble["sailor"] = TimeoutError()

    answer = await harbour.ask("{ flagship { name captain { name } } text }", {}, set_up)
    assert answer["data"] == {
        "flagship": {"name": "Albatros", "captain": None},
        "text": "text=None",
    }
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["TIMEOUT"]


async def test_a_batch_that_is_cancelled_inside(harbour: Harbour) -> None:
    """A cancellation that nobody asked for is none of the operation: it goes to the caller, and
    what was begun beside it ends.
    """
    fleet = gated("crew", "port", "probe.later")
    fleet.trouble["sailor"] = asyncio.CancelledError()  # type: ignore[assignment]
    with pytest.raises(asyncio.CancelledError):
        await run(harbour, WIDE, fleet).over()


async def test_what_is_left_to_the_reference_is_not_done_beside_it(harbour: Harbour) -> None:
    """The plan meets an object of no type: all that it has begun ends before the other begins."""
    fleet, ended = gated("crew"), list[bool]()
    fleet.probe = {"either": Stranger(uuid(5))}
    reach = fleet.reach

    async def reaching(name: str, keys: Any = ()) -> None:
        if name == "crew":
            try:
                await reach(name, keys)
            except asyncio.CancelledError:
                ended.append(True)
                raise
        else:
            await reach(name, keys)
        if name == "root.probe" and len([n for n, _ in fleet.calls if n == name]) == 2:
            assert ended == [True]
            fleet.gates.clear()
        elif name == "root.probe":
            await reached(fleet, "crew")

    fleet.reach = reaching  # type: ignore[method-assign]
    document = "{ probe { either { __typename } } ships { nodes { crew { name } } } }"
    answer = await run(harbour, document, fleet).over()
    assert answer["data"]["probe"] == {"either": None}
    assert len(answer["data"]["ships"]["nodes"]) == 3
    assert ended == [True]


# -- failures beside what is in flight


@pytest.mark.parametrize("failing", ["crew", "sailor", "crew_size", "port"])
@pytest.mark.parametrize("slow", ["crew", "sailor", "crew_size", "port"])
async def test_one_of_two_siblings_fails(harbour: Harbour, failing: str, slow: str) -> None:
    """The other one is answered, whichever is first."""
    fleet = gated(*{slow} - {failing})
    fleet.trouble[failing] = Conflict("Not now.")
    document = "{ afloat { name port { name } ... on Ship { captain { name } crew { name } } } }"
    task = run(harbour, document, fleet)
    wanted = {"crew", "sailor", "port"}
    await reached(fleet, *wanted)
    for gate in fleet.gates.values():
        gate.set()
    answer = await task.over()
    keys = {"crew": "crew", "sailor": "captain", "port": "port"}
    paths = {tuple(e["path"]) for e in answer.get("errors", ())}
    assert {path[-1] for path in paths} == {keys[failing]} if failing in keys else not paths
    [albatros, biene, nothing, *_] = answer["data"]["afloat"]
    assert nothing is None
    if failing == "crew":  # a list may not be null, nor what holds it: the ship may
        assert albatros is None
        return
    assert albatros["crew"] == [{"name": "Ada"}, {"name": "Cleo"}]
    assert biene["captain"] == (None if failing == "sailor" else {"name": "Bo"})
    assert biene["port"] == (None if failing == "port" else {"name": "Sund"})


async def test_a_root_field_that_fails_while_others_are_in_flight(harbour: Harbour) -> None:
    """One that may be null is null alone; one that may not takes everything with it."""
    fleet = gated("crew")
    fleet.trouble["root.probe"] = Conflict("Not now.")
    task = run(harbour, "{ probe { text } ships { nodes { crew { name } } } }", fleet)
    await reached(fleet, "crew", "root.probe")
    fleet.gates["crew"].set()
    answer = await task.over()
    assert answer["data"]["probe"] is None
    assert len(answer["data"]["ships"]["nodes"]) == 3
    fleet = gated("crew")
    fleet.trouble["root.sure_probe"] = Conflict("Not now.")
    task = run(harbour, "{ sureProbe { text } ships { nodes { crew { name } } } }", fleet)
    await reached(fleet, "root.sure_probe")
    for gate in fleet.gates.values():
        gate.set()
    answer = await task.over()
    assert answer["data"] is None
    assert [e["path"] for e in answer["errors"]] == [["sureProbe"]]


def patches() -> Iterator[Callable[[Fleet], None]]:
    """Ways to be answered nonsense by a batch."""
    for value in ([], None, 7, "text", [("a", 1)]):

        def set_up(fleet: Fleet, value: Any = value) -> None:
            async def by_ids(name: str, ids: Any) -> Any:
                return value

            fleet.by_ids = by_ids  # type: ignore[method-assign]

        yield set_up


@pytest.mark.parametrize("set_up", list(patches()))
async def test_a_batch_that_answers_no_mapping(harbour: Harbour, set_up: Any) -> None:
    """It is the error of its fields, as it is of the reference."""
    answer = await harbour.ask("{ flagship { name captain { name } } text }", {}, set_up)
    assert answer["data"]["flagship"] == {"name": "Albatros", "captain": None}
    assert [e["path"] for e in answer["errors"]] == [["flagship", "captain"]]
