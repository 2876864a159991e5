"""Arguments and variables: defaults, null, what is left out, and what becomes another type."""

from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse
from graphql.execution.values import VariableValues

from app.gql.compiled.arguments import Arguments
from app.gql.compiled.variables import NOTHING
from tests.gql.compiled.harbour import Harbour, harbour_schema


async def told(harbour: Harbour, document: str, variables: Any = None) -> Any:
    """What the only root field was given, or the codes and paths of the errors."""
    answer = await harbour.ask(document, variables)
    if "errors" not in answer:
        return next(iter(answer["data"].values()))
    return [(e["extensions"]["code"], tuple(e.get("path", ()))) for e in answer["errors"]]


REFUSED: list[tuple[str, tuple[str, ...]]] = [("INVALID", ())]


# -- literals


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("text", "text=None"),
        ("text(text: null)", "text=None"),
        ('text(text: "")', "text=''"),
        ('text(text: "a\\u00e9\\n")', "text='aé\\n'"),
        ('text(text: """\n  a\n    b\n""")', "text='a\\n  b'"),
        ("usual", "number=7, text='as ever'"),
        ("usual(number: -3)", "number=-3, text='as ever'"),
        ('usual(text: "x", number: 0)', "number=0, text='x'"),
        ("leaves(flag: BLUE)", "big=None, flag=<Flag.BLUE: 2>, fraction=None, time=None, truth=No"),
        ("leaves(fraction: 3)", "big=None, flag=None, fraction=3.0"),
        ("leaves(fraction: 3.5e1)", "big=None, flag=None, fraction=35.0"),
        ("leaves(big: 9007199254740993)", "big=9007199254740993"),
        ('leaves(big: "12")', "big=12"),
        (
            'leaves(time: "2026-01-31T12:00:00+02:00")',
            "big=None, flag=None, fraction=None, time=da",
        ),
        ("leaves(truth: false)", "big=None, flag=None, fraction=None, time=None, truth=False"),
        ("lists(texts: [])", "cargos=None, matrix=None, sure=None, texts=[]"),
        ('lists(texts: ["a", null])', "cargos=None, matrix=None, sure=None, texts=['a', None]"),
        ('lists(texts: "a")', "cargos=None, matrix=None, sure=None, texts=['a']"),
        ("lists(texts: null)", "cargos=None, matrix=None, sure=None, texts=None"),
        ("lists(matrix: 1)", "cargos=None, matrix=[[1]]"),
        ("lists(matrix: [[1], [2, 3]])", "cargos=None, matrix=[[1], [2, 3]]"),
        ('lists(cargos: {name: "x"})', "cargos=[cargo(flag=<Flag.RED: 'red'>, inside=None, name"),
        (
            'cargo(cargo: {name: "x"})',
            "cargo=cargo(flag=<Flag.RED: 'red'>, inside=None, name='x', tags=None, weight=None)",
        ),
        (
            'cargo(cargo: {tags: "t", name: "x", flag: WHITE, weight: null, inside: {name: "y"}})',
            "cargo=cargo(flag=<Flag.WHITE: 'white'>, inside=cargo(flag=<Flag.RED: 'red'>, inside=",
        ),
    ],
)
async def test_literals(harbour: Harbour, literal: str, expected: str) -> None:
    assert (await told(harbour, f"{{ {literal} }}")).startswith(expected)


@pytest.mark.parametrize(
    "literal",
    [
        "sure",
        "sure(text: null)",
        "sure(text: 1)",
        "usual(number: null)",
        "usual(number: 2147483648)",
        "usual(number: 1.0)",
        'usual(number: "1")',
        "leaves(flag: GREEN)",
        'leaves(flag: "RED")',
        'leaves(time: "yesterday")',
        "leaves(truth: 1)",
        "lists(sure: [null])",
        "lists(matrix: [[null]])",
        "cargo(cargo: {})",
        'cargo(cargo: {name: "x", nothing: 1})',
        'cargo(cargo: {name: "x", flag: null})',
        'text(text: "a", text: "b")',
        "text(nothing: 1)",
    ],
)
async def test_wrong_literals_are_refused(harbour: Harbour, literal: str) -> None:
    assert {code for code, _ in await told(harbour, f"{{ {literal} }}")} == {"INVALID"}
    assert harbour.fleet.calls == []


# -- variables


VARIABLES: list[tuple[str, str, dict[str, Any], Any]] = [
    # a nullable argument: left out, null and a value are three things
    ("$v: String", "text(text: $v)", {}, "text=None"),
    ("$v: String", "text(text: $v)", {"v": None}, "text=None"),
    ("$v: String", "text(text: $v)", {"v": "a"}, "text='a'"),
    ('$v: String = "d"', "text(text: $v)", {}, "text='d'"),
    ('$v: String = "d"', "text(text: $v)", {"v": None}, "text=None"),
    ('$v: String! = "d"', "text(text: $v)", {}, "text='d'"),
    ("$v: String!", "text(text: $v)", {"v": "a"}, "text='a'"),
    # an argument that is not null, with a default and without
    ("$v: String", "usual(text: $v)", {}, "number=7, text='as ever'"),
    ("$v: String", "usual(text: $v)", {"v": "a"}, "number=7, text='a'"),
    ("$v: String", "usual(text: $v)", {"v": None}, [("INVALID", ("usual",))]),
    ('$v: String = "d"', "usual(text: $v)", {}, "number=7, text='d'"),
    ('$v: String = "d"', "usual(text: $v)", {"v": None}, [("INVALID", ("usual",))]),
    ('$v: String = "d"', "sure(text: $v)", {}, "text='d'"),
    ('$v: String = "d"', "sure(text: $v)", {"v": None}, [("INVALID", ("sure",))]),
    ("$v: String", "sure(text: $v)", {}, REFUSED),
    ("$v: String", "sure(text: $v)", {"v": "a"}, REFUSED),
    ("$v: String = null", "text(text: $v)", {}, "text=None"),
    ("$v: String!", "sure(text: $v)", {}, REFUSED),
    ("$v: String!", "sure(text: $v)", {"v": None}, REFUSED),
    # what becomes another type
    ("$v: Int!", "usual(number: $v)", {"v": 3.0}, "number=3, text='as ever'"),
    ("$v: Int!", "usual(number: $v)", {"v": 3.5}, REFUSED),
    ("$v: Int!", "usual(number: $v)", {"v": True}, REFUSED),
    ("$v: Int!", "usual(number: $v)", {"v": "3"}, REFUSED),
    ("$v: Int!", "usual(number: $v)", {"v": 2**31}, REFUSED),
    ("$v: String!", "sure(text: $v)", {"v": 3}, REFUSED),
    ("$v: Float", "leaves(fraction: $v)", {"v": 3}, "big=None, flag=None, fraction=3.0, time=None"),
    ("$v: Int", "leaves(fraction: $v)", {"v": 3}, REFUSED),
    ("$v: Boolean", "leaves(truth: $v)", {"v": 1}, REFUSED),
    ("$v: Flag", "leaves(flag: $v)", {"v": "WHITE"}, "big=None, flag=<Flag.WHITE: 'white'>"),
    ("$v: Flag", "leaves(flag: $v)", {"v": "white"}, REFUSED),
    ("$v: Flag", "leaves(flag: $v)", {"v": 2}, REFUSED),
    ("$v: BigInt", "leaves(big: $v)", {"v": 2**40}, "big=1099511627776"),
    ("$v: BigInt", "leaves(big: $v)", {"v": 2**63}, REFUSED),
    ("$v: DateTime", "leaves(time: $v)", {"v": "2026-01-31T12:00:00Z"}, "big=None, flag=None, f"),
    ("$v: DateTime", "leaves(time: $v)", {"v": "noon"}, REFUSED),
    # lists
    (
        "$v: [String]",
        "lists(texts: $v)",
        {"v": "a"},
        "cargos=None, matrix=None, sure=None, texts=[",
    ),
    ("$v: [String]", "lists(texts: $v)", {"v": ["a", None]}, "cargos=None, matrix=None, sure=None"),
    ("$v: [String!]", "lists(sure: $v)", {"v": ["a", None]}, REFUSED),
    ("$v: [String!]!", "lists(sure: $v)", {"v": None}, REFUSED),
    ("$v: [[Int!]!]", "lists(matrix: $v)", {"v": 5}, "cargos=None, matrix=[[5]]"),
    ("$v: [[Int!]!]", "lists(matrix: $v)", {"v": [1, 2]}, "cargos=None, matrix=[[1], [2]]"),
    ("$v: [[Int!]!]", "lists(matrix: $v)", {"v": [[1, None]]}, REFUSED),
    ("$v: String", "lists(texts: [$v])", {}, "cargos=None, matrix=None, sure=None, texts=[None]"),
    (
        "$v: String!",
        'lists(sure: ["a", $v])',
        {"v": "b"},
        "cargos=None, matrix=None, sure=['a', 'b",
    ),
    ("$v: Int!", "lists(matrix: [[1, $v], [$v]])", {"v": 4}, "cargos=None, matrix=[[1, 4], [4]]"),
    # inputs
    ("$v: CargoInput", "cargo(cargo: $v)", {}, "cargo=None"),
    ("$v: CargoInput", "cargo(cargo: $v)", {"v": {"name": "x"}}, "cargo=cargo(flag=<Flag.RED: 're"),
    ("$v: CargoInput", "cargo(cargo: $v)", {"v": {"name": "x", "tags": "t"}}, "cargo=cargo(flag="),
    ("$v: CargoInput", "cargo(cargo: $v)", {"v": {"name": None}}, REFUSED),
    ("$v: CargoInput", "cargo(cargo: $v)", {"v": {"weight": 1}}, REFUSED),
    ("$v: CargoInput", "cargo(cargo: $v)", {"v": {"name": "x", "z": 1}}, REFUSED),
    ("$v: CargoInput", "cargo(cargo: $v)", {"v": "x"}, REFUSED),
    ("$v: CargoInput", "cargo(cargo: $v)", {"v": {"name": "x", "inside": {"name": 1}}}, REFUSED),
    (
        '$v: CargoInput = {name: "d", weight: 2}',
        "cargo(cargo: $v)",
        {},
        "cargo=cargo(flag=<Flag.RED: 'red'>, inside=None, name='d', tags=None, weight=2)",
    ),
    (
        "$v: Int",
        'cargo(cargo: {name: "x", weight: $v})',
        {},
        "cargo=cargo(flag=<Flag.RED: 'red'>, inside=None, name='x', tags=None, weight=None)",
    ),
    ("$v: Flag", 'cargo(cargo: {name: "x", flag: $v})', {}, "cargo=cargo(flag=<Flag.RED: 'red'>"),
    ("$v: Flag", 'cargo(cargo: {name: "x", flag: $v})', {"v": "BLUE"}, "cargo=cargo(flag=<Flag.BL"),
    ("$v: Flag", 'cargo(cargo: {name: "x", flag: $v})', {"v": None}, [("INVALID", ("cargo",))]),
    ("$v: [CargoInput!]", "lists(cargos: $v)", {"v": {"name": "x"}}, "cargos=[cargo(flag=<Flag.R"),
    ("$v: CargoInput!", "lists(cargos: [$v, $v])", {"v": {"name": "x"}}, "cargos=[cargo(flag=<Fla"),
]


@pytest.mark.parametrize(("declared", "field", "given", "expected"), VARIABLES)
async def test_variables(
    harbour: Harbour, declared: str, field: str, given: dict[str, Any], expected: Any
) -> None:
    found = await told(harbour, f"query ({declared}) {{ {field} }}", given)
    assert found[: len(expected)] == expected, found


async def test_one_document_with_many_values(harbour: Harbour) -> None:
    """What was read for one request is not told to the next."""
    document = """query ($t: String = "d", $n: Int!, $c: CargoInput) {
      text(text: $t) usual(number: $n) cargo(cargo: $c) }"""
    steps: list[tuple[dict[str, Any], str, str]] = [
        ({"n": 1}, "text='d'", "number=1, text='as ever'"),
        ({"n": 2, "t": None}, "text=None", "number=2, text='as ever'"),
        ({"n": 3, "t": "x", "c": {"name": "y"}}, "text='x'", "number=3, text='as ever'"),
        ({"n": 1}, "text='d'", "number=1, text='as ever'"),
    ]
    for given, text, number in steps:
        answer = await harbour.ask(document, given)
        assert answer["data"]["text"] == text
        assert answer["data"]["usual"] == number


async def test_an_error_of_one_field_alone(harbour: Harbour) -> None:
    """A null that an argument does not take is that field's error; the others are answered."""
    document = (
        """query ($n: Int) { afloat { name ... on Ship { crew(first: $n) { name } } } text }"""
    )
    assert "errors" not in await harbour.ask(document, {})
    answer = await harbour.ask(document, {"n": None})
    paths = [["afloat", n, "crew"] for n in (0, 1, 3)]
    assert [e["path"] for e in answer["errors"]] == paths
    assert [one and one["name"] for one in answer["data"]["afloat"]] == [
        None,
        None,
        None,
        None,
        "Mark One",
        "Mark Two",
    ]
    assert answer["data"]["text"] == "text=None"
    for wrong in (0, 11):
        answer = await harbour.ask(document, {"n": wrong})
        assert {e["message"] for e in answer["errors"]} == {"first lies between 1 and 10."}


async def test_variables_that_nobody_declared(harbour: Harbour) -> None:
    assert await told(harbour, "query ($v: String) { text(text: $v) }", {"w": 1}) == "text=None"
    assert await told(harbour, "{ text(text: $v) }", {"v": "a"}) == REFUSED
    assert await told(harbour, "query ($v: String) { text }", {"v": "a"}) == REFUSED
    assert await told(harbour, "query ($v: Nothing) { text(text: $v) }", {"v": "a"}) == REFUSED
    assert await told(harbour, "query ($v: Ship) { text(text: $v) }", {"v": "a"}) != "text='a'"


async def test_no_more_errors_are_told_than_anybody_reads(harbour: Harbour) -> None:
    """A request of many wrong values is not answered with as many sentences."""
    document = "query ($v: [String!]) { lists(sure: $v) }"
    for wrong in (49, 50, 51, 5000):
        errors = (await harbour.ask(document, {"v": list(range(wrong))}))["errors"]
        assert len(errors) == min(wrong, 51)
        assert ("Too many errors" in errors[-1]["message"]) == (wrong > 50)


async def test_several_wrong_variables_are_all_told(harbour: Harbour) -> None:
    answer = await harbour.ask(
        "query ($a: Int!, $b: String!, $c: Flag) { usual(number: $a) sure(text: $b) "
        "leaves(flag: $c) }",
        {"a": "x", "c": "x"},
    )
    assert len(answer["errors"]) == 3
    assert harbour.fleet.calls == []


@pytest.mark.parametrize(
    "asked",
    [
        "query($after: String!, $first: Int!) { bounded(after: $after, first: $first) }",
        'query($first: Int!) { bounded(first: $first, after: "") }',
        "query($after: String!) { bounded(after: $after, first: 0) }",
    ],
)
async def test_of_two_wrong_arguments_the_first_declared_is_told(
    harbour: Harbour, asked: str
) -> None:
    """However often it is asked, and in whatever order the document gives them."""
    await harbour.ask(asked, {"after": "a", "first": 1})
    for _ in range(2):
        answer = await harbour.ask(asked, {"after": "", "first": 0})
        assert [error["extensions"]["field"] for error in answer["errors"]] == ["first"]


# -- what is passed on as it is


def arguments(call: str) -> Arguments:
    """The arguments of a root field."""
    schema = harbour_schema()
    [operation] = parse(f"{{ {call} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    [node] = operation.selection_set.selections
    assert isinstance(node, FieldNode)
    query = schema._schema.query_type
    assert query is not None
    field = query.fields[node.name.value]
    declared = field.extensions["strawberry-definition"].arguments
    conversion = schema.schema_converter.scalar_registry, schema.config
    return Arguments(field, node, declared, conversion)


@pytest.mark.parametrize(
    ("call", "name"),
    [('lists(texts: ["a"])', "texts"), ('cargo(cargo: {name: "x"})', "cargo")],
)
def test_what_can_be_changed_is_nobody_elses(call: str, name: str) -> None:
    """A resolver may change what it was given: the next one has its own."""
    read = arguments(call)
    values = [read.read(NOTHING)[name] for _ in range(3)]
    assert values == [values[0]] * 3
    assert len({id(value) for value in values}) == 3


def test_the_mapping_is_nobody_elses() -> None:
    read = arguments('usual(text: "a")')
    for _ in range(3):
        values = read.read(NOTHING)
        assert values == {"text": "a", "number": 7}
        values.clear()


def test_what_one_was_given_is_not_kept_for_the_next() -> None:
    """It may be a password, and arguments live as long as their document is kept."""
    read = arguments("usual(text: $text)")
    for secret in ("hunter2", "swordfish"):
        given = VariableValues({}, {"text": secret})
        assert read.read(given) == {"text": secret, "number": 7}
        assert secret not in repr(vars(read))
