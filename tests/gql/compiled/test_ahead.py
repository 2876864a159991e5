"""An object that is asked for by its id and has to be waited for: its edges by the same id are
loaded in the same moment, and nothing else is different.
"""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from app.core.errors import Conflict
from app.gql.compiled.branch import MOST_AHEAD
from tests.gql.compiled.fleet import Fleet, uuid
from tests.gql.compiled.harbour import SOMEBODY, Harbour
from tests.gql.compiled.running import Halt, gated, reached, run

pytestmark = pytest.mark.usefixtures("quiet", "nothing_unseen")

BODY = """{ name crew(first: 2) { name } again: crew(first: 2) { wage } all: crew(first: 3) { name }
  crewSize }"""
ALBATROS = f"ship_{uuid(20).hex}"
ASKED = f'{{ ship(id: "{ALBATROS}") {BODY} }}'
DOCUMENT = f"query($id: ID!) {{ ship(id: $id) {BODY} }}"


class Turns(asyncio.Event):
    """Opens by itself, after some turns of the event loop."""

    async def wait(self) -> Any:
        for _ in range(3):
            await asyncio.sleep(0)


def slow(fleet: Fleet) -> None:
    fleet.gates["ship"] = Turns()


def names(fleet: Fleet) -> list[str]:
    return [name for name, _ in fleet.calls]


async def test_edges_are_loaded_beside_it() -> None:
    harbour, fleet = Harbour(), gated("ship")
    running = run(harbour, ASKED, fleet)
    await reached(fleet, "root.ship", "ship", "crew", "crew_size")
    fleet.gates["ship"].set()
    answer = await running.over()
    assert answer["data"]["ship"]["crewSize"] == 3
    assert len(answer["data"]["ship"]["crew"]) == 2
    assert len(answer["data"]["ship"]["all"]) == 3
    assert sorted(names(fleet)) == ["crew", "crew", "crew_size", "root.ship", "ship"]
    assert {keys for name, keys in fleet.calls if name != "root.ship"} == {(uuid(20),)}


async def test_where_nothing_is_waited_for_they_come_after_it(harbour: Harbour) -> None:
    await harbour.ask(DOCUMENT, {"id": ALBATROS})
    assert names(harbour.fleet)[:2] == ["root.ship", "ship"]
    await harbour.ask(DOCUMENT, {"id": f"ship_{uuid(77).hex}"})
    assert names(harbour.fleet) == ["root.ship", "ship"]


async def test_both_executors_answer_alike(harbour: Harbour) -> None:
    answer = await harbour.ask(DOCUMENT, {"id": ALBATROS}, slow)
    assert answer["data"]["ship"]["name"] == "Albatros"
    assert "errors" not in answer


async def test_of_what_is_not_there_nothing_is_said(harbour: Harbour) -> None:
    """Not even the error of an edge that was loaded for it."""

    def set_up(fleet: Fleet) -> None:
        slow(fleet)
        fleet.trouble["crew"] = Conflict("Mutiny.")

    answer = await harbour.ask(DOCUMENT, {"id": f"ship_{uuid(77).hex}"}, set_up)
    assert answer == {"data": {"ship": None}}
    assert "crew" in names(harbour.fleet)


@pytest.mark.parametrize(("ids", "edges", "loaded"), [(1, 11, 11), (2, 11, 14), (16, 1, 0)])
async def test_of_much_that_is_not_there_little_is_loaded(
    harbour: Harbour, ids: int, edges: int, loaded: int
) -> None:
    """In all of an operation no more than so many edges, however many ids it asks for."""
    sizes = " ".join(f"c{n}: crew(first: {n}) {{ name }}" for n in range(1, edges))
    asked = " ".join(
        f's{n}: ship(id: "ship_{uuid(70 + n).hex}") {{ crewSize {sizes} }}' for n in range(ids)
    )
    answer = await harbour.ask(f"{{ {asked} }}", {}, slow)
    assert set(answer["data"].values()) == {None}
    assert len([name for name in names(harbour.fleet) if name.startswith("crew")]) == loaded
    assert loaded <= MOST_AHEAD


@pytest.mark.parametrize("ids", [4, 16])
async def test_what_is_not_loaded_ahead_comes_after(harbour: Harbour, ids: int) -> None:
    body = "{ name crew { name } port { name } crewSize }"
    asked = " ".join(f's{n}: ship(id: "{ALBATROS}") {body}' for n in range(ids))
    answer = await harbour.ask(f"{{ {asked} }}", {}, slow)
    assert {ship["crewSize"] for ship in answer["data"].values()} == {3}


@pytest.mark.parametrize("where", ["crew", "crew_size", "ship", "root.ship"])
async def test_an_error_stands_where_it_belongs(harbour: Harbour, where: str) -> None:
    def set_up(fleet: Fleet) -> None:
        slow(fleet)
        fleet.trouble[where] = Conflict("Mutiny.")

    answer = await harbour.ask(DOCUMENT, {"id": ALBATROS}, set_up)
    assert {error["message"] for error in answer["errors"]} == {"Mutiny."}


async def test_wrong_arguments_are_told_as_ever(harbour: Harbour) -> None:
    asked = f'{{ ship(id: "{ALBATROS}") {{ name crew(first: 0) {{ name }} crewSize }} }}'
    answer = await harbour.ask(asked, {}, slow)
    [error] = answer["errors"]
    assert error["path"] == ["ship", "crew"]


async def test_a_mutation_does_one_thing_after_the_other() -> None:
    fleet = gated("ship")
    asked = f'mutation {{ rename(id: "{ALBATROS}", name: "Adler") {BODY} }}'
    running = run(Harbour(), asked, fleet)
    await reached(fleet, "ship")
    for _ in range(20):
        await asyncio.sleep(0)
    assert names(fleet) == ["ship"]
    fleet.gates["ship"].set()
    answer = await running.over()
    assert answer["data"]["rename"]["name"] == "Adler"
    assert len(answer["data"]["rename"]["all"]) == 3


async def test_what_goes_by_another_key_comes_after_it(harbour: Harbour) -> None:
    asked = f'{{ ship(id: "{ALBATROS}") {{ name port {{ name }} captain {{ name }} crewSize }} }}'
    await harbour.ask(asked, {}, slow)
    by = {name: keys for name, keys in harbour.fleet.calls if name in ("port", "sailor")}
    assert by == {"port": (uuid(1),), "sailor": (uuid(10),)}
    assert len(harbour.fleet.calls) == 5


@pytest.mark.parametrize("found", [ALBATROS, f"ship_{uuid(77).hex}"])
async def test_what_is_not_for_everybody_is_required_first(harbour: Harbour, found: str) -> None:
    """It is asked for nobody who has no right to it, and for nothing that is not there."""
    asked = f'{{ ship(id: "{found}") {{ name orders crewSize }} }}'
    stranger = replace(SOMEBODY, permissions=frozenset())
    answer = await harbour.ask(asked, {}, slow, viewer=stranger)
    assert ("errors" in answer) == (found == ALBATROS)
    assert "probe.orders" not in names(harbour.fleet)
    await harbour.ask(asked, {}, slow)
    assert ("probe.orders" in names(harbour.fleet)) == (found == ALBATROS)


async def test_nothing_is_loaded_twice(harbour: Harbour) -> None:
    """What was loaded ahead is not wanted again where the same is wanted of objects below."""
    asked = f'{{ ship(id: "{ALBATROS}") {{ name beside {{ name crewSize }} crewSize }} }}'
    await harbour.ask(asked, {}, slow)
    sizes = [keys for name, keys in harbour.fleet.calls if name == "crew_size"]
    assert sizes == [(uuid(20),), (uuid(21), uuid(22))]


async def test_what_belongs_to_another_id_is_not_taken(harbour: Harbour) -> None:
    """The edges are those of the object that came, not of what was asked for."""

    def set_up(fleet: Fleet) -> None:
        slow(fleet)
        fleet.things[uuid(20)] = fleet.things[uuid(21)]

    answer = await harbour.ask(DOCUMENT, {"id": ALBATROS}, set_up)
    assert answer["data"]["ship"]["name"] == "Biene"
    assert answer["data"]["ship"]["crewSize"] == 2


@pytest.mark.parametrize("held", [("ship",), ("crew",), ("ship", "crew_size")])
async def test_cancelled_it_leaves_nothing(harbour: Harbour, held: tuple[str, ...]) -> None:
    fleet = gated(*held)
    fleet.gates.setdefault("ship", Turns())
    running = run(harbour, ASKED, fleet)
    await reached(fleet, *held, "crew")
    await running.cancelled()


@pytest.mark.parametrize("where", ["ship", "crew"])
async def test_what_is_no_error_ends_it(harbour: Harbour, where: str) -> None:
    fleet = gated(*({"ship", "crew", "crew_size"} - {where}))
    if where != "ship":
        fleet.gates["ship"] = Turns()
    fleet.trouble[where] = Halt()  # type: ignore[assignment]
    with pytest.raises(Halt):
        await run(harbour, ASKED, fleet).over()


async def test_too_slow_it_ends() -> None:
    harbour, fleet = Harbour(timeout=0.05), gated("crew")
    fleet.gates["ship"] = Turns()
    answer = await run(harbour, ASKED, fleet).over()
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["TIMEOUT"]
