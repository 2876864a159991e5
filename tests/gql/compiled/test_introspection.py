"""The schema, shown beside everything else that is asked for."""

from typing import Any

import pytest
from graphql import get_introspection_query, introspection_from_schema

from tests.gql.compiled.harbour import Harbour


@pytest.fixture(scope="module")
def harbour() -> Harbour:
    return Harbour(max_depth=20)


async def data(harbour: Harbour, document: str, **variables: Any) -> Any:
    answer = await harbour.ask(document, variables)
    assert set(answer) == {"data"}, answer
    return answer["data"]


async def test_everything(harbour: Harbour) -> None:
    """The document that tools send: all there is, as graphql-core shows it."""
    document = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        experimental_directive_deprecation=True,
        one_of=True,
    )
    expected = introspection_from_schema(harbour.executors.schema)
    assert await data(harbour, document) == expected


async def test_names_of_types(harbour: Harbour) -> None:
    found = await data(harbour, "{ __schema { types { name } } }")
    names = {one["name"] for one in found["__schema"]["types"]}
    own = {"Query", "Mutation", "Subscription", "Ship", "Floating", "Found", "Flag", "CargoInput"}
    assert own | {"BigInt", "Boolean", "String", "__Schema", "__Type", "__TypeKind"} <= names


async def test_roots(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """{ __schema { queryType { name kind } mutationType { name } subscriptionType { name }
          directives { name args { name type { kind ofType { name } } } } } }""",
    )
    directives = {one.pop("name"): one for one in found["__schema"].pop("directives")}
    assert found["__schema"] == {
        "queryType": {"name": "Query", "kind": "OBJECT"},
        "mutationType": {"name": "Mutation"},
        "subscriptionType": {"name": "Subscription"},
    }
    condition = {"name": "if", "type": {"kind": "NON_NULL", "ofType": {"name": "Boolean"}}}
    assert directives["skip"] == directives["include"] == {"args": [condition]}


KINDS = {
    "Ship": "OBJECT",
    "Floating": "INTERFACE",
    "Found": "UNION",
    "Flag": "ENUM",
    "CargoInput": "INPUT_OBJECT",
    "BigInt": "SCALAR",
    "Int": "SCALAR",
    "__Field": "OBJECT",
    "Nothing": None,
}


@pytest.mark.parametrize("name", KINDS)
async def test_one_type(harbour: Harbour, name: str) -> None:
    found = await data(harbour, f'{{ __type(name: "{name}") {{ name kind }} }}')
    kind = KINDS[name]
    assert found == {"__type": None if kind is None else {"name": name, "kind": kind}}


async def test_one_document_for_all_types(harbour: Harbour) -> None:
    document = (
        "query ($name: String!) { __type(name: $name) { ...F } } fragment F on __Type { kind }"
    )
    for name, kind in KINDS.items():
        found = await data(harbour, document, name=name)
        assert found == {"__type": None if kind is None else {"kind": kind}}


def named(kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "ofType": None}


def wrapped(kind: str, inner: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "name": None, "ofType": inner}


WRAPPED = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind } } } }"


def shallow(shown: Any) -> Any:
    """Without what lies below a type that wraps none."""
    if shown is None or "name" not in shown:
        return None
    return {**shown, "ofType": shallow(shown.get("ofType"))}


async def test_fields_and_their_types(harbour: Harbour) -> None:
    found = await data(
        harbour,
        f'{{ __type(name: "Ship") {{ fields {{ name type {{ {WRAPPED} }} }} }} }}',
    )
    types = {one["name"]: shallow(one["type"]) for one in found["__type"]["fields"]}
    sailor = named("OBJECT", "Sailor")
    assert types == {
        "id": wrapped("NON_NULL", named("SCALAR", "ID")),
        "name": wrapped("NON_NULL", named("SCALAR", "String")),
        "port": named("OBJECT", "Port"),
        "length": wrapped("NON_NULL", named("SCALAR", "Float")),
        "flag": wrapped("NON_NULL", named("ENUM", "Flag")),
        "cargo": wrapped(
            "NON_NULL", wrapped("LIST", wrapped("NON_NULL", named("SCALAR", "String")))
        ),
        "loud": wrapped("NON_NULL", named("SCALAR", "String")),
        "captain": sailor,
        "master": wrapped("NON_NULL", sailor),
        "crew": wrapped("NON_NULL", wrapped("LIST", wrapped("NON_NULL", sailor))),
        "beside": wrapped(
            "NON_NULL", wrapped("LIST", wrapped("NON_NULL", named("OBJECT", "Ship")))
        ),
        "orders": named("SCALAR", "String"),
        "crewSize": wrapped("NON_NULL", named("SCALAR", "Int")),
    }


async def test_arguments_and_defaults(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """{ __schema { queryType { fields { name args { name description defaultValue
          type { kind name ofType { kind name } } } } } } }""",
    )
    fields = {one["name"]: one["args"] for one in found["__schema"]["queryType"]["fields"]}
    assert fields["flagship"] == []
    assert fields["ship"] == [
        {
            "name": "id",
            "description": "Id of a ship.",
            "defaultValue": None,
            "type": {"kind": "NON_NULL", "name": None, "ofType": {"kind": "SCALAR", "name": "ID"}},
        }
    ]
    usual = {one["name"]: one["defaultValue"] for one in fields["usual"]}
    assert usual == {"text": '"as ever"', "number": "7"}
    assert [one["name"] for one in fields["voyage"]] == ["homePort", "firstStop"]


async def test_inputs_and_enumerations(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """{ stop: __type(name: "StopInput") { inputFields { name defaultValue } fields { name } }
          berth: __type(name: "BerthInput") { isOneOf inputFields { name } }
          flag: __type(name: "Flag") { enumValues { name description isDeprecated } } }""",
    )
    fields = [("portName", None), ("daysThere", "3"), ("nextStop", "null")]
    assert found == {
        "stop": {
            "inputFields": [{"name": n, "defaultValue": default} for n, default in fields],
            "fields": None,
        },
        "berth": {"isOneOf": True, "inputFields": [{"name": "port"}, {"name": "number"}]},
        "flag": {
            "enumValues": [
                {"name": name.upper(), "description": f"{name}.", "isDeprecated": False}
                for name in ("Red", "Blue", "White")
            ]
        },
    }


async def test_interfaces_and_unions(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """{ node: __type(name: "Node") { ...F } floating: __type(name: "Floating") { ...F }
          found: __type(name: "Found") { ...F } ship: __type(name: "Ship") { ...F } }
        fragment F on __Type { fields { name } interfaces { name } possibleTypes { name }
          enumValues { name } inputFields { name } }""",
    )

    def names(of: str, what: str) -> list[str] | None:
        listed = found[of][what]
        return None if listed is None else sorted(one["name"] for one in listed)

    assert [names(of, "fields") for of in ("node", "floating", "found")] == [
        ["id"],
        ["id", "name", "port"],
        None,
    ]
    assert [names(of, "interfaces") for of in ("node", "floating", "found", "ship")] == [
        [],
        ["Node"],
        None,
        ["Floating", "Node"],
    ]
    assert [names(of, "possibleTypes") for of in ("node", "floating", "found", "ship")] == [
        ["Buoy", "Port", "Sailor", "Ship"],
        ["Buoy", "Ship"],
        ["Port", "Sailor", "Ship"],
        None,
    ]
    assert {names(of, what) for of in found for what in ("enumValues", "inputFields")} == {None}


async def test_documentation(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """{ __type(name: "Port") { description fields { name description } }
          flag: __type(name: "Flag") { description } }""",
    )
    assert found["__type"]["description"] == "A place to land."
    assert {"name": "berths", "description": "How many ships can lie there."} in found["__type"][
        "fields"
    ]
    assert found["flag"] == {"description": "Colours."}


async def test_beside_what_is_loaded(harbour: Harbour) -> None:
    """In the document's order, under its names, by its directives."""
    document = """query ($shown: Boolean!, $name: String = "Port") { flagship { __typename name }
        a: __type(name: $name) { name @include(if: $shown) kind ... @skip(if: $shown) { k: kind } }
        __typename text @skip(if: $shown)
        b: __schema @include(if: $shown) { queryType { name } } }"""
    found = await data(harbour, document, shown=True)
    assert list(found) == ["flagship", "a", "__typename", "b"]
    assert found["flagship"] == {"__typename": "Ship", "name": "Albatros"}
    assert found["a"] == {"name": "Port", "kind": "OBJECT"}
    assert found["b"] == {"queryType": {"name": "Query"}}
    found = await data(harbour, document, shown=False, name="Flag")
    assert list(found) == ["flagship", "a", "__typename", "text"]
    assert found["a"] == {"kind": "ENUM", "k": "ENUM"}


async def test_an_error_below_it_is_left_to_the_reference(harbour: Harbour) -> None:
    document = """query ($shown: Boolean = true) { text
        __type(name: "Port") { name @include(if: $shown) } }"""
    answer = await harbour.ask(document, {"shown": None}, left={"introspection"})
    assert answer["data"] == {"text": "text=None", "__type": None}
    assert [e["path"] for e in answer["errors"]] == [["__type"]]
