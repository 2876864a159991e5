"""Directives, and which operation of a document is the one: by its name, by variables, or none."""

from itertools import product

import pytest

from tests.gql.compiled.answers import data
from tests.gql.compiled.harbour import Harbour

# -- directives


WHERE = {
    "a field": "{{ flagship {{ name flag {} }} }}",
    "a root field": "{{ flagship {{ name }} text {} }}",
    "an edge": "{{ flagship {{ name captain {} {{ name }} }} }}",
    "a spread": "{{ flagship {{ name ...F {} }} }} fragment F on Ship {{ flag }}",
    "an inline fragment": "{{ flagship {{ name ... on Ship {} {{ flag }} }} }}",
    "a fragment without a type": "{{ flagship {{ name ... {} {{ crew {{ name }} flag }} }} }}",
    "a spread at the root": "{{ flagship {{ name }} ...F {} }} fragment F on Query {{ text }}",
    "__typename": "{{ flagship {{ name __typename {} }} }}",
    "the id": "{{ flagship {{ name id {} }} }}",
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(
    ("directives", "shown"),
    [
        ("@include(if: true)", True),
        ("@include(if: false)", False),
        ("@skip(if: false)", True),
        ("@skip(if: true)", False),
        ("@include(if: true) @skip(if: false)", True),
        ("@include(if: true) @skip(if: true)", False),
        ("@skip(if: false) @include(if: false)", False),
        ("@skip(if: true) @include(if: false)", False),
    ],
)
async def test_directives(harbour: Harbour, where: str, directives: str, shown: bool) -> None:
    plain = await data(harbour, WHERE[where].format(""))
    without = {"flagship": {"name": "Albatros"}}
    assert plain != without
    assert await data(harbour, WHERE[where].format(directives)) == (plain if shown else without)


@pytest.mark.parametrize("where", WHERE)
async def test_directives_by_variables(harbour: Harbour, where: str) -> None:
    """One document, whatever its variables are: what was planned for some is not for others."""
    head = "query ($a: Boolean!, $b: Boolean = false) "
    document = head + WHERE[where].format("@include(if: $a) @skip(if: $b)")
    plain = await data(harbour, WHERE[where].format(""))
    for given, shown in [
        ({"a": True}, True),
        ({"a": False}, False),
        ({"a": True, "b": True}, False),
        ({"a": True, "b": False}, True),
        ({"a": False, "b": True}, False),
        ({"a": True}, True),
    ]:
        found = await data(harbour, document, **given)
        assert (found == plain) is shown, given


async def test_more_directives_than_plans_are_kept(harbour: Harbour) -> None:
    """Every value of six variables, forwards and backwards."""
    fields = ["name", "flag", "loud", "length", "crewSize", "id"]
    declared = ", ".join(f"${field}: Boolean!" for field in fields)
    chosen = " ".join(f"{field} @include(if: ${field})" for field in fields)
    document = f"query ({declared}) {{ flagship {{ {chosen} }} }}"
    every = [dict(zip(fields, one, strict=True)) for one in product((True, False), repeat=6)]
    for shown in [*every, *reversed(every)]:
        found = await data(harbour, document, **shown)
        assert list(found["flagship"]) == [field for field in fields if shown[field]]


async def test_a_null_for_a_directive(harbour: Harbour) -> None:
    """The variable may be null, the argument may not; a default is only for what is left out."""
    root = "query ($a: Boolean = true) { text @include(if: $a) usual }"
    below = "query ($a: Boolean = true) { probe { text @include(if: $a) } usual }"
    for document in (root, below):
        assert (await harbour.ask(document, {}))["data"]["usual"]
        answer = await harbour.ask(document, {"a": None})
        assert len(answer["errors"]) == 1, answer


async def test_nothing_is_left(harbour: Harbour) -> None:
    assert await data(harbour, "{ text @skip(if: true) }") == {}
    assert await data(harbour, "{ flagship { name @skip(if: true) } }") == {"flagship": {}}
    found = await data(harbour, "{ ships { nodes { captain @skip(if: true) { name } } } }")
    assert found == {"ships": {"nodes": [{}, {}, {}]}}
    assert "sailor" not in dict(harbour.fleet.calls)


# -- operations


SEVERAL = 'query A { flagship { name } } query B { text } mutation C { note(text: "c") }'


async def test_the_named_operation(harbour: Harbour) -> None:
    for name, keys in (("A", ["flagship"]), ("B", ["text"]), ("C", ["note"])):
        answer = await harbour.ask(SEVERAL, name=name)
        assert list(answer["data"]) == keys
        assert len(harbour.fleet.logged) == (name == "C")


async def test_a_variable_that_is_a_directives_in_another_operation(harbour: Harbour) -> None:
    """Each operation has variables of its own, of any type, whatever their names are elsewhere."""
    document = """query A($x: CargoInput) { cargo(cargo: $x) }
        query B($x: Boolean!) { text @skip(if: $x) usual }
        query C($x: [String]) { lists(texts: $x) } query D($x: Int!) { usual(number: $x) }"""
    for _ in range(2):
        answer = await harbour.ask(document, {"x": {"name": "y"}}, name="A")
        assert "name='y'" in answer["data"]["cargo"]
        for skipped in (True, False):
            answer = await harbour.ask(document, {"x": skipped}, name="B")
            assert ("text" in answer["data"]) is not skipped
        answer = await harbour.ask(document, {"x": ["a"]}, name="C")
        assert "texts=['a']" in answer["data"]["lists"]
        for number in (0, 1, 2):
            answer = await harbour.ask(document, {"x": number}, name="D")
            assert answer["data"]["usual"].startswith(f"number={number},")


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (SEVERAL, None),
        (SEVERAL, "D"),
        ("{ text }", "D"),
        ("fragment F on Query { text }", None),
        ("{ nothing }", None),
        ("{ flagship }", None),
        ("{ text { name } }", None),
        ("{ flagship { ...F } } fragment F on Ship { ...F }", None),
        ("{ text ", None),
        ("{ ... @defer { text } }", None),
        ("{ flagship { crew @stream { name } } }", None),
        ("{ text } type Query { text: String }", None),
        ("{ text } { usual }", None),
        ("query A { text } query A { usual }", "A"),
        ("query @skip(if: true) { text }", None),
        ("query ($a: Boolean) { text @skip(if: $a) }", None),
        ("{ text @skip }", None),
        ("{ text @skip(if: true) @skip(if: true) }", None),
        ("{ flagship { ...A } } fragment A on Ship { ...B } fragment B on Ship { ...A }", None),
        ("{ flagship { ...F } } fragment F on Sailor { name }", None),
        ("{ find { name } }", None),
        ("{ a: text a: usual }", None),
        ('{ text(text: "a") text(text: "b") }', None),
        ("subscription { probes { number } }", None),
    ],
)
async def test_what_is_refused(harbour: Harbour, document: str, name: str | None) -> None:
    """Nothing of it is done, and there is no data."""
    if document.startswith("subscription"):
        with pytest.raises(Exception, match="websocket"):
            await harbour.ask(document, name=name)
        return
    answer = await harbour.ask(document, name=name)
    assert set(answer) == {"errors"}
    assert harbour.fleet.calls == []


@pytest.mark.parametrize(
    ("document", "name", "told"),
    [
        (SEVERAL, None, "operationName"),
        (SEVERAL, "D", "of that name"),
        ("fragment F on Query { text }", None, "no operation"),
    ],
)
async def test_why_no_operation_is_the_one(
    harbour: Harbour, document: str, name: str | None, told: str
) -> None:
    [error] = (await harbour.ask(document, name=name))["errors"]
    assert told in error["message"]
    assert error["extensions"]["code"] == "INVALID"
    assert "path" not in error


async def test_fragments_in_fragments(harbour: Harbour) -> None:
    """As far as a document may nest them; each is there once, however often it is spread."""
    chain = " ".join(f"fragment F{n} on Ship {{ ...F{n + 1} }}" for n in range(98))
    last = "fragment F98 on Ship { flag }"
    document = f"{{ flagship {{ ...F0 ...F0 name ...F9 }} }} {chain} {last}"
    found = await data(harbour, document)
    assert list(found["flagship"].items()) == [("flag", "RED"), ("name", "Albatros")]


async def test_a_type_that_is_looked_at(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """query ($name: String!) { __typename __schema { queryType { name } }
          __type(name: $name) { name kind ...F } t: __type(name: "Nothing") { name } text }
        fragment F on __Type { fields { name } }""",
        name="Port",
    )
    assert found["__schema"] == {"queryType": {"name": "Query"}}
    assert [f["name"] for f in found["__type"]["fields"]] == ["id", "name", "berths", "ships"]
    assert found["t"] is None
    assert list(found) == ["__typename", "__schema", "__type", "t", "text"]
