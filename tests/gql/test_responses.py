"""Whole answers that are kept: for whom, for how long, and what a hit still asks."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest

from app.container import Container
from app.core import recording as recording_module
from app.core.access import SYSTEM, Permission
from app.core.recording import Recording
from app.gql import responses as module
from app.gql.limits import Totals
from app.gql.responses import ROOM, Responses, Told
from app.main import WebApp
from app.movies.domain import MovieId
from app.rbac.domain import Level, RoleInput
from tests.apikeys.keys import mint, user_of
from tests.conftest import make_config, wait_until
from tests.gql.world import World
from tests.support.api import Api
from tests.support.people import People, Somebody, open_session
from tests.support.sockets import connected

MOVIES = "{ movies(first: 3) { nodes { id title year } totalCount } }"


def hits(app: Container) -> int:
    """How often a whole answer was taken again."""
    [family] = app.metrics.cache_hits.collect()
    found = [s for s in family.samples if s.name.endswith("_total")]
    return int(sum(s.value for s in found if "responses" in s.labels.values()))


class Client:
    """Sends requests as they are."""

    def __init__(self, app: Container, web: WebApp, address: str = "203.0.113.5") -> None:
        transport = httpx.ASGITransport(app=web.asgi(), client=(address, 4000))
        self.app = app
        self.http = httpx.AsyncClient(transport=transport, base_url="http://revenge.test")

    async def ask(
        self, query: str = MOVIES, who: Somebody | None = None, **headers: str
    ) -> httpx.Response:
        """The answer to a query."""
        given = {"content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            given["authorization"] = who.authorization
        body = orjson.dumps({"query": query})
        return await self.http.post("/graphql", content=body, headers=given)

    async def taken(
        self, times: int = 4, query: str = MOVIES, who: Somebody | None = None, **headers: str
    ) -> int:
        """How many of so many equal answers were kept ones."""
        before = hits(self.app)
        answers = [await self.ask(query, who, **headers) for _ in range(times)]
        assert len({(a.status_code, a.content) for a in answers}) == 1, answers[-1].content
        return hits(self.app) - before


@pytest.fixture
async def world(app: Container, people: People) -> World:
    """Nobody has asked for what is in it."""
    return await World.anew(app, people)


@pytest.fixture
async def client(app: Container, web: WebApp) -> AsyncIterator[Client]:
    made = Client(app, web)
    yield made
    await made.http.aclose()


async def test_an_answer_is_kept_when_it_is_asked_for_again(client: Client, world: World) -> None:
    assert await client.taken(5, who=world.alice) == 3


async def test_whoever_may_see_the_same_gets_the_same(
    client: Client, people: People, world: World
) -> None:
    twin = await people.make(libraries=[world.open.id])
    assert await client.taken(3, who=world.alice) == 1
    assert await client.taken(2, who=twin) == 2
    for other in (world.child, world.bob, world.admin, world.nobody):
        assert await client.taken(1, who=other) == 0
    # The server has no such language: it answers in the libraries' own texts.
    assert await client.taken(2, who=world.alice, accept_language="de, fr;q=0.5") == 2


async def test_a_language_has_answers_of_its_own(client: Client, world: World) -> None:
    await client.app.settings.update(SYSTEM, "metadata.languages", "de en")
    asked = '{ movies { nodes { title de: title(language: "de") } } }'
    assert await client.taken(4, asked, world.alice) == 2
    assert await client.taken(3, who=world.alice) == 1
    assert await client.taken(3, who=world.alice, accept_language="de") == 1
    assert await client.taken(3, who=world.alice, accept_language="en") == 1
    # All who get the same share it.
    assert await client.taken(2, who=world.alice, accept_language="DE-at;q=0.5, fr") == 2
    german = {"metadata_language": "de"}
    await client.app.user_settings.prefer(await world.people.viewer(world.alice), german)
    assert await client.taken(2, who=world.alice) == 2
    assert await client.taken(2, who=world.alice, accept_language="en") == 2


@pytest.mark.parametrize("level", [Level.DOWNLOAD, Level.MANAGE])
async def test_who_may_do_more_has_answers_of_their_own(
    client: Client, people: People, world: World, level: Level
) -> None:
    more = await people.make()
    await client.app.rbac.grant(SYSTEM, more.id, world.open.id, level)
    assert await client.taken(3, who=world.alice) == 1
    assert await client.taken(1, who=more) == 0


@pytest.mark.parametrize(
    "query",
    [
        "{ movies { nodes { title progress { position } } } }",
        "{ movies(filter: {watched: false}) { totalCount } }",
        "{ shows { nodes { nextEpisode { title } } } }",
        "{ shows { nodes { seasons { watchStats { watched } } } } }",
        "{ movies { nodes { library { folders { path } } } } }",
        "{ movies { nodes { library { lastScan { id } } } } }",
        "{ viewer { user { username } } movies { totalCount } }",
        "{ libraries { nodes { name } } }",
        '{ __type(name: "Movie") { name } movies { totalCount } }',
        "{ movies(first: 0) { totalCount } }",
        "{ movies { nodes { title cast(first: 0) { character } } } }",
        "mutation { updateProfile(input: {}) { id } }",
        "{ movies { nope } }",
    ],
)
async def test_what_is_never_kept(client: Client, world: World, query: str) -> None:
    before = hits(client.app)
    for _ in range(4):
        await client.ask(query, world.admin)
    assert hits(client.app) == before


async def test_websockets_take_nothing_from_it(client: Client, web: WebApp, world: World) -> None:
    assert await client.taken(3, who=world.alice) == 1
    before = hits(client.app)
    async with connected(web.asgi()) as socket:
        await socket.init(world.alice.authorization)
        for n in range(4):
            socket.subscribe(str(n), MOVIES)
            answer = await socket.receive()
            assert answer["payload"]["data"]["movies"]["nodes"]
            assert (await socket.receive())["type"] == "complete"
    assert hits(client.app) == before


async def test_a_write_ends_it(client: Client, world: World) -> None:
    assert await client.taken(4, who=world.alice) == 2
    movie = MovieId(world.open.movies[0])
    async with client.app.db.write(SYSTEM) as tx:
        await client.app.movie_repository.describe(tx, {movie: {"title": "A New Title"}})
    before = hits(client.app)
    assert b"A New Title" in (await client.ask(who=world.alice)).content
    assert hits(client.app) == before


async def test_a_minute_ends_it(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await client.taken(4, who=world.alice) == 2
    late = time.monotonic() + recording_module.LONGEST + 1
    monkeypatch.setattr(recording_module, "time", SimpleNamespace(monotonic=lambda: late))
    assert await client.taken(1, who=world.alice) == 0


async def test_access_is_required_when_an_answer_is_made_to_be_kept(
    api: Api, people: People, world: World
) -> None:
    """Also of those who ask for what nobody has asked for before."""
    key = user_of(await mint(world.app, people, world.alice, [Permission.LIBRARIES_LIST]))
    for _ in range(4):
        error = await api.fails(MOVIES, key)
        assert error.code == "FORBIDDEN"


async def test_access_is_required_for_every_hit(
    client: Client, people: People, world: World
) -> None:
    app = client.app
    wanted = RoleInput(name="Few", permissions=["movies:list"])
    role = await app.roles.create(SYSTEM, wanted)
    somebody = await people.make(libraries=[world.open.id])
    await app.rbac.assign_to(SYSTEM, somebody.id, [role.id])
    assert await client.taken(4, who=somebody) == 2
    await app.roles.update(SYSTEM, role.id, RoleInput(permissions=["movies:get"]))
    for _ in range(3):
        refused = orjson.loads((await client.ask(who=somebody)).content)
        assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await client.taken(1, who=world.alice) == 1
    async with app.db.write(SYSTEM) as tx:
        await app.sessions.end_all(tx, world.alice.id, "revoked")
    app.principals.forget(world.alice.id)
    refused = orjson.loads((await client.ask(who=world.alice)).content)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_cookie_is_of_no_more_use_for_what_is_kept(client: Client, world: World) -> None:
    assert await client.taken(4, who=world.alice) == 2
    tokens = await open_session(client.app, world.alice.id)
    cookie = f"revenge_session={tokens.access}"
    assert (await client.ask(cookie=cookie)).status_code == 403
    foreign = await client.ask(cookie=cookie, x_revenge_csrf="1", origin="http://elsewhere.test")
    assert foreign.status_code == 403


async def test_the_rules_of_requests_hold_for_what_is_kept(client: Client, world: World) -> None:
    assert await client.taken(4, who=world.alice) == 2
    assert (await client.ask(who=world.alice, content_type="text/plain")).status_code == 415
    assert (await client.ask(who=world.alice, accept="text/html")).status_code == 406
    media = "application/graphql-response+json"
    answer = await client.ask(who=world.alice, accept=media)
    assert answer.headers["content-type"].startswith(media)
    assert answer.content == (await client.ask(who=world.alice)).content


async def test_nothing_is_served_while_the_bus_is_not_heard(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await client.taken(4, who=world.alice) == 2
    with monkeypatch.context() as deaf:
        deaf.setattr(client.app.l2, "bus_healthy", lambda: False)
        assert await client.taken(4, who=world.alice) == 0
    assert await client.taken(2, who=world.alice) == 2


@pytest.mark.parametrize("off", [{"response_bytes": 0}, {"enabled": False}])
async def test_it_can_be_turned_off(
    off: dict[str, Any],
    app: Container,
    world: World,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
) -> None:
    config = make_config(database_url, redis_url, tmp_path, cache=off)
    made = Container(config)
    await made.open()
    await wait_until(lambda: made.live.healthy)
    client = Client(made, WebApp(config, made))
    assert await client.taken(5, who=world.alice) == 0
    await client.http.aclose()
    await made.close()


async def test_a_hit_is_charged_like_a_miss(
    app: Container, world: World, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    config = make_config(database_url, redis_url, tmp_path, limits={"enabled": True})
    made = Container(config)
    await made.open()
    await wait_until(lambda: made.live.healthy)
    await made.settings.update(SYSTEM, "limits.global.rate", 0.01)
    await made.settings.update(SYSTEM, "limits.global.burst", 8)
    client = Client(made, WebApp(config, made))
    told = []
    for _ in range(10):
        answer = await client.ask(who=world.alice)
        limit = orjson.loads(answer.content).get("extensions", {}).get("rateLimit", {})
        told.append((answer.status_code, limit.get("remaining"), limit.get("cost")))
    assert [status for status, _, _ in told] == [200] * 8 + [429] * 2
    assert [left for _, left, _ in told[:8]] == [*range(7, -1, -1)]
    assert len({cost for _, _, cost in told[:8]}) == 1
    assert hits(made) == 6
    await client.http.aclose()
    await made.close()


# -- its bounds


@pytest.fixture
def kept(app: Container) -> Responses:
    """Room for ten small answers."""
    return Responses(app.cache, 10 * 2 * ROOM, app.metrics)


def keep(kept: Responses, name: str, size: int = 10) -> None:
    """What happens when an answer is asked for twice."""
    key = (name.encode(), True, "")
    for _ in range(2):
        recording = kept.recording(key)
        if recording is not None:
            recording.note(["tag"], time.monotonic() + 600)
            kept.put(key, b"x" * size, recording, Told(Totals(), frozenset()))


def there(kept: Responses, name: str) -> bool:
    return kept.get((name.encode(), True, ""), SYSTEM) is not None


def test_what_is_asked_for_once_does_not_put_out_what_is_hot(kept: Responses) -> None:
    keep(kept, "hot")
    assert there(kept, "hot")
    for n in range(3000):
        kept.recording((f"once {n}".encode(), True, ""))
        keep(kept, f"twice {n}")
    assert there(kept, "hot")
    assert not there(kept, "twice 0")
    assert there(kept, "twice 2999")


def test_it_stays_within_its_bytes(kept: Responses) -> None:
    for n in range(100):
        keep(kept, f"{n}", size=100 * n)
        assert kept._kept.weight <= 10 * 2 * ROOM
    keep(kept, "huge", size=11 * 2 * ROOM)
    assert not there(kept, "huge")
    assert kept._kept.weight <= 10 * 2 * ROOM


def test_many_tags_weigh(kept: Responses) -> None:
    key = (b"many", True, "")
    kept.recording(key)
    recording = kept.recording(key)
    assert recording is not None
    recording.note([f"tag:{n}" for n in range(200)], time.monotonic() + 600)
    kept.put(key, b"x", recording, Told(Totals(), frozenset()))
    assert not there(kept, "many")


def test_who_asks_for_much_makes_it_forget_no_more_than_what_was_asked(
    kept: Responses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SEEN", 10)
    keep(kept, "hot")
    for n in range(50):
        kept.recording((f"{n}".encode(), True, ""))
        spoiled = Recording(kept._cache.l1)
        spoiled.spoil()
        kept.put((f"{n}".encode(), True, ""), b"x", spoiled, Told(Totals(), frozenset()))
    assert there(kept, "hot")
    assert max(len(kept._seen), len(kept._refused), len(kept._bodies)) <= 10


async def test_an_answer_that_would_push_out_many_others_is_not_kept(app: Container) -> None:
    await wait_until(lambda: app.cache.trusted)
    responses = Responses(app.cache, 80_000, app.metrics)
    recording = app.cache.recording()
    recording.note(["items"], time.monotonic() + 60)
    told = Told(Totals(), frozenset())
    responses.put((b"large",), b"1" * 10_001, recording, told)
    responses.put((b"small",), b"1" * 10_000, recording, told)
    assert not responses.knows(b"large")
    assert responses.knows(b"small")
