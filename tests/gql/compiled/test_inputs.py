"""Inputs: one of several fields, names of two words, and what is wrong far inside of them."""

from typing import Any

import pytest

from app.core.ids import encode_id
from tests.gql.compiled.fleet import uuid
from tests.gql.compiled.harbour import Harbour


def codes(answer: Any) -> list[tuple[str, Any]]:
    return [(e["extensions"]["code"], e.get("path")) for e in answer["errors"]]


# -- one of several fields


ONE = "query ($at: BerthInput!) { berth(at: $at) }"


@pytest.mark.parametrize(
    ("given", "told"),
    [({"port": "Sund"}, "at=berth(port='Sund')"), ({"number": 7}, "at=berth(number=7)")],
)
async def test_one_of_them(harbour: Harbour, given: Any, told: str) -> None:
    """In a variable, as a default and as a literal."""
    [(name, value)] = given.items()
    literal = f'{{{name}: "{value}"}}' if name == "port" else f"{{{name}: {value}}}"
    for document, variables in (
        (ONE, {"at": given}),
        (f"query ($at: BerthInput! = {literal}) {{ berth(at: $at) }}", {}),
        (f"{{ berth(at: {literal}) }}", {}),
    ):
        assert await harbour.ask(document, variables) == {"data": {"berth": told}}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"port": None},
        {"port": "Sund", "number": 7},
        {"port": "Sund", "number": None},
        {"port": None, "number": None},
        {"nothing": 1},
        {"port": "Sund", "nothing": 1},
        {"port": 7},
        None,
        "Sund",
        [{"port": "Sund"}, {"number": 7}],
    ],
)
async def test_not_one_of_them(harbour: Harbour, given: Any) -> None:
    answer = await harbour.ask(ONE, {"at": given})
    assert answer["data"] is None
    assert set(codes(answer)) == {("INVALID", None)}


@pytest.mark.parametrize(
    "literal",
    ["{}", "{port: null}", '{port: "Sund", number: 7}', '{port: "Sund", number: null}', '"Sund"'],
)
async def test_literals_that_are_not_one_of_them(harbour: Harbour, literal: str) -> None:
    """The document is refused: nothing of it is done."""
    for document in (
        f'mutation {{ note(text: "a") land(at: {literal}) }}',
        f'mutation ($at: BerthInput! = {literal}) {{ note(text: "a") land(at: $at) }}',
    ):
        answer = await harbour.ask(document)
        assert set(answer) == {"errors"}
        assert set(codes(answer)) == {("INVALID", None)}
        assert harbour.fleet.logged == []


ONE_FIELD = "query ($port: {}) {{ berth(at: {{port: $port}}) text }}"


async def test_a_variable_for_one_of_them(harbour: Harbour) -> None:
    """It has to be one that cannot be null."""
    told = {"data": {"berth": "at=berth(port='Sund')", "text": "text=None"}}
    assert await harbour.ask(ONE_FIELD.format("String!"), {"port": "Sund"}) == told
    assert await harbour.ask(ONE_FIELD.format('String! = "Sund"'), {}) == told
    for missing in ({"port": None}, {}):
        answer = await harbour.ask(ONE_FIELD.format("String!"), missing)
        assert answer["data"] is None
        assert codes(answer) == [("INVALID", None)]
    for kind in ("String", 'String = "Sund"'):  # refused or not, a null does not get through
        answer = await harbour.ask(ONE_FIELD.format(kind), {"port": None})
        assert not (answer.get("data") or {}).get("berth")
        assert {code for code, _ in codes(answer)} == {"INVALID"}
    assert set(await harbour.ask(ONE_FIELD.format("Int!"), {"port": 1})) == {"errors"}
    assert set(await harbour.ask("{ berth(at: {port: $port}) }", {"port": "Sund"})) == {"errors"}


# -- names of two words


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("voyage", "first_stop=None, home_port='Sund'"),
        ('voyage(homePort: "Nordhafen")', "first_stop=None, home_port='Nordhafen'"),
        (
            'voyage(firstStop: {portName: "A"})',
            "first_stop=stop(days_there=3, next_stop=None, port_name='A'), home_port='Sund'",
        ),
        (
            'voyage(firstStop: {portName: "A", daysThere: 0, nextStop: {portName: "B"}})',
            "first_stop=stop(days_there=0, next_stop=stop(days_there=3, next_stop=None, port_na",
        ),
    ],
)
async def test_names_of_two_words(harbour: Harbour, field: str, told: str) -> None:
    answer = await harbour.ask(f"{{ {field} }}")
    assert answer["data"]["voyage"].startswith(told)


STOPS: list[tuple[str, dict[str, Any], str]] = [
    ("$s: StopInput", {}, "None"),
    ("$s: StopInput", {"s": None}, "None"),
    (
        "$s: StopInput",
        {"s": {"portName": "A"}},
        "stop(days_there=3, next_stop=None, port_name='A')",
    ),
    (
        '$s: StopInput = {portName: "D"}',
        {},
        "stop(days_there=3, next_stop=None, port_name='D')",
    ),
    (
        '$s: StopInput = {portName: "D", nextStop: {portName: "E", daysThere: 1}}',
        {},
        "stop(days_there=3, next_stop=stop(days_there=1, next_stop=None, port_name='E'), port_na",
    ),
    (
        '$s: StopInput = {portName: "D", daysThere: 9}',
        {"s": {"portName": "A", "nextStop": {"portName": "B"}}},
        "stop(days_there=3, next_stop=stop(days_there=3, next_stop=None, port_name='B'), port_na",
    ),
]


@pytest.mark.parametrize(("declared", "given", "told"), STOPS)
async def test_defaults_of_an_input_and_of_its_fields(
    harbour: Harbour, declared: str, given: dict[str, Any], told: str
) -> None:
    """What is left out of an input is the field's default, never the variable's."""
    document = f"query ({declared}) {{ voyage(firstStop: $s) }}"
    answer = await harbour.ask(document, given)
    assert answer["data"]["voyage"].startswith(f"first_stop={told}")


NESTED = """query ($name: String!, $days: Int, $next: StopInput) { voyage(firstStop: {
    portName: $name, daysThere: $days,
    nextStop: {portName: "B", daysThere: 1, nextStop: $next}}) }"""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "A"}, ("3", "None")),
        ({"name": "A", "days": 5}, ("5", "None")),
        ({"name": "A", "next": None}, ("3", "None")),
        (
            {"name": "A", "days": 0, "next": {"portName": "C"}},
            ("0", "stop(days_there=3, next_stop=None, port_name='C')"),
        ),
    ],
)
async def test_variables_inside_of_an_input(
    harbour: Harbour, given: dict[str, Any], told: tuple[str, str]
) -> None:
    """One that is left out is left out of the input; its field has its default."""
    days, last = told
    answer = await harbour.ask(NESTED, given)
    inner = f"stop(days_there=1, next_stop={last}, port_name='B')"
    shown = f"first_stop=stop(days_there={days}, next_stop={inner}, port_name='A')"
    assert answer == {"data": {"voyage": f"{shown}, home_port='Sund'"}}


async def test_a_null_inside_of_an_input(harbour: Harbour) -> None:
    """It is not the default, and the field does not take it."""
    answer = await harbour.ask(NESTED, {"name": "A", "days": None})
    assert codes(answer) == [("INVALID", ["voyage"])]


# -- what is wrong


WRONG: list[tuple[Any, list[str]]] = [
    ({}, ["required field 'portName'"]),
    ({"portName": None}, ["at .portName:"]),
    ({"portName": "A", "next_stop": None}, ["unknown field 'next_stop'"]),
    ({"portName": "A", "daysThere": None}, ["at .daysThere:"]),
    ({"portName": "A", "nextStop": {"portName": 1}}, ["at .nextStop.portName:"]),
    ({"portName": "A", "nextStop": {"daysThere": 1}}, ["at .nextStop: "]),
    ({"portName": "A", "nextStop": [{"portName": "B"}]}, ["at .nextStop: "]),
    (
        {"daysThere": "x", "nextStop": {"portName": [1], "daysThere": 2.5}},
        ["at .daysThere:", "at .nextStop.daysThere:", "at .nextStop.portName:", "'portName'"],
    ),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
async def test_every_wrong_place_is_told(harbour: Harbour, given: Any, told: list[str]) -> None:
    answer = await harbour.ask(
        "query ($s: StopInput!) { voyage(firstStop: $s) text }", {"s": given}
    )
    assert answer["data"] is None
    messages = [e["message"] for e in answer["errors"]]
    assert len(messages) == len(told)
    for part in told:
        assert sum(part in message for message in messages) == 1, (part, messages)


async def test_a_list_where_one_is_taken(harbour: Harbour) -> None:
    for value in (["a"], ["a", "b"], {"a": 1}):
        answer = await harbour.ask("query ($t: String!) { sure(text: $t) }", {"t": value})
        assert answer["data"] is None
        assert codes(answer) == [("INVALID", None)]


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ("$v: Int = 2.5", "usual(number: $v)"),
        ("$v: Int! = null", "usual(number: $v)"),
        ("$v: Flag = GREEN", "leaves(flag: $v)"),
        ("$v: [String!] = [null]", "lists(sure: $v)"),
        ('$v: StopInput = {port: "x"}', "voyage(firstStop: $v)"),
        ("$v: StopInput = {}", "voyage(firstStop: $v)"),
        ("$v: DateTime = 7", "leaves(time: $v)"),
    ],
)
async def test_wrong_defaults_are_refused(harbour: Harbour, declared: str, field: str) -> None:
    """Whatever is sent for the variable."""
    for given in ({}, {"v": 1}, {"v": {"portName": "A"}}):
        answer = await harbour.ask(f"query ({declared}) {{ {field} }}", given)
        assert set(answer) == {"errors"}


@pytest.mark.parametrize("levels", [1, 20, 60])
async def test_inputs_in_inputs(harbour: Harbour, levels: int) -> None:
    """As far as a request may nest its values, with a wrong one at the end."""
    given: dict[str, Any] = {"portName": "A"}
    for _ in range(levels):
        given = {"portName": "B", "nextStop": given}
    document = "query ($s: StopInput) { voyage(firstStop: $s) }"
    found = await harbour.ask(document, {"s": given})
    assert found["data"]["voyage"].count("port_name='B'") == levels
    innermost = given
    while "nextStop" in innermost:
        innermost = innermost["nextStop"]
    innermost["daysThere"] = "x"
    [error] = (await harbour.ask(document, {"s": given}))["errors"]
    assert error["extensions"]["raised"][1].count(".nextStop") == levels


async def test_ids_and_kinds(harbour: Harbour) -> None:
    """One document by which each of them is found, together and one after the other."""
    refs = {n: encode_id("ship", uuid(n)) for n in (20, 21, 77)}
    document = (
        "query ($a: ID!, $b: ID!) { a: ship(id: $a) { name } b: node(id: $b) { __typename id } }"
    )
    sailor = encode_id("sailor", uuid(10))
    for number, name in ((20, "Albatros"), (21, "Biene"), (77, None)):
        answer = await harbour.ask(document, {"a": refs[number], "b": sailor})
        assert answer["data"] == {
            "a": None if name is None else {"name": name},
            "b": {"__typename": "Sailor", "id": sailor},
        }
