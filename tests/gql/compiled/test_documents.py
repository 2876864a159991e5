"""Generated documents of the small schema, whose fields answer whatever they like: both executors
say the same of it.

There is no database here, so this is the place for what the product's own data never hold: wrong
values of every type, in every kind of position, and exceptions for single objects.
"""

import os
from collections import Counter
from random import Random
from typing import Any

import pytest

from app.core.errors import Conflict, Invalid
from app.core.ids import encode_id, new_id
from tests.gql.comparison import reduced
from tests.gql.compiled.fleet import BORN, Flag, Fleet, Lower, Probe, Raised, Stranger, uuid
from tests.gql.compiled.harbour import VIEWS, Harbour, harbour_schema
from tests.gql.documents import Drawn, Generator
from tests.gql.facts import Facts
from tests.gql.faults import faults_everywhere
from tests.gql.values import Pool

FULL = os.environ.get("SCALE") == "full"
pytestmark = [
    pytest.mark.uncounted,
    pytest.mark.usefixtures("quiet"),
    # When one root field ends an operation, graphql-core drops what it had not begun of the others.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SCHEMA = harbour_schema()._schema
POOL = Pool(
    {
        "ship": [encode_id("ship", uuid(n)) for n in (20, 21, 22)],
        "port": [encode_id("port", uuid(n)) for n in (1, 2)],
        "sailor": [encode_id("sailor", uuid(n)) for n in (10, 11)],
        "buoy": [encode_id("buoy", uuid(n)) for n in (30, 31)],
    },
    texts={"text": ["a", "b", "null", ""], "name": ["Emma", ""]},
)
TEXTS: tuple[Any, ...] = ("text", "", None, None, 7, 2.5, True, ("a",), {"a": 1}, b"bytes", [])
NUMBERS: tuple[Any, ...] = (1, -5, None, 2**31, 2**40, 3.0, 3.5, "7", "x", "", True, float("nan"))
TIMES: tuple[Any, ...] = (BORN, None, "2026-01-01", 7, BORN.replace(tzinfo=None))
FLAGS: tuple[Any, ...] = (Flag.RED, Flag.BLUE, None, "red", "RED", 2, "nothing", [], {})
RIDDLES: tuple[Any, ...] = (lambda: [1, None], None, lambda: None, lambda: 1 // 0, 7)
LISTS: tuple[Any, ...] = (
    (),
    (1, 2),
    [1, None],
    [None],
    None,
    7,
    "text",
    {"a": 1},
    {1, 2},
    [1, "x", 2**31],
    range(2),
)
SCALARS = {
    "text": TEXTS,
    "sure_text": TEXTS,
    "later": TEXTS,
    "sure_later": TEXTS,
    "number": NUMBERS,
    "fraction": NUMBERS,
    "truth": (True, False, None, 0, 1, 2.5, "x", "true", float("nan")),
    "big": (*NUMBERS, 2**53 + 1),
    "time": TIMES,
    "flag": FLAGS,
    "sure_flag": FLAGS,
    "riddle": RIDDLES,
    "many": LISTS,
    "many_sure": LISTS,
    "sure_many": LISTS,
    "sure_many_sure": LISTS,
    "numbers_later": LISTS,
    "matrix": ([[1, 2], [3]], [[1, None], None], None, [[2**31], []], [1], [[]], "x", 7),
}
OBJECTS = ("below", "sure_below", "below_later", "sure_below_later", "deeper", "sure_deeper")
OBJECT_LISTS = ("belows", "sure_belows", "belows_later", "sure_belows_later")
BATCHES = {"later", "sure_later", "numbers_later", *OBJECTS[2:], *OBJECT_LISTS[2:]}


def errors() -> list[Exception]:
    return [Invalid("Wrong.", field="x"), Conflict("Not now."), ValueError("inside"), KeyError(1)]


class Wanted:
    """Draws what the fields of a probe are."""

    def __init__(self, rng: Random, odd: float) -> None:
        self._rng, self._odd = rng, odd

    def probe(self, depth: int = 0) -> dict[str, Any]:
        """Values by the names of fields."""
        found = {name: self._pick(values) for name, values in SCALARS.items()}
        for name in OBJECTS:
            found[name] = self._object(name, depth)
        for name in OBJECT_LISTS:
            found[name] = [self._object("below", depth) for _ in range(self._rng.choice((0, 1, 3)))]
            if self._odd_now():
                found[name] = self._rng.choice((None, 7, found[name][0:1] * 12, ()))
        things = Fleet().things
        found["either"] = self._one_of(things[uuid(20)], things[uuid(10)], things[uuid(1)])
        found["floating"] = self._one_of(things[uuid(20)], things[uuid(30)])
        for name in found:
            if self._odd_now():
                error = self._rng.choice(errors())
                found[name] = Raised(error) if name in BATCHES and depth == 0 else error
        return found

    def _odd_now(self) -> bool:
        return self._rng.random() < self._odd

    def _pick(self, values: tuple[Any, ...]) -> Any:
        return self._rng.choice(values) if self._odd_now() else values[0]

    def _object(self, name: str, depth: int) -> Any:
        if self._odd_now():
            return self._rng.choice((None, None, 7, Stranger(uuid(1)), *errors()))
        kind = Probe if name.endswith("deeper") else Lower
        below = depth < 1 or (depth < 2 and self._rng.random() < 0.03)
        return kind(uuid(91 + depth), self.probe(depth + 1) if below else {})

    def _one_of(self, *things: Any) -> Any:
        return None if self._odd_now() else self._rng.choice(things)


def setting_up(seed: int) -> Any:
    """A fleet with something odd in it: the same for the same seed."""

    def set_up(fleet: Fleet) -> None:
        rng = Random(seed)
        fleet.probe = Wanted(rng, rng.choice((0.0, 0.02, 0.1, 0.3))).probe()
        for name in ("root.find", "root.ships", "crew", "sailor", "port", "root.flagship", "count"):
            if rng.random() < 0.06:
                fleet.trouble[name] = rng.choice(errors())
        fleet.trouble["note.b"] = Conflict("Not b.")

    return set_up


async def check(harbour: Harbour, drawn: Drawn, seed: int) -> Any:
    """One document; shows the smallest one when the answers differ."""
    request = drawn.request

    async def asked(request: Any) -> Any:
        return await harbour.ask(
            request.query,
            request.variables,
            setting_up(seed),
            name=request.operation_name,
            left=None,
        )

    async def differs(smaller: Any) -> bool:
        try:
            await asked(smaller)
        except AssertionError:
            return True
        return False

    try:
        return await asked(request)
    except AssertionError:
        small = await reduced(request, differs)
        await asked(small)
        raise


@pytest.mark.timeout(7200 if FULL else 300)
@pytest.mark.parametrize(("root", "count"), [("Query", 1500), ("Mutation", 300)])
async def test_documents_are_answered_alike(root: str, count: int) -> None:
    harbour, facts, outcomes = Harbour(), Facts(SCHEMA, root), Counter[str]()
    facts.roots = [name for name in facts.roots if name != "launch"]  # it has a test of its own
    fresh = new_id().int if FULL else 0
    with faults_everywhere(SCHEMA, VIEWS):
        for number in range(count * 20 if FULL else count):
            drawn = Generator(facts, POOL, Random(fresh + number)).drawn()
            answer = await check(harbour, drawn, fresh + number)
            outcomes["data" if answer.get("data") else "none"] += 1
            outcomes["errors" if answer.get("errors") else "no errors"] += 1
    assert min(outcomes["data"], outcomes["none"], outcomes["errors"]) > count * 0.1, outcomes
    assert harbour.executors.fallbacks() == {}
