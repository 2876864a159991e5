"""Mutations and subscriptions by both executors: the same answers, as for queries.

A mutation runs three times: what it changes at all it has changed after the first time, so that the
second one, by the reference, and the third one, by its plan, find the same. Every one of these
leaves things as they are when it is done again.
"""

import asyncio
import os
import re
from collections import Counter
from functools import partial
from random import Random
from typing import Any

import orjson
import pytest

from app.core.access import SYSTEM, Viewer
from app.core.ids import encode_id, new_id
from app.gql.documents import Refused
from app.gql.execution import Executor, Request
from tests.gql.both import SCHEMA, Both
from tests.gql.comparison import canonical, difference
from tests.gql.documents import Drawn, Generator
from tests.gql.facts import Facts
from tests.gql.faults import Faults
from tests.gql.listening import change

FULL = os.environ.get("SCALE") == "full"
TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z")
MUTATIONS = 6000 if FULL else 300
SUBSCRIPTIONS = 200 if FULL else 15
pytestmark = [
    pytest.mark.uncounted,
    pytest.mark.usefixtures("quiet"),
    # When one root field ends an operation, graphql-core drops what it had not begun of the others.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
# What takes an id, the kinds of it, and the arguments beside it.
CALLS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "updateProgress": (
        "id",
        ("movie", "episode", "movie", "episode", "show"),
        ("position: 60, duration: 6000", "position: 3000", "position: 5990", "position: -1"),
    ),
    "removeProgress": ("id", ("movie", "episode", "season", "show", "movie", "library"), ("",)),
    "markWatched": ("id", ("movie", "episode", "season", "show", "show", "movie", "genre"), ("",)),
    "markUnwatched": ("id", ("movie", "episode", "season", "show"), ("",)),
    "bulkMarkWatched": ("ids", ("movie", "episode", "show"), ("", "watched: false")),
    "updateLibrary": (
        "id",
        ("library",),
        ("input: {}", "input: {scanOnStart: true}", "input: {enabled: true}", 'input: {name: ""}'),
    ),
    "updateUser": ("id", ("user",), ("input: {}", "input: {maxAge: 99}", "input: {maxAge: null}")),
    "updateRole": ("id", ("role",), ('input: {description: "x"}', 'input: {name: ""}')),
    "grantLibrary": ("libraryId", ("library",), ("level: VIEW", *2 * ('userId: "{user}"',))),
    "hideLibrary": ("libraryId", ("library",), ('userId: "user_x"', *2 * ('userId: "{user}"',))),
    "unhideLibrary": ("libraryId", ("library",), ('userId: "{user}"',)),
    "setDefaultVersion": ("id", ("version",), ("", "chosen: false")),
    "setArtwork": (
        "itemId",
        ("movie", "show", "episode", "library"),
        ("kind: POSTER", "kind: THUMB", 'kind: POSTER, artworkId: "image_x"'),
    ),
    "cancelJob": ("id", ("job",), ("",)),
    "cancelScan": ("id", ("scan", "scan", "library"), ("",)),
    "unidentify": ("fileIds", ("movie",), ("",)),
}
PLAIN = (
    'updateUserSetting(key: "display.theme", value: "dark")',
    'updateUserSetting(key: "display.theme", value: 7)',
    'updateUserSetting(key: "nothing", value: true)',
    'resetUserSetting(key: "display.theme")',
    'updateSetting(key: "server.name", value: "Ours")',
    "updatePreferences(input: {theme: DARK, digest: true})",
    "updatePreferences(input: {showSpoilers: null})",
    "updatePreferences(input: {})",
    'resetUserSetting(key: "content.language")',
    'resetSetting(key: "server.name")',
    'updateProfile(input: {displayName: "Somebody"})',
    "updateProfile(input: {})",
    'createRole(input: {name: "", permissions: []})',
    'createLibrary(input: {name: "x", kind: MOVIES, folders: []})',
    'renamePasskey(id: "passkey_x", name: "y")',
)


def call(rng: Random, both: Both) -> str:
    """A mutation with its arguments."""
    if rng.random() < 0.35:
        return rng.choice(PLAIN)
    name = rng.choice(sorted(CALLS))
    argument, kinds, more = CALLS[name]
    kind = rng.choice(kinds)
    missing = rng.random() < 0.1
    ref = encode_id(kind, new_id()) if missing else rng.choice(both.seeded.pool.ids[kind])
    given = f'{argument}: "{ref}"'  # one for a list is a list of one
    beside = rng.choice(more).replace("{user}", both.seeded.world.bob.ref)
    return f"{name}({given}{', ' if beside else ''}{beside})"


async def answered(
    both: Both, executor: Executor, request: Request, viewer: Viewer, faults: Faults | None
) -> Any:
    """The answer, without the times at which something was written."""
    answer = canonical(await both.ask(executor, request, viewer, faults))
    return orjson.loads(TIME.sub(b"now", answer))


@pytest.mark.timeout(7200 if FULL else 300)
async def test_mutations_are_answered_alike(both: Both) -> None:
    facts, outcomes = Facts(SCHEMA, "Mutation"), Counter[str]()
    for number in range(MUTATIONS):
        rng = Random(number)
        calls = [call(rng, both) for _ in range(rng.choice((1, 1, 1, 2, 2, 4)))]
        request = Generator(facts, both.seeded.pool, rng).around(calls).request
        viewer = both.seeded.viewers[
            rng.choices(("admin", "alice", "key", "anonymous"), (12, 2, 1, 1))[0]
        ]
        faults = Faults(number) if rng.random() < 0.3 else None
        await both.ask(both.reference, request, viewer, faults)
        asked = (request, viewer, faults)
        expected = await answered(both, both.reference, *asked)
        found = await answered(both, both.compiled, *asked)
        lenient = partial(answered, both, both.executors.lenient, *asked)
        told = await difference(expected, found, lenient)
        assert told is None, (told, request, viewer.username, faults, expected, found)
        outcomes["data" if found.get("data") else "no data"] += 1
        outcomes.update({f"{e['extensions']['code']}" for e in found.get("errors", ())})
    assert outcomes["data"] > 0.25 * MUTATIONS, outcomes
    assert {"INVALID", "NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED"} <= set(outcomes), outcomes
    assert both.executors.fallbacks() == {}


# -- subscriptions


async def first(both: Both, executor: Executor, drawn: Drawn, viewer: Viewer, faults: Any) -> bytes:
    """The first thing that a subscription answers."""
    context, request = both.seeded.context(viewer, faults), drawn.request
    try:
        context.operation = executor.prepare(request, viewer)
    except Refused as refused:
        return canonical([error.message for error in refused.errors])
    stream: Any = await executor.subscribe(request, context)
    if not hasattr(stream, "__aiter__"):
        return canonical(executor.answer(stream, context))
    try:
        return canonical(executor.answer(await anext(stream), context))
    finally:
        await stream.aclose()


async def happen(both: Both, root: str) -> None:
    """What is told to those who listen."""
    app, world = both.seeded.app, both.seeded.world
    if root == "libraryChanged":
        items = [*world.open.movies[:2], world.shows[0].id]
        await change(app, world.open.id, *items, removed=tuple(world.open.movies[2:3]))
    elif root == "jobUpdated":
        await app.jobs.retry(SYSTEM, world.job)
    elif root == "activityAdded":
        await app.settings.update(SYSTEM, "server.name", f"Ours {new_id().hex}")


@pytest.mark.timeout(3600 if FULL else 300)
@pytest.mark.parametrize("root", ["scanProgress", "libraryChanged", "jobUpdated", "activityAdded"])
async def test_events_are_answered_alike(both: Both, root: str) -> None:
    facts, viewer = Facts(SCHEMA, "Subscription"), both.seeded.viewers["admin"]
    ref = both.seeded.world.open.ref
    head = f'scanProgress(libraryId: "{ref}")' if root == "scanProgress" else root
    asked = []
    for number in range(SUBSCRIPTIONS):
        drawn = Generator(facts, both.seeded.pool, Random(number)).around([head])
        asked.append((drawn, Faults(number) if number % 3 == 0 else None))
    tasks = [
        asyncio.create_task(first(both, executor, drawn, viewer, faults))
        for executor in (both.reference, both.compiled)
        for drawn, faults in asked
    ]
    await asyncio.sleep(1)  # all have begun to listen
    await happen(both, root)
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*tasks)
    by_reference, by_plan = answers[: len(asked)], answers[len(asked) :]
    for (drawn, faults), expected, found in zip(asked, by_reference, by_plan, strict=True):
        assert expected == found, (drawn.request, faults)
    assert sum(b'"data":{' in answer for answer in by_reference) > SUBSCRIPTIONS / 2
    assert both.executors.fallbacks() == {}
