"""What values become in the answer: leaves of every kind, enumerations, interfaces and unions."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from graphql import Undefined
from msgspec.structs import replace

from app.core.errors import Conflict
from app.core.ids import encode_id
from tests.gql.compiled.fleet import Flag, Fleet, Stranger, uuid
from tests.gql.compiled.harbour import Harbour

ERROR = Conflict("Not now.")
NOON = datetime(2026, 1, 31, 12, 0, 0, 5999, tzinfo=UTC)


pytestmark = pytest.mark.usefixtures("quiet")


async def shown(harbour: Harbour, name: str, value: Any) -> Any:
    """What a field of the probe shows; the message of its error instead."""

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {name: value}

    answer = await harbour.ask(f"{{ probe {{ {name} }} }}", {}, set_up)
    if "errors" not in answer:
        return answer["data"]["probe"][name]
    [error] = answer["errors"]
    assert error["path"] == ["probe", name]
    assert answer["data"] == {"probe": {name: None}}
    return RuntimeError(error["extensions"]["raised"][1])


GOOD: list[tuple[str, Any, Any]] = [
    ("text", "plain", "plain"),
    ("text", "", ""),
    ("text", 7, "7"),
    ("text", 2.5, "2.5"),
    ("text", True, "true"),
    ("text", False, "false"),
    ("number", 0, 0),
    ("number", -(2**31), -(2**31)),
    ("number", 2**31 - 1, 2**31 - 1),
    ("number", 3.0, 3),
    ("number", True, 1),
    ("number", "12", 12),
    ("fraction", 2.5, 2.5),
    ("fraction", 3, 3.0),
    ("fraction", "1.5", 1.5),
    ("fraction", True, 1),
    ("fraction", 1e308, 1e308),
    ("truth", True, True),
    ("truth", False, False),
    ("truth", 1, True),
    ("truth", 0, False),
    ("big", 2**40, 2**40),
    ("big", -(2**62), -(2**62)),
    ("big", "9007199254740993", 2**53 + 1),
    ("time", NOON, "2026-01-31T12:00:00.005Z"),
    ("time", NOON.astimezone(timezone(timedelta(hours=-11))), "2026-01-31T12:00:00.005Z"),
    ("flag", Flag.RED, "RED"),
    ("flag", Flag.BLUE, "BLUE"),
    ("flag", "white", "WHITE"),
    ("flag", 2, "BLUE"),
]


@pytest.mark.parametrize(("name", "value", "expected"), GOOD)
async def test_good_values(harbour: Harbour, name: str, value: Any, expected: Any) -> None:
    found = await shown(harbour, name, value)
    assert found == expected
    assert type(found) is type(expected)


BAD: list[tuple[str, Any]] = [
    ("text", ["a"]),
    ("text", {"a": 1}),
    ("text", b"bytes"),
    ("text", object),
    ("text", float("nan")),
    ("number", 2**31),
    ("number", -(2**31) - 1),
    ("number", 2.5),
    ("number", "one"),
    ("number", ""),
    ("number", float("nan")),
    ("number", float("inf")),
    ("number", [1]),
    ("fraction", "x"),
    ("fraction", ""),
    ("fraction", float("nan")),
    ("fraction", float("-inf")),
    ("fraction", [1.5]),
    ("truth", "true"),
    ("truth", []),
    ("truth", float("nan")),
    ("big", "x"),
    ("big", None.__class__),
    ("time", "2026-01-31"),
    ("time", 7),
    ("flag", "RED"),
    ("flag", "nothing"),
    ("flag", 3),
    ("flag", []),
    ("flag", {}),
]


@pytest.mark.parametrize(("name", "value"), BAD)
async def test_bad_values(harbour: Harbour, name: str, value: Any) -> None:
    """Each is an error at its place, with the message of the reference."""
    assert isinstance(await shown(harbour, name, value), RuntimeError)


@pytest.mark.parametrize("made", [None, Undefined])
async def test_a_scalar_that_shows_nothing(harbour: Harbour, made: Any) -> None:
    """Null is what a value is, never what becomes of one."""
    told = str(await shown(harbour, "riddle", lambda: made))
    assert told.startswith("Expected `Riddle.coerce_output_value(")
    assert told.endswith(f"to return non-nullable value, returned: {made}")


async def test_a_scalar_that_shows_anything(harbour: Harbour) -> None:
    everything: list[Any] = ["text", 7, [1, {"a": [None]}], {}, False]
    for made in everything:
        assert await shown(harbour, "riddle", partial(deepcopy, made)) == made
    assert await shown(harbour, "riddle", None) is None
    found = await shown(harbour, "riddle", lambda: 1 // 0)
    assert "division" in str(found)


# -- interfaces and unions


async def test_types_of_a_union(harbour: Harbour) -> None:
    answer = await harbour.ask(
        """{ find { kind: __typename ... on Ship { name flag } ... on Sailor { name wage }
          ... on Port { berths } ... on Node { id } ... on Floating { port { name } } } }"""
    )
    [ship, sailor, port, _] = answer["data"]["find"]
    assert list(ship) == ["kind", "name", "flag", "id", "port"]
    assert list(sailor) == ["kind", "name", "wage", "id"]
    assert port == {"kind": "Port", "berths": 1, "id": encode_id("port", uuid(1))}


async def test_types_of_an_interface(harbour: Harbour) -> None:
    answer = await harbour.ask(
        """query ($ships: Boolean = true) { afloat { __typename name
          ... on Ship @include(if: $ships) { what: loud crewSize }
          ... on Buoy { what: name } ...F } }
        fragment F on Node { ... on Floating { ... on Ship { flag } id } }"""
    )
    [albatros, _, nothing, condor, one, two] = answer["data"]["afloat"]
    assert albatros["what"] == "ALBATROS"
    assert list(albatros) == ["__typename", "name", "what", "crewSize", "flag", "id"]
    assert nothing is None
    assert condor["flag"] == "WHITE"
    assert (one["what"], two["what"]) == ("Mark One", "Mark Two")
    assert list(one) == ["__typename", "name", "what", "id"]


async def test_one_edge_of_several_types_is_one_batch(harbour: Harbour) -> None:
    await harbour.ask("{ afloat { port { name } } }")
    assert [name for name, _ in harbour.fleet.calls] == ["root.afloat", "port"]
    await harbour.ask(
        "{ afloat { ... on Ship { a: port { name } } ... on Buoy { b: port { name } } } }"
    )
    assert [name for name, _ in harbour.fleet.calls] == ["root.afloat", "port"]


async def test_nodes(harbour: Harbour) -> None:
    refs = [
        encode_id("sailor", uuid(10)),
        encode_id("ship", uuid(20)),
        encode_id("ship", uuid(77)),
        encode_id("buoy", uuid(30)),
        encode_id("sailor", uuid(10)),
    ]
    answer = await harbour.ask(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
          ... on Sailor { name } ... on Floating { name } } }""",
        {"ids": refs},
    )
    found = answer["data"]["nodes"]
    assert [one and one["name"] for one in found] == ["Ada", "Albatros", None, "Mark One", "Ada"]
    assert [one["id"] for one in found if one] == [refs[0], refs[1], refs[3], refs[4]]


async def test_an_empty_selection_for_other_types(harbour: Harbour) -> None:
    answer = await harbour.ask("{ find { ... on Port { name } } }")
    assert answer["data"]["find"] == [{}, {}, {"name": "Nordhafen"}, {}]


async def test_a_union_in_a_field(harbour: Harbour) -> None:
    for number, kind in ((20, "Ship"), (10, "Sailor"), (1, "Port")):

        def set_up(fleet: Fleet, number: int = number) -> None:
            fleet.probe = {"either": fleet.things[uuid(number)]}

        answer = await harbour.ask(
            "{ probe { either { __typename ... on Ship { captain { name } } } } }", {}, set_up
        )
        assert answer["data"]["probe"]["either"]["__typename"] == kind


async def test_an_interface_in_a_field(harbour: Harbour) -> None:
    document = """{ probe { floating { __typename id name ... on Ship { loud }
        ... on Buoy { colour } ... on Node { same: id } } } }"""
    for number, kind, own in ((20, "Ship", "loud"), (30, "Buoy", "colour")):

        def set_up(fleet: Fleet, number: int = number) -> None:
            fleet.probe = {"floating": fleet.things[uuid(number)]}

        found = (await harbour.ask(document, {}, set_up))["data"]["probe"]["floating"]
        assert found["__typename"] == kind
        assert list(found) == ["__typename", "id", "name", own, "same"]
        assert found["id"] == found["same"] == encode_id(kind.lower(), uuid(number))


@pytest.mark.parametrize(("name", "number"), [("floating", 10), ("floating", 1), ("either", 30)])
async def test_a_type_that_is_none_of_them(harbour: Harbour, name: str, number: int) -> None:
    """One of the schema, but not of this interface or union."""

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {name: fleet.things[uuid(number)], "truth": True}

    document = f"{{ text probe {{ truth {name} {{ __typename }} }} }}"
    answer = await harbour.ask(document, {}, set_up, left={"type"})
    assert answer["data"] == {"text": "text=None", "probe": {"truth": True, name: None}}
    assert [e["path"] for e in answer["errors"]] == [["probe", name]]


async def test_one_of_a_list_is_none_of_them(harbour: Harbour) -> None:
    """Where null may stand, the others are there; where not, nothing is."""

    def set_up(fleet: Fleet) -> None:
        fleet.things[uuid(30)] = replace(fleet.things[uuid(30)], port_id=uuid(10))
        fleet.things[uuid(31)] = replace(fleet.things[uuid(31)], port_id=uuid(20))
        fleet.found = [fleet.things[uuid(20)], Stranger(uuid(5)), fleet.things[uuid(10)]]

    answer = await harbour.ask("{ text find { ... on Ship { name } } }", {}, set_up, left={"type"})
    assert answer["data"] is None
    assert [e["path"] for e in answer["errors"]] == [["find", 1]]
    answer = await harbour.ask("{ afloat { name port { name } } }", {}, set_up)
    names = [one and one["port"] and one["port"]["name"] for one in answer["data"]["afloat"]]
    assert names == ["Nordhafen", "Sund", None, "Nordhafen", None, None]
    assert [e["path"] for e in answer["errors"]] == [["afloat", n, "port"] for n in (4, 5)]


@pytest.mark.parametrize(("name", "kind"), [("either", "Found"), ("floating", "Floating")])
@pytest.mark.parametrize("value", [Stranger(uuid(5)), 7, "Ship"])
async def test_what_nobody_knows_the_type_of(
    harbour: Harbour, name: str, kind: str, value: Any
) -> None:
    """The reference says why; it is asked for that, and counted."""

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {name: value}

    answer = await harbour.ask(
        f"{{ text probe {{ {name} {{ __typename }} }} }}", {}, set_up, left={"type"}
    )
    assert answer["data"] == {"text": "text=None", "probe": {name: None}}
    [error] = answer["errors"]
    assert error["path"] == ["probe", name]
    assert kind in error["extensions"]["raised"][1] or kind == "Found"  # Strawberry's own sentence


async def test_what_is_of_another_type(harbour: Harbour) -> None:
    """An object where another one is declared."""

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {"below": Stranger(uuid(5)), "below_later": fleet.things[uuid(20)]}
        fleet.things[uuid(10)] = fleet.things[uuid(1)]

    answer = await harbour.ask(
        """{ probe { below { text } belowLater { text } truth }
             flagship { name captain { name } } }""",
        {},
        set_up,
    )
    assert answer["data"] == {
        "probe": {"below": None, "belowLater": None, "truth": None},
        "flagship": {"name": "Albatros", "captain": None},
    }
    assert [e["path"] for e in answer["errors"]] == [
        ["probe", "below"],
        ["probe", "belowLater"],
        ["flagship", "captain"],
    ]
    for error in answer["errors"]:
        assert error["message"].startswith("Expected value of type")
