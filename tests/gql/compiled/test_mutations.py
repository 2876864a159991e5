"""Mutations run one after the other."""

from typing import Any

import pytest

from app.core.errors import Conflict
from app.core.ids import encode_id
from app.gql.execution import Request
from tests.gql.compiled.fleet import Fleet, uuid
from tests.gql.compiled.harbour import SOMEBODY, Harbour

SHIP = encode_id("ship", uuid(20))


pytestmark = pytest.mark.usefixtures("quiet")


async def test_one_after_the_other(harbour: Harbour) -> None:
    """Whichever would be done first."""
    answer = await harbour.ask(
        """mutation { first: note(text: "a", pause: 9) second: note(text: "b", pause: 3)
          third: note(text: "c") fourth: sureNote(text: "d") }"""
    )
    assert list(answer["data"].items()) == [
        ("first", "a"),
        ("second", "a b"),
        ("third", "a b c"),
        ("fourth", "a b c d"),
    ]
    assert harbour.fleet.logged == ["a", "b", "c", "d"]


async def test_what_is_below_is_done_before_the_next(harbour: Harbour) -> None:
    answer = await harbour.ask(
        """mutation ($id: ID!) {
          one: rename(id: $id, name: "Emma") { name port { ships { name } } }
          two: rename(id: $id, name: "Fee") { name port { ships { name } } } }""",
        {"id": SHIP},
    )
    for key, name in (("one", "Emma"), ("two", "Fee")):
        assert answer["data"][key]["name"] == name
        assert answer["data"][key]["port"]["ships"][0]["name"] == name


def failing(*names: str) -> Any:
    def set_up(fleet: Fleet) -> None:
        for name in names:
            fleet.trouble[f"note.{name}"] = Conflict(f"Not {name}.")

    return set_up


async def test_what_fails_does_not_keep_the_next_from_being_done(harbour: Harbour) -> None:
    answer = await harbour.ask(
        'mutation { a: note(text: "a") b: note(text: "b") c: note(text: "c") }',
        {},
        failing("b"),
    )
    assert answer["data"] == {"a": "a", "b": None, "c": "a c"}
    assert [e["path"] for e in answer["errors"]] == [["b"]]


@pytest.mark.parametrize("how", ["raises", "null"])
async def test_nothing_is_done_after_a_null_that_takes_everything(
    harbour: Harbour, how: str
) -> None:
    text = "null" if how == "null" else "b"
    answer = await harbour.ask(
        f'mutation {{ a: note(text: "a") b: sureNote(text: "{text}") c: note(text: "c") }}',
        {},
        failing("b"),
    )
    assert answer["data"] is None
    assert [e["path"] for e in answer["errors"]] == [["b"]]
    assert harbour.fleet.logged == (["a", "null"] if how == "null" else ["a"])


async def test_a_wrong_argument_does_not_keep_the_next_from_being_done(harbour: Harbour) -> None:
    answer = await harbour.ask(
        """mutation ($n: Int, $no: Boolean!) { a: note(text: "a", pause: $n) b: note(text: "b")
          c: note(text: "c") @include(if: $no) ...F }
        fragment F on Mutation { d: note(text: "d") b: note(text: "b") }""",
        {"n": None, "no": False},
    )
    assert answer["data"] == {"a": None, "b": "b", "d": "b d"}


@pytest.mark.parametrize(
    ("below", "kept"),
    [
        ("name master { name }", False),
        ("port { ships { ... on Ship { master { name } } } } master { name }", False),
        ("name captain { name }", True),
        ("port { ships { ... on Ship { master { name } } } }", True),
    ],
)
async def test_nothing_is_done_after_a_null_from_far_below_that_takes_everything(
    harbour: Harbour, below: str, kept: bool
) -> None:
    """The condor has no captain; what is below a mutation may be null as well as itself."""
    answer = await harbour.ask(
        f"""mutation ($id: ID!) {{ a: note(text: "a")
          b: rename(id: $id, name: "Emma") {{ {below} }} c: note(text: "c") }}""",
        {"id": encode_id("ship", uuid(22))},
    )
    assert harbour.fleet.logged == (["a", "c"] if kept else ["a"])
    assert harbour.fleet.things[uuid(22)].name == "Emma"
    assert (answer["data"] is not None) == kept
    if not kept:
        assert [e["path"] for e in answer["errors"]] == [["b", "master"]]


async def test_what_failed_before_does_not_keep_the_next_from_being_done(
    harbour: Harbour,
) -> None:
    """Not even one that may not be null, when it is there."""
    answer = await harbour.ask(
        """mutation ($id: ID!) { a: note(text: "b") b: sureNote(text: "s")
          c: rename(id: $id, name: "Emma") { name captain { diary } } d: sureNote(text: "t") }""",
        {"id": SHIP},
        failing("b"),
    )
    assert answer["data"] == {
        "a": None,
        "b": "s",
        "c": {"name": "Emma", "captain": None},
        "d": "s t",
    }
    assert [e["path"] for e in answer["errors"]] == [["a"], ["c", "captain", "diary"]]


async def test_an_edge_that_fails_below_a_mutation(harbour: Harbour) -> None:
    def set_up(fleet: Fleet) -> None:
        fleet.trouble["port"] = Conflict("Not now.")

    answer = await harbour.ask(
        'mutation ($id: ID!) { rename(id: $id, name: "x") { name port { name } } note(text: "n") }',
        {"id": SHIP},
        set_up,
    )
    assert answer["data"] == {"rename": {"name": "x", "port": None}, "note": "n"}
    assert harbour.fleet.logged == ["n"]


async def test_what_stands_in_a_fragment_is_done_in_the_order_of_the_document(
    harbour: Harbour,
) -> None:
    answer = await harbour.ask(
        """mutation M { ...First second: note(text: "b") ... { third: note(text: "c") } ...Fourth }
        fragment First on Mutation { first: note(text: "a", pause: 5) ...Fourth }
        fragment Fourth on Mutation { fourth: note(text: "d", pause: 2) }"""
    )
    assert list(answer["data"].items()) == [
        ("first", "a"),
        ("fourth", "a d"),
        ("second", "a d b"),
        ("third", "a d b c"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        "mutation { nothing }",
        'mutation { note(text: "a") nothing }',
        'mutation { note(text: "a") rename(id: "x", name: "y") { nothing } }',
        'mutation { note(text: "a") note(text: "b") }',
        'mutation { note(text: "a") ...F } fragment F on Query { text }',
    ],
)
async def test_of_what_is_not_valid_nothing_is_done(harbour: Harbour, document: str) -> None:
    answer = await harbour.ask(document)
    assert set(answer) == {"errors"}
    assert harbour.fleet.logged == []


async def test_what_nobody_knows_the_type_of_is_not_done_again(harbour: Harbour) -> None:
    """The reference executor would know why, but what is done is done."""
    request = Request('mutation { launch { name } note(text: "n") }', {}, None)
    executor, fleet = harbour.executors.compiled, Fleet()
    context = harbour.context(fleet)
    answer = await harbour.executors.answer(executor, request, SOMEBODY, context)
    assert answer["data"] == {"launch": None, "note": "launched n"}
    assert [e["path"] for e in answer["errors"]] == [["launch"]]
    assert fleet.logged == ["launched", "n"]
