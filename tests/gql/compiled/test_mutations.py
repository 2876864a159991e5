"""Mutations run one after the other; subscriptions, event by event."""

import asyncio
import logging
from typing import Any

import pytest

from app.core.errors import Conflict
from app.core.ids import encode_id
from app.gql.execution import Executor, Request
from tests.gql.comparison import canonical
from tests.gql.compiled.harbour import SOMEBODY, Fleet, Harbour, uuid

SHIP = encode_id("ship", uuid(20))


@pytest.fixture(scope="module")
def harbour() -> Harbour:
    return Harbour()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1, logger="app.gql.errors")


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


async def test_what_nobody_knows_the_type_of_is_not_done_again(harbour: Harbour) -> None:
    """The reference executor would know why, but what is done is done."""
    request = Request('mutation { launch { name } note(text: "n") }', {}, None)
    executor, fleet = harbour.executors.compiled, Fleet()
    context = harbour.context(fleet)
    answer = await harbour.executors.answer(executor, request, SOMEBODY, context)
    assert answer["data"] == {"launch": None, "note": "launched n"}
    assert [e["path"] for e in answer["errors"]] == [["launch"]]
    assert fleet.logged == ["launched", "n"]


# -- subscriptions


async def followed(
    harbour: Harbour, executor: Executor, document: str, variables: Any, set_up: Any
) -> list[Any]:
    fleet = Fleet()
    set_up(fleet)
    request = Request(document, variables, None)
    context = harbour.context(fleet)
    context.operation = executor.prepare(request, SOMEBODY)
    stream = await executor.subscribe(request, context)
    if not hasattr(stream, "__aiter__"):
        return [canonical(executor.answer(stream, context))]
    return [canonical(executor.answer(result, context)) async for result in stream]


SUBSCRIPTIONS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "events": ("subscription { probes { number truth } }", {}, {"truth": True}),
    "an alias": ("subscription { p: probes(count: 3) { n: number } }", {}, {}),
    "variables": ("subscription ($n: Int!) { probes(count: $n) { number } }", {"n": 1}, {}),
    "edges": ("subscription { probes { later sureLater } }", {}, {"later": "x", "sure_later": "y"}),
    "an error": ("subscription { probes { text number } }", {}, {"text": Conflict("Not now.")}),
    "a null": ("subscription { probes { sureText } }", {}, {}),
    "a null of a batch": ("subscription { probes { number sureLater } }", {}, {}),
    "nothing": ("subscription { probes(count: 0) { number } }", {}, {}),
    "a null argument": ("subscription ($n: Int) { probes(count: $n) { number } }", {"n": None}, {}),
    "a wrong variable": (
        "subscription ($n: Int!) { probes(count: $n) { number } }",
        {"n": "x"},
        {},
    ),
    "fragments": (
        """subscription ($a: Boolean = false) { ...F }
        fragment F on Subscription { probes { __typename number ... @skip(if: $a) { truth } } }""",
        {},
        {"truth": False},
    ),
}


@pytest.mark.parametrize("which", SUBSCRIPTIONS)
async def test_subscriptions(harbour: Harbour, which: str) -> None:
    document, variables, values = SUBSCRIPTIONS[which]

    def set_up(fleet: Fleet) -> None:
        fleet.probe = values

    both = [
        await followed(harbour, executor, document, variables, set_up)
        for executor in (harbour.executors.reference, harbour.executors.compiled)
    ]
    assert both[0] == both[1]
    assert harbour.executors.fallbacks() == {}
    if which == "events":
        assert len(both[0]) == 2


async def test_a_subscription_that_is_left_early(harbour: Harbour) -> None:
    for executor in (harbour.executors.reference, harbour.executors.compiled):
        before = asyncio.all_tasks()
        request = Request("subscription { probes(count: 1000) { later number } }", {}, None)
        context = harbour.context(Fleet())
        context.operation = executor.prepare(request, SOMEBODY)
        stream: Any = await executor.subscribe(request, context)
        first = await anext(stream)
        assert first.data == {"probes": {"later": None, "number": 0}}
        await stream.aclose()
        assert asyncio.all_tasks() == before
