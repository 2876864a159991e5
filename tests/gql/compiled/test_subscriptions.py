"""Subscriptions: an execution for each event, whatever comes of the one before."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import orjson
import pytest

from app.core.errors import Conflict
from app.gql.documents import Refused
from app.gql.execution import Executor, Request
from tests.gql.comparison import canonical
from tests.gql.compiled.fleet import Fleet, Raised, Stranger, uuid
from tests.gql.compiled.harbour import SOMEBODY, Harbour
from tests.support.tasks import tasks_begun

NOT_NOW = Conflict("Not now.")
SetUp = Callable[[Fleet], None]


pytestmark = pytest.mark.usefixtures("quiet")


class Opened(NamedTuple):
    """A subscription that was begun."""

    results: Any
    fleet: Fleet
    shown: Callable[[Any], Any]

    async def next(self) -> Any:
        """What the subscriber is told of the next event."""
        return self.shown(await anext(self.results))


async def opened(
    harbour: Harbour,
    executor: Executor,
    document: str,
    set_up: SetUp = lambda _: None,
    *,
    variables: dict[str, Any] | None = None,
    name: str | None = None,
) -> Opened:
    """Begin to listen. Raises Refused."""
    fleet = Fleet()
    set_up(fleet)
    request = Request(document, variables or {}, name)
    context = harbour.context(fleet)
    context.operation = executor.prepare(request, SOMEBODY)
    stream = await executor.subscribe(request, context)
    shown = lambda result: orjson.loads(canonical(executor.answer(result, context)))  # noqa: E731
    if not hasattr(stream, "__aiter__"):
        stream = only(stream)
    return Opened(stream, fleet, shown)


async def only(result: Any) -> AsyncIterator[Any]:
    yield result


def executors(harbour: Harbour) -> tuple[Executor, Executor]:
    return harbour.executors.reference, harbour.executors.compiled


async def followed(harbour: Harbour, document: str, set_up: SetUp, **given: Any) -> list[Any]:
    """All that a subscriber is told, which is the same by both."""
    both = []
    for executor in executors(harbour):
        one = await opened(harbour, executor, document, set_up, **given)
        both.append([one.shown(result) async for result in one.results])
        assert one.fleet.closed == ["signals"] * len(one.fleet.closed)
    assert both[0] == both[1]
    assert harbour.executors.fallbacks() == {}
    return both[1]


def probing(**values: Any) -> SetUp:
    def set_up(fleet: Fleet) -> None:
        fleet.probe = values

    return set_up


def signalling(*events: Any, **values: Any) -> SetUp:
    def set_up(fleet: Fleet) -> None:
        fleet.events, fleet.probe = list(events), values

    return set_up


SUBSCRIPTIONS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "events": ("subscription { probes { number truth } }", {}, {"truth": True}),
    "an alias": ("subscription { p: probes(count: 3) { n: number } }", {}, {}),
    "variables": ("subscription ($n: Int!) { probes(count: $n) { number } }", {"n": 1}, {}),
    "edges": ("subscription { probes { later sureLater } }", {}, {"later": "x", "sure_later": "y"}),
    "an error": ("subscription { probes { text number } }", {}, {"text": NOT_NOW}),
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
    "a null for a directive": (
        "subscription ($a: Boolean = true) { probes { number truth @include(if: $a) } }",
        {"a": None},
        {"truth": True},
    ),
    "a directive by a variable": (
        "subscription ($a: Boolean!) { probes { number truth @include(if: $a) } }",
        {"a": False},
        {"truth": True},
    ),
}


@pytest.mark.parametrize("which", SUBSCRIPTIONS)
async def test_subscriptions(harbour: Harbour, which: str) -> None:
    document, variables, values = SUBSCRIPTIONS[which]
    found = await followed(harbour, document, probing(**values), variables=variables)
    if which == "events":
        assert found == [{"data": {"probes": {"number": n, "truth": True}}} for n in (0, 1)]


# -- events


async def test_an_event_that_fails_is_not_the_end(harbour: Harbour) -> None:
    """Its error is told with it; those after it are executed as if nothing had been."""
    events: tuple[Any, ...] = (
        {"text": "a"},
        {"text": NOT_NOW},
        NOT_NOW,
        None,
        {},
        Stranger(uuid(5)),
        {"text": "c"},
    )
    found = await followed(harbour, "subscription { s: signals { text } }", signalling(*events))
    assert [one["data"] for one in found] == [
        {"s": {"text": "a"}},
        {"s": {"text": None}},
        {"s": None},
        {"s": None},
        {"s": {"text": None}},
        {"s": None},
        {"s": {"text": "c"}},
    ]
    paths = [[e["path"] for e in one.get("errors", [])] for one in found]
    assert paths == [[], [["s", "text"]], [["s"]], [], [], [["s"]], []]


async def test_a_null_takes_no_more_than_its_event(harbour: Harbour) -> None:
    events = ({"sure_text": "a"}, {"sure_text": None}, {"sure_text": "c"})
    document = "subscription { signals { sureText } }"
    found = await followed(harbour, document, signalling(*events))
    assert [one["data"]["signals"] for one in found] == [{"sureText": "a"}, None, {"sureText": "c"}]
    assert [e["path"] for e in found[1]["errors"]] == [["signals", "sureText"]]


async def test_a_source_that_breaks_off(harbour: Harbour) -> None:
    """What came before it is told, then the error, then no more."""
    set_up = signalling({"number": 1}, Raised(NOT_NOW), {"number": 2})
    found = await followed(harbour, "subscription { signals { number } }", set_up)
    assert found[0] == {"data": {"signals": {"number": 1}}}
    assert [one["data"] for one in found] == [{"signals": {"number": 1}}, None]
    assert [e["extensions"]["code"] for e in found[1]["errors"]] == ["CONFLICT"]


async def test_a_source_that_does_not_begin(harbour: Harbour) -> None:
    def set_up(fleet: Fleet) -> None:
        fleet.trouble["root.signals"] = NOT_NOW

    found = await followed(harbour, "subscription { signals { number } }", set_up)
    assert [one["data"] for one in found] == [None]
    assert [e["extensions"]["code"] for e in found[0]["errors"]] == ["CONFLICT"]


async def test_what_nobody_knows_the_type_of_is_not_the_end(harbour: Harbour) -> None:
    """The reference executor cannot be asked any more; what it would tell has the same place."""
    set_up = signalling({"either": Stranger(uuid(5)), "number": 1}, {"number": 2})
    document = "subscription { signals { number either { __typename } } }"
    both = []
    for executor in executors(harbour):
        one = await opened(harbour, executor, document, set_up)
        both.append([one.shown(result) async for result in one.results])
    assert [[one["data"] for one in found] for found in both] == [
        [{"signals": {"number": 1, "either": None}}, {"signals": {"number": 2, "either": None}}]
    ] * 2
    for bad, good in both:
        assert [e["path"] for e in bad["errors"]] == [["signals", "either"]]
        assert [e["extensions"]["code"] for e in bad["errors"]] == ["INTERNAL"]
        assert "errors" not in good


async def test_two_subscribers_of_one_document(harbour: Harbour) -> None:
    """Each has its own events and its own place in them."""
    document = "subscription ($n: Int!) { probes(count: $n) { number later } }"
    for executor in executors(harbour):
        one, other = [
            await opened(harbour, executor, document, probing(later=later), variables={"n": 3})
            for later in ("a", "b")
        ]
        told = [await one.next(), await other.next(), await one.next(), await one.next()]
        assert [part["data"]["probes"]["number"] for part in told] == [0, 0, 1, 2]
        assert [part["data"]["probes"]["later"] for part in told] == ["a", "b", "a", "a"]
        with pytest.raises(StopAsyncIteration):
            await one.next()
        assert (await other.next())["data"]["probes"] == {"number": 1, "later": "b"}
        await other.results.aclose()


# -- what is asked for


SEVERAL = """query A { text } subscription B { probes(count: 1) { number } }
    subscription C { signals { text } }"""


async def test_the_named_operation(harbour: Harbour) -> None:
    set_up = signalling({"text": "a"})
    found = await followed(harbour, SEVERAL, set_up, name="B")
    assert found == [{"data": {"probes": {"number": 0}}}]
    found = await followed(harbour, SEVERAL, set_up, name="C")
    assert found == [{"data": {"signals": {"text": "a"}}}]


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (SEVERAL, None),
        (SEVERAL, "D"),
        ("subscription { nothing }", None),
        ("subscription { probes }", None),
        ("subscription { probes { nothing } }", None),
        ("subscription { a: probes { number } b: probes { number } }", None),
        ("subscription { probes { number } signals { number } }", None),
        ("subscription { ...F } fragment F on Subscription { __typename }", None),
        ("subscription { probes @skip(if: true) { number } }", None),
        ("subscription { probes(count: true) { number } }", None),
    ],
)
async def test_what_is_refused(harbour: Harbour, document: str, name: str | None) -> None:
    for executor in executors(harbour):
        with pytest.raises(Refused):
            await opened(harbour, executor, document, name=name)


# -- the end


async def test_a_subscription_that_is_left_early(harbour: Harbour) -> None:
    for executor in executors(harbour):
        document = "subscription { probes(count: 1000) { later number } }"
        with tasks_begun() as tasks:
            one = await opened(harbour, executor, document)
            assert await one.next() == {"data": {"probes": {"later": None, "number": 0}}}
            await one.results.aclose()
            assert tasks.left == []


@pytest.mark.parametrize("how", ["over", "left", "broken"])
async def test_the_source_is_closed(harbour: Harbour, how: str) -> None:
    """Whichever way it ends, before the next thing happens."""
    last: Any = Raised(ValueError("inside")) if how == "broken" else {"number": 2}
    for executor in executors(harbour):
        one = await opened(
            harbour,
            executor,
            "subscription { signals { number } }",
            signalling({"number": 1}, last),
        )
        assert await one.next() == {"data": {"signals": {"number": 1}}}
        assert one.fleet.closed == []
        if how == "left":
            await one.results.aclose()
        else:
            assert len([one.shown(result) async for result in one.results]) == 1
        assert one.fleet.closed == ["signals"]
        with pytest.raises(StopAsyncIteration):
            await one.next()


@pytest.mark.parametrize("held", ["probe.later", "signals", "root.signals"])
async def test_cancelled_while_it_waits(harbour: Harbour, held: str) -> None:
    """For the first event, for the next, or for what is below one: nothing is left behind."""
    document = "subscription { signals { later sureLater number } }"
    set_up = signalling({"number": 1}, {"number": 2}, later="l", sure_later="s")
    with tasks_begun() as tasks:
        one = await opened(harbour, harbour.executors.compiled, document, set_up)
        one.fleet.gates[held] = asyncio.Event()
        following = asyncio.create_task(all_of(one.results))
        async with asyncio.timeout(5):
            while held not in one.fleet.reached:
                await asyncio.sleep(0)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        assert one.fleet.closed == ([] if held == "root.signals" else ["signals"])
        assert tasks.left == []


async def all_of(results: AsyncIterator[Any]) -> None:
    async for _ in results:
        pass
