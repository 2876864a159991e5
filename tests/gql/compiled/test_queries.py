"""What is selected is answered: fields, aliases, fragments, order, errors."""

from typing import Any

import pytest

from app.core.access import ANONYMOUS
from app.core.errors import Conflict, NotFound
from app.core.ids import encode_id
from app.gql.compiled import branch
from tests.gql.compiled.answers import data
from tests.gql.compiled.fleet import Fleet, uuid
from tests.gql.compiled.harbour import Harbour

SHIP = encode_id("ship", uuid(20))
BIENE = encode_id("ship", uuid(21))
CONDOR = encode_id("ship", uuid(22))


# -- what is there


async def test_one_object(harbour: Harbour) -> None:
    assert await data(harbour, "query Name { flagship { name } }") == {
        "flagship": {"name": "Albatros"}
    }


async def test_what_is_around_it(harbour: Harbour) -> None:
    found = await data(
        harbour, "{ flagship { id name captain { name } crew(first: 10) { name port { name } } } }"
    )
    assert found == {
        "flagship": {
            "id": SHIP,
            "name": "Albatros",
            "captain": {"name": "Ada"},
            "crew": [
                {"name": "Ada", "port": {"name": "Nordhafen"}},
                {"name": "Cleo", "port": {"name": "Nordhafen"}},
                {"name": "Dag", "port": None},
            ],
        }
    }


async def test_round_and_round(harbour: Harbour) -> None:
    """A ship's port's ships and their port again; a level has one batch whoever asks for it."""
    found = await data(
        harbour,
        """{ flagship { port { ships { name port { name ships { name ... on Ship {
          captain { port { name } } } } } } } } }""",
    )
    [first, condor, mark] = found["flagship"]["port"]["ships"]
    assert [first["name"], condor["name"], mark["name"]] == ["Albatros", "Condor", "Mark One"]
    assert first["port"]["ships"][0] == {
        "name": "Albatros",
        "captain": {"port": {"name": "Nordhafen"}},
    }
    assert mark["port"]["ships"][1] == {"name": "Condor", "captain": None}
    assert [name for name, _ in harbour.fleet.calls] == [
        "root.flagship",
        "port",
        "ships",
        "port",
        "ships",
        "sailor",
        "port",
    ]


async def test_every_kind_of_leaf(harbour: Harbour) -> None:
    found = await data(
        harbour, "{ flagship { length flag cargo loud crewSize captain { born wage } } }"
    )
    assert found == {
        "flagship": {
            "length": 30.5,
            "flag": "RED",
            "cargo": ["salt", "tea"],
            "loud": "ALBATROS",
            "crewSize": 3,
            "captain": {"born": "1980-05-17T08:30:00.000Z", "wage": 2**33},
        }
    }


async def test_by_its_id(harbour: Harbour) -> None:
    document = "query One($id: ID!) { ship(id: $id) { name } }"
    assert await data(harbour, document, id=BIENE) == {"ship": {"name": "Biene"}}
    missing = encode_id("ship", uuid(77))
    assert await data(harbour, document, id=missing) == {"ship": None}


@pytest.mark.parametrize("wrong", ["", "ship_", "sailor_01900000000070008000000000000014", "7"])
async def test_by_what_is_no_id(harbour: Harbour, wrong: str) -> None:
    answer = await harbour.ask("query One($id: ID!) { ship(id: $id) { name } }", {"id": wrong})
    assert answer["data"] == {"ship": None}
    assert [(e["path"], e["extensions"]["code"]) for e in answer["errors"]] == [
        (["ship"], "INVALID")
    ]


async def test_a_page(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """query Page($first: Int! = 2) { ships(first: $first) {
          totalCount nodes { name } edges { node { flag } }
          pageInfo { hasNextPage endCursor } } }""",
    )
    assert found["ships"]["totalCount"] == 3
    assert found["ships"]["nodes"] == [{"name": "Albatros"}, {"name": "Biene"}]
    assert found["ships"]["edges"] == [{"node": {"flag": "RED"}}, {"node": {"flag": "BLUE"}}]
    assert found["ships"]["pageInfo"]["hasNextPage"] is False


async def test_the_count_is_made_when_it_is_selected(harbour: Harbour) -> None:
    await data(harbour, "{ ships { nodes { id } } }")
    assert "count" not in dict(harbour.fleet.calls)
    assert await data(harbour, "{ ships { n: totalCount totalCount } }") == {
        "ships": {"n": 3, "totalCount": 3}
    }


# -- aliases, and the same twice


async def test_aliases(harbour: Harbour) -> None:
    found = await data(
        harbour,
        f"""{{ first: ship(id: "{SHIP}") {{ called: name name }}
              other: ship(id: "{BIENE}") {{ called: flag }} }}""",
    )
    assert found == {
        "first": {"called": "Albatros", "name": "Albatros"},
        "other": {"called": "BLUE"},
    }


async def test_one_edge_under_different_arguments(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """query ($n: Int!) { flagship { one: crew(first: 1) { name } n: crew(first: $n) { name }
          usual: crew { name } } }""",
        n=3,
    )
    assert {key: len(crew) for key, crew in found["flagship"].items()} == {
        "one": 1,
        "n": 3,
        "usual": 2,
    }


async def test_the_same_twice_is_one_field(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """{ flagship { captain { name } name name captain { wage name } ... { captain { id } } }
          flagship { captain { port { name } } } }""",
    )
    assert list(found["flagship"]) == ["captain", "name"]
    assert list(found["flagship"]["captain"]) == ["name", "wage", "id", "port"]
    asked = [name for name, _ in harbour.fleet.calls]
    assert asked == ["root.flagship", "sailor", "port"]


async def test_fragments_of_the_same_fields_are_merged(harbour: Harbour) -> None:
    found = await data(
        harbour,
        """{ flagship { ...A ...B } }
        fragment A on Ship { crew(first: 1) { name ...C } }
        fragment B on Ship { crew(first: 1) { ...C wage } flag }
        fragment C on Sailor { id port { name } }""",
    )
    [sailor] = found["flagship"]["crew"]
    assert list(sailor) == ["name", "id", "port", "wage"]


async def test_a_fragment_in_two_places(harbour: Harbour) -> None:
    found = await data(
        harbour,
        f"""{{ a: ship(id: "{SHIP}") {{ ...Shown }} b: ship(id: "{CONDOR}") {{ ...Shown }} }}
        fragment Shown on Ship {{ name captain {{ name }} }}""",
    )
    assert found == {
        "a": {"name": "Albatros", "captain": {"name": "Ada"}},
        "b": {"name": "Condor", "captain": None},
    }


async def test_answers_have_the_order_of_the_document(harbour: Harbour) -> None:
    """Whatever is there first: batches are slower than what is read off an object."""
    found = await data(
        harbour,
        """{ text flagship { crewSize ...F name captain { name } loud } ships { totalCount }
          probe { later text } lists } fragment F on Ship { port { name } flag name }""",
    )
    assert list(found) == ["text", "flagship", "ships", "probe", "lists"]
    assert list(found["flagship"]) == ["crewSize", "port", "flag", "name", "captain", "loud"]
    assert list(found["probe"]) == ["later", "text"]


# -- errors


async def test_the_path_of_an_error(harbour: Harbour) -> None:
    """As the answer names it: by aliases and places in lists."""

    def set_up(fleet: Fleet) -> None:
        fleet.trouble["sailor"] = NotFound("Gone.", field="id")

    answer = await harbour.ask(
        """{ all: ships { list: nodes { name
          who: captain { name } } } }""",
        {},
        set_up,
    )
    paths = [["all", "list", n, "who"] for n in (0, 1)]
    assert sorted(e["path"] for e in answer["errors"]) == paths
    for error in answer["errors"]:
        assert error["message"] == "Gone."
        assert error["locations"] == [{"line": 2, "column": 11}]
        assert error["extensions"]["code"] == "NOT_FOUND"
        assert error["extensions"]["field"] == "id"
    assert [node["who"] for node in answer["data"]["all"]["list"]] == [None, None, None]


async def test_the_path_of_an_error_through_an_interface(harbour: Harbour) -> None:
    def set_up(fleet: Fleet) -> None:
        fleet.trouble["sailor"] = NotFound("Gone.")

    answer = await harbour.ask(
        """{ what: afloat { on: port { berths } ... on Ship { who: captain { name } } ...F } }
        fragment F on Floating { ... on Node { ... on Ship { who: captain { id } } } }""",
        {},
        set_up,
    )
    assert [e["path"] for e in answer["errors"]] == [["what", n, "who"] for n in (0, 1)]
    assert [len(e["locations"]) for e in answer["errors"]] == [2, 2]
    shown = [one and one["on"] and one["on"]["berths"] for one in answer["data"]["what"]]
    assert shown == [1, 2, None, 1, 1, None]


async def test_all_the_places_of_a_merged_field(harbour: Harbour) -> None:
    def set_up(fleet: Fleet) -> None:
        fleet.trouble["sailor"] = Conflict("Not now.")

    answer = await harbour.ask(
        """{ flagship { captain { name }
        captain { id } ...F } } fragment F on Ship { captain { id } }""",
        {},
        set_up,
    )
    [error] = answer["errors"]
    assert [at["line"] for at in error["locations"]] == [1, 2, 2]


async def test_what_is_inside_is_not_told(harbour: Harbour) -> None:
    def set_up(fleet: Fleet) -> None:
        fleet.trouble["root.ship"] = RuntimeError("a secret")

    answer = await harbour.ask(f'{{ ship(id: "{SHIP}") {{ name }} text }}', {}, set_up)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in error["message"]
    assert answer["data"] == {"ship": None, "text": "text=None"}


async def test_what_failed_for_many_is_logged_once(
    harbour: Harbour, caplog: pytest.LogCaptureFixture
) -> None:
    """That of a batch is told for each of its fields."""

    def set_up(fleet: Fleet) -> None:
        fleet.trouble["sailor"] = RuntimeError("sailor")
        fleet.trouble["crew_size"] = RuntimeError("crew")

    answer = await harbour.ask(
        "{ afloat { ... on Ship { captain { name } } } b: afloat { ... on Ship { crewSize } } }",
        {},
        set_up,
    )
    paths = [["afloat", n, "captain"] for n in (0, 1)] + [["b", n, "crewSize"] for n in (0, 1, 3)]
    assert [e["path"] for e in answer["errors"]] == paths
    told = [one.getMessage() for one in caplog.records if "internal_error" in one.getMessage()]
    assert len(told) == 2 * 2  # by each of the two executors


async def test_what_is_closed_is_not_loaded(harbour: Harbour) -> None:
    """The access of an edge is asked for once for all, before anything is loaded."""
    document = "{ text ships { nodes { crew { name diary } } } }"
    answer = await harbour.ask(document, viewer=ANONYMOUS)
    assert answer["data"] is None
    assert {e["extensions"]["code"] for e in answer["errors"]} == {"UNAUTHENTICATED"}
    assert "probe.diary" not in dict(harbour.fleet.calls)
    answer = await harbour.ask("{ text log }", viewer=ANONYMOUS)
    assert [e["path"] for e in answer["errors"]] == [["log"]]
    assert "root.log" not in dict(harbour.fleet.calls)
    assert (await harbour.ask("{ log }"))["data"] == {"log": "sunny"}


async def test_nothing_usual_is_read_with_care(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Field by field is for what is odd: a list of several types is not."""

    document = f"""{{ nodes(ids: ["{SHIP}", "{BIENE}"]) {{ __typename id ... on Ship {{ name }} }}
        ships(first: 2) {{ edges {{ node {{ name }} }} totalCount }} }}"""
    first = await data(harbour, document)  # classes are not known before

    def with_care(*_: Any) -> Any:
        pytest.fail("The generated code did not do.")

    monkeypatch.setattr(branch, "read_with_care", with_care)
    assert await data(harbour, document) == first
    assert [one["name"] for one in first["nodes"]] == ["Albatros", "Biene"]
