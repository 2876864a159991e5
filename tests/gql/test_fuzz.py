"""Whatever arrives, the server answers: never a 5xx, never INTERNAL, never a traceback.

The seed is printed; FUZZ_SEED repeats a run. The short form is a twentieth of the whole.
"""

import asyncio
import gc
import logging
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from graphql import StringValueNode
from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis_graphql import nodes, queries

from app.auth.domain import BadLink
from app.core.access import PUBLIC, SYSTEM
from app.core.ids import encode_id
from app.gql.edge import Edge
from app.main import WebApp
from app.schema import build_schema
from tests.access_arguments import ARGUMENTS
from tests.gql.operations import Selections, operation, root_fields
from tests.gql.rules import declared, fields_of
from tests.gql.test_objects import GENEROUS
from tests.gql.world import World
from tests.support.api import Api
from tests.support.sockets import SocketClosed, connected

pytestmark = [
    # When one root field ends an operation, graphql-core drops what it had not begun of the others.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FULL = os.environ.get("SCALE") == "full"
SEED = int(os.environ.get("FUZZ_SEED", "20261121"))
SCHEMA = build_schema()._schema
FIELDS = root_fields(SCHEMA)
CLOSED = {
    *("Library.folders", "Scan.errors", "File.path", "Role.users"),
    *(f"{kind}.metadata" for kind in ("MediaItem", "Movie", "Show", "Season", "Episode")),
}
WORDS = rb"""null true -1 0 1e999 99999999999999999999 "" [] {} \u0000 \ud800 " \ { } [ ] ( )
$ & % ..
@skip(if:true) ... fragment ...F query mutation subscription __schema __typename # first:0 first:101
after: movie_ ' or -- 1=1 $f on Movie"""
TOKENS = [
    *WORDS.split(),
    b"\xff",
    b"\xc3\x28",
    b"\x00",
    b"\r\n",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x8e\xac",
    b"fragment F on Movie { id }",
]


def bodies(world: World) -> list[bytes]:
    """Good requests of every root field, with everything below it."""
    selections = Selections(SCHEMA, 2)
    found = []
    for path, made in FIELDS.items():
        row = ARGUMENTS.get(path)
        given_ = row(world, "administrator") if row else {}
        if "first" in made.args:
            given_ = {"first": 5, "after": None, **given_}
        document = operation(path, made, given_, selections.of(made.type))
        found.append(orjson.dumps({"query": document, "variables": given_}))
    filters = {
        "libraryIds": [world.open.ref],
        "genreIds": [encode_id("genre", world.open.genres["Drama"])],
        "yearFrom": 1990,
        "minRating": 1.5,
        "hdr": True,
        "watched": False,
        "resolutions": ["2160p"],
        "addedSince": "2020-01-01T00:00:00Z",
    }
    document = """query M($f: MovieFilter, $s: MovieSort! = YEAR) {
      movies(filter: $f, sort: $s, seed: "x", first: 3) { ...P } }
      fragment P on MovieConnection { nodes { id similar(first: 2) { title } } }"""
    found.append(
        orjson.dumps({"query": document, "variables": {"f": filters}, "operationName": "M"})
    )
    return found


def mutated(rng: random.Random, sources: list[bytes]) -> bytes:
    """One of the good ones, damaged in a few places."""
    body = bytearray(rng.choice(sources))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at, width = rng.randrange(len(body) + 1), rng.choice((1, 1, 2, 5, 20))
        kind = rng.randrange(7)
        if kind == 0 and body:
            body[at % len(body)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del body[at : at + width]
        elif kind == 2:
            body[at:at] = rng.choice(TOKENS)
        elif kind == 3:
            body[at : at + width] = rng.choice(TOKENS)
        elif kind == 4:
            body[at:at] = body[at : at + width] * rng.choice((1, 2, 50))
        elif kind == 5:
            other = rng.choice(sources)
            start = rng.randrange(len(other))
            body[at:at] = other[start : start + 40]
        else:
            body[at : at + width] = rng.randbytes(width)
    return bytes(body)


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """What was dropped is collected here, and not in a test that knows nothing of it."""
    yield
    gc.collect()


class Calm:
    """No log line that somebody would have to look at."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def check(self, sent: bytes) -> None:
        records = self._caplog.records
        loud = [r for r in records if r.levelno >= logging.ERROR or "Traceback" in str(r.msg)]
        assert not loud, (sent, [str(r.msg)[:2000] for r in loud])
        self._caplog.clear()


@pytest.mark.uncounted
@pytest.mark.timeout(1800 if FULL else 120)
async def test_mutated_requests(api: Api, world: World, caplog: pytest.LogCaptureFixture) -> None:
    print(f"FUZZ_SEED={SEED}")
    rng, calm, seen = random.Random(SEED), Calm(caplog), Counter[str]()
    sources = bodies(world)
    people = [None, None, world.alice, world.admin, world.guest, world.child]
    for _ in range(10_000 if FULL else 1500):
        body, who = mutated(rng, sources), rng.choice(people)
        headers = {"content-type": "application/json"}
        if who is not None:
            headers["authorization"] = who.authorization
        response = await api.http.post("/graphql", content=body, headers=headers)
        assert response.status_code < 500, body
        answer = orjson.loads(response.content)
        codes = [e["extensions"]["code"] for e in answer.get("errors", ())]
        assert "INTERNAL" not in codes, (body, answer)
        seen.update(codes or ["ok"])
        calm.check(body)
    assert {"ok", "INVALID", "UNAUTHENTICATED", "FORBIDDEN"} <= set(seen), seen


async def test_good_requests_are_good(api: Api, world: World) -> None:
    """The control: what is damaged above was right before."""
    await api.app.settings.update(SYSTEM, "server.public_url", "https://media.example.org")
    for body in bodies(world):
        headers = {"content-type": "application/json"}
        response = await api.http.post("/graphql", content=body, headers=headers)
        found = orjson.loads(response.content).get("errors", [])
        codes = {e["extensions"]["code"] for e in found}
        usual = {"UNAUTHENTICATED", "TOO_COMPLEX", "INVALID", "UNAVAILABLE", "NOT_FOUND"}
        assert codes <= usual, (body, found)
        assert ("NOT_FOUND" in codes) <= (b"startOidcSignIn" in body), body  # there is no provider
        assert ("UNAVAILABLE" in codes) <= (b"forgotPassword" in body), body  # no mail is sent
        assert not any("Syntax Error" in e["message"] for e in found), (body, found)
        invalid = [e["message"] for e in found if e["extensions"]["code"] == "INVALID"]
        invalid = [told for told in invalid if told != BadLink().message]  # links are good once
        assert not invalid or b"subscription" in body, (body, invalid)


def frames(world: World) -> list[bytes]:
    """Good frames of every kind."""
    found = [
        {"type": "connection_init", "payload": {"authorization": world.alice.authorization}},
        {"type": "ping", "payload": {"a": 1}},
        {"type": "pong"},
        {"id": "1", "type": "complete"},
    ]
    found += [
        {"id": str(n), "type": "subscribe", "payload": orjson.loads(body)}
        for n, body in enumerate(bodies(world))
    ]
    return [orjson.dumps(frame) for frame in found]


@pytest.mark.timeout(1800 if FULL else 120)
async def test_mutated_frames(web: WebApp, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Every socket lives on, or is closed with a code that says why."""
    print(f"FUZZ_SEED={SEED}")
    rng, calm, codes = random.Random(SEED), Calm(caplog), Counter[int]()
    sources, asgi = frames(world), web.asgi()
    for _ in range(1000 if FULL else 100):
        frame = mutated(rng, sources)
        async with connected(asgi) as socket:
            if rng.random() < 0.8:
                await socket.init(rng.choice([None, world.alice.authorization]))
            socket.send(frame if rng.random() < 0.1 else frame.decode("utf-8", "replace"))
            socket.send({"type": "ping"})
            socket.send("nonsense")
            while True:
                try:
                    answer = await socket.receive()
                except SocketClosed as closed:
                    codes[closed.code] += 1
                    break
                assert "INTERNAL" not in str(answer), (frame, answer)
        calm.check(frame)
    assert set(codes) <= {4400, 4401, 4403, 4409, 4429}, codes
    assert codes[4400] > 20
    assert web.sockets._open == set()


def generated(count: int) -> list[str]:
    """Queries that hypothesis makes out of the schema."""
    found: list[str] = []
    scalars = {
        "BigInt": strategies.integers().map(nodes.Int),
        "DateTime": strategies.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01", ""]).map(
            lambda text: StringValueNode(value=text)
        ),
        "SettingValue": strategies.sampled_from(["", "en", "x" * 600]).map(
            lambda text: StringValueNode(value=text)
        ),
    }

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(queries(build_schema().as_str(), custom_scalars=scalars))
    def collect(document: str) -> None:
        found.append(document)

    counting = sys.gettrace()
    sys.settrace(None)  # whose lines are counted are ours, and not those of hypothesis
    try:
        collect()
    finally:
        sys.settrace(counting)
    return found


@pytest.mark.uncounted
@pytest.mark.timeout(1800 if FULL else 120)
async def test_generated_queries(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Valid by the schema, so that they are executed, against films and people."""
    graphql = world.app.config.graphql.model_copy(update=GENEROUS)
    api = Api(
        world.app, WebApp(world.app.config.model_copy(update={"graphql": graphql}), world.app)
    )
    calm, executed = Calm(caplog), 0
    try:
        for document in await asyncio.to_thread(generated, 2000 if FULL else 200):
            for who in (world.admin, world.alice):
                answer: dict[str, Any] = await api.send(document, {}, who)
                codes = {e["extensions"]["code"] for e in answer.get("errors", ())}
                assert codes <= {"INVALID", "FORBIDDEN", "NOT_FOUND", "TOO_COMPLEX"}, (
                    document,
                    answer,
                )
                executed += "data" in answer
                calm.check(document.encode())
    finally:
        await api.close()
    assert executed > 100


def test_closed_edges_are_known() -> None:
    """The sets above that leave closed edges out are complete."""
    found = {
        path
        for path, _, made in fields_of(SCHEMA)
        if isinstance(edge := declared(made, "edge"), Edge) and edge.access is not PUBLIC
    }
    assert found == CLOSED
