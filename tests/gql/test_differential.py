"""The same documents by both executors: the same answers, byte by byte.

5,000 documents in an ordinary run, 100,000 with SCALE=full. A failure shows the smallest request
that is answered differently.
"""

import asyncio
import os
import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from graphql import GraphQLField, get_named_type, is_abstract_type, is_leaf_type
from hypothesis import HealthCheck, Phase, given, settings, strategies

from app.gql.execution import Request
from tests.gql.both import SCHEMA, Both
from tests.gql.comparison import Answer, difference, reduced
from tests.gql.documents import Drawn, Generator
from tests.gql.faults import Faults
from tests.gql.rules import declared
from tests.gql.test_fuzz import generated

FULL = os.environ.get("SCALE") == "full"
BATCH, PARTS = 50, 10
DOCUMENTS = 100_000 if FULL else 5_000
NAMES = ("admin", "alice", "child", "key", "anonymous")
WEIGHTS = (14, 3, 1, 1, 1)
pytestmark = [
    pytest.mark.uncounted,
    pytest.mark.usefixtures("quiet"),
    # When one root field ends an operation, graphql-core drops what it had not begun of the others.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


CONSTRUCTS = (
    "alias",
    "the same twice",
    "field again",
    "one name in several types",
    "__typename",
    "__typename of an abstract type",
    "introspection",
    "shorthand",
    "several operations",
    "no such operation",
    "broken document",
    "inline fragment without a type",
    *(
        f"{how} of {inner} in {outer}"
        for how in ("fragment", "inline fragment")
        for inner, outer in (
            ("an object", "an object"),
            ("an object", "an interface"),
            ("an interface", "an object"),
            ("an interface", "an interface"),
        )
    ),
    "fragment in a fragment",
    "fragment spread again",
    "field of an interface",
    *(f"@{name} by a {how}" for name in ("skip", "include") for how in ("constant", "variable")),
    "argument left out",
    "literal argument",
    "variable",
    "variable used again",
    "variable with a default",
    "variable given",
    "variable left out",
    "required variable left out",
    "unknown variable",
    "null variable",
    "nullable variable for a non-null argument",
    "null value",
    "wrong value",
    "float for an Int",
    "out of bounds",
    "single value for a list",
    "value twice in a list",
    "input",
    "partial input",
    "id",
    "id of any kind",
    "missing object",
    "malformed id",
    "cursor",
    "wrong cursor",
)
OUTCOMES = (
    "data",
    "data with errors",
    "no data",
    "refused",
    "error FORBIDDEN",
    "error UNAUTHENTICATED",
    "error INVALID",
    "error INTERNAL",
    "error CONFLICT",
    "error UNAVAILABLE",
    "error TIMEOUT",
    "error NOT_FOUND",
    "a batch raises",
    "a read raises",
    "a key is left out",
    "a key has no value",
    "a list holds no value",
    "a leaf is wrong",
)


@pytest.mark.timeout(14_400 if FULL else 600)
@pytest.mark.parametrize("part", range(PARTS))
@settings(
    max_examples=DOCUMENTS // BATCH // PARTS,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(rng=strategies.randoms(use_true_random=True))
async def test_documents_are_answered_alike(both: Both, part: int, rng: Random) -> None:
    """In parts, each with documents of its own: what is to be alone waits for one part only."""
    dice = Random(rng.getrandbits(64) + part)
    for _ in range(BATCH):
        await check_one(both, dice)


async def check_one(both: Both, rng: Random) -> None:
    """A document of any kind, by anybody, with faults or without."""
    drawn = Generator(both.facts, both.seeded.pool, rng).drawn()
    viewer = both.seeded.viewers[rng.choices(NAMES, WEIGHTS)[0]]
    faults = Faults(rng.getrandbits(32)) if rng.random() < 0.5 else None
    again = faults is None and rng.random() < 0.3
    answer = await both.check(drawn.request, viewer, faults, 3 if again else 1)
    if again and rng.random() < 0.3:  # what was kept is not for everybody
        await both.everybody(drawn.request)
    both.tally.add(drawn, answer, faults)


@pytest.mark.timeout(3600 if FULL else 300)
async def test_documents_of_another_maker(both: Both) -> None:
    """Those of hypothesis-graphql: it thinks of other things than we do."""
    viewer = both.seeded.viewers["admin"]
    for document in await asyncio.to_thread(generated, 2000 if FULL else 100):
        await both.check(Request(document, {}, None), viewer, None)


@pytest.mark.timeout(14_400 if FULL else 600)
async def test_what_the_documents_were_made_of(both: Both) -> None:
    """All that the generator can write has been written, about everything that there is."""
    tally, rng = both.tally, Random(DOCUMENTS)
    while tally.made < DOCUMENTS:  # those that the test above has not made, run or not
        await check_one(both, rng)
    assert len(tally.documents) > 0.9 * DOCUMENTS
    assert sum("language: " in document for document in tally.documents) > 0.02 * DOCUMENTS
    rare = {name: tally.used[name] for name in CONSTRUCTS if tally.used[name] < 10}
    assert rare == {}
    few = {name: tally.answers[name] for name in OUTCOMES if tally.answers[name] < 5}
    assert few == {}
    assert tally.answers["data"] > 0.5 * DOCUMENTS
    assert tally.answers["refused"] < 0.1 * DOCUMENTS
    below = reachable()
    missed = set(below) - tally.fields
    assert {path for path in missed if path.startswith("Query.")} == set()
    assert {path for path in missed if declared(below[path], "edge")} == set()
    assert len(missed) < 0.01 * len(below), sorted(missed)


async def test_nothing_was_left_to_the_reference(both: Both) -> None:
    assert both.executors.fallbacks() == {}
    assert not both.tally.documents or both.fragments.weight > 10_000


def reachable() -> dict[str, GraphQLField]:
    """Every field that a query can ask for."""
    found: dict[str, GraphQLField] = {}
    waiting: list[Any] = [SCHEMA.query_type]
    seen: set[str] = set()
    while waiting:
        kind = waiting.pop()
        if kind.name in seen or is_leaf_type(kind):
            continue
        seen.add(kind.name)
        if is_abstract_type(kind):
            waiting += SCHEMA.get_possible_types(kind)
        for name, made in getattr(kind, "fields", {}).items():
            found[f"{kind.name}.{name}"] = made
            waiting.append(get_named_type(made.type))
    return found


# -- the control: executors that do something wrong are found out


def _sorted_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted_keys(value[key]) for key in sorted(value)}
    return [_sorted_keys(one) for one in value] if isinstance(value, list) else value


def _leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _leaves(one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [_leaves(one, change) for one in value]
    return change(value)


def _errors(answer: Answer, change: Callable[[dict[str, Any]], Any]) -> Answer:
    if "errors" not in answer:
        return answer
    changed = [found for e in answer["errors"] if (found := change({**e})) is not None]
    return {**answer, "errors": changed} if changed else {"data": answer.get("data")}


WRONG_ANSWERS: dict[str, Callable[[Answer], Answer]] = {
    "keys in another order": lambda a: {**a, "data": _sorted_keys(a.get("data"))},
    "texts for numbers": lambda a: {
        **a,
        "data": _leaves(a.get("data"), lambda v: str(v) if type(v) is int else v),
    },
    "no null": lambda a: {**a, "data": _leaves(a.get("data"), lambda v: "" if v is None else v)},
    "no errors": lambda a: _errors(a, lambda _: None),
    "errors without a path": lambda a: _errors(a, lambda e: {**e, "path": []}),
    "errors without a place": lambda a: _errors(a, lambda e: {**e, "locations": []}),
    "one error for all": lambda a: {**a, "errors": a["errors"][:1]} if "errors" in a else a,
    "errors twice": lambda a: {**a, "errors": a["errors"] * 2} if "errors" in a else a,
}
WRONG_REQUESTS: dict[str, Callable[[str], str]] = {
    "@skip is passed over": lambda text: re.sub(r" @skip\(if: [^)]*\)", "", text),
    "@include is passed over": lambda text: re.sub(r" @include\(if: [^)]*\)", "", text),
    "defaults are passed over": lambda text: re.sub(r"(\$v\d+: \w+) = [\w.]+", r"\1", text),
    "fragments of interfaces are empty": lambda text: re.sub(
        r"\.\.\. on (Node|MediaItem|Setting) \{", r"... on \1 @skip(if: true) {", text
    ),
    "arguments are passed over": lambda text: text.replace("first: 2", "first: 3"),
}


async def wrong_ones_found(both: Both, drawn: Drawn, faults: Faults, among: set[str]) -> set[str]:
    """Which of the wrong executors this document finds out."""
    ask, request, viewer = both.ask, drawn.request, both.seeded.viewers["admin"]
    right, found = await ask(both.reference, request, viewer, faults), set()
    for name in among:
        if name in WRONG_ANSWERS:
            wrong = WRONG_ANSWERS[name](right)
        else:
            text = WRONG_REQUESTS[name](request.query)
            changed = Request(text, request.variables, request.operation_name)
            wrong = await ask(both.reference, changed, viewer, faults)
        if await difference(right, wrong, both.lenient(request, viewer, faults)):
            found.add(name)
    return found


async def test_what_is_wrong_is_found(both: Both) -> None:
    rng, missed = Random(20), {*WRONG_ANSWERS, *WRONG_REQUESTS}
    for _ in range(600):
        drawn = Generator(both.facts, both.seeded.pool, rng).drawn()
        missed -= await wrong_ones_found(both, drawn, Faults(rng.getrandbits(32)), missed)
        if not missed:
            break
    assert missed == set()


async def test_the_smallest_request_is_shown(both: Both) -> None:
    """A difference in one field is told by a document of one field."""
    viewer = both.seeded.viewers["admin"]

    async def differs(request: Request) -> bool:
        return "pageInfo" in str(await both.ask(both.reference, request, viewer, None))

    request = Request(
        """query Q($a: Int = 2, $b: Boolean = true) {
          __typename
          ... on Query { ...F movies(first: $a) { nodes { ... on Node { id } title } } }
        }
        fragment F on Query { shows { ...G @include(if: $b) totalCount } }
        fragment G on ShowConnection { pageInfo { hasNextPage endCursor } nodes { id } }""",
        {"a": 1, "b": True},
        "Q",
    )
    small = await reduced(request, differs)
    assert len(re.findall(r"\w+", small.query)) < 20, small.query
    assert small.variables == {}
    assert "pageInfo" in small.query
