"""Object by object: what is in a library one may not see, or above one's age, is nowhere."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import NOWHERE, SYSTEM
from app.core.ids import encode_id, new_id
from app.gql.execution import Request
from app.libraries.domain import ScanKind, ScanState
from app.libraries.events import LibraryChanged
from app.main import AppGateway, WebApp
from app.rbac.domain import BuiltIn
from app.schema import build_schema, node_registry
from tests.gql.following import follow
from tests.gql.operations import Selections, operation, root_fields
from tests.gql.world import ADULT, HIDDEN_FILMS, OPEN_FILMS, UNRATED, World
from tests.support.api import Api, origin
from tests.support.library import Film
from tests.support.people import Somebody
from tests.support.series import Made
from tests.test_access import fingerprint

SCHEMA = build_schema()._schema
FIELDS = root_fields(SCHEMA)
EVERYTHING = Selections(SCHEMA, 3)
GENEROUS = {
    "max_fields": 10**6,
    "max_depth": 50,
    "max_cost": 10**9 - 1,
    "max_aliases": 10**6,
    "max_tokens": 10**6,
    "timeout": 60,
}
NOT_CONTENT = {
    "Query.job",
    "Query.jobs",
    "Query.serverInfo",
    "Query.activity",
    "Query.activityStats",
    "Query.apiKeys",
    "Query.userApiKeys",
    "Query.settings",
    "Query.setting",
    "Query.publicSettings",
    "Query.rateLimit",
    "Query.userSettings",
    "Query.userSetting",
    "Query.preferences",
    "Query.permissions",
    "Query.role",
    "Query.roles",
    "Query.libraryGrants",
    "Query.hiddenLibraries",
    "Query.user",
    "Query.users",
    "Query.deletedUsers",
    "Query.oidcProviderConfigs",
    "Query.secondFactors",
    "Query.unmatched",  # for those who scan; a hidden library is asked in tests/matching
}
MOVIES = """query($filter: MovieFilter, $sort: MovieSort! = TITLE) {
  movies(filter: $filter, sort: $sort, first: 100) { totalCount nodes { id title } } }"""


@pytest.fixture
async def wide(app: Container) -> AsyncIterator[Api]:
    """An API without limits, to ask for everything at once."""
    graphql = app.config.graphql.model_copy(update=GENEROUS)
    client = Api(app, WebApp(app.config.model_copy(update={"graphql": graphql}), app))
    yield client
    await client.close()


def hidden_marks(world: World) -> list[str]:
    """Texts that nobody without the hidden library may ever read."""
    shelf = world.hidden
    own = {name: i for name, i in shelf.collections.items() if "Hidden" in name}
    genres = {name: i for name, i in shelf.genres.items() if "Hidden" in name}
    ids = [shelf.id, *shelf.movies, *shelf.files, *shelf.scans, *own.values(), *genres.values()]
    ids += [i for show in world.hidden_shows for i in show.items]
    ids += [show.networks["Hidden Network"] for show in world.hidden_shows]
    return ["Hidden", *(i.hex for i in ids)]


def adult_marks(world: World) -> list[str]:
    """Texts that are above a child's age."""
    at = [n for n, film in enumerate(OPEN_FILMS) if film.title in (ADULT, UNRATED)]
    ids: list[UUID] = [world.open.movies[n] for n in at]
    ids += [world.open.files[n] for n in at]
    ids += [world.open.genres["Adult Genre"], world.open.collections["Adult Saga"]]
    adult = world.shows[1]
    ids += [*adult.items, *adult.files.values(), adult.networks["Adult Network"]]
    return ["Adult", ADULT, UNRATED, *(i.hex for i in ids)]


def hidden_arguments(world: World) -> dict[str, list[dict[str, Any]]]:
    """Every argument of a query that can name something of the hidden library."""
    shelf = world.hidden
    movies, library = shelf.movie_refs, shelf.ref
    genre = encode_id("genre", shelf.genres["Hidden Genre"])
    saga = encode_id("collection", shelf.collections["Hidden Saga"])
    (show,) = world.hidden_shows
    network = encode_id("network", show.networks["Hidden Network"])
    nodes = [
        *movies,
        *show.refs,
        network,
        library,
        genre,
        saga,
        *(encode_id("file", i) for i in shelf.files),
        *(encode_id("scan", i) for i in shelf.scans),
        world.bob.ref,
    ]
    return {
        "Query.node": [{"id": i} for i in nodes],
        "Query.nodes": [{"ids": nodes}],
        "Query.library": [{"id": library}],
        "Query.movie": [{"id": i} for i in movies],
        "Query.collection": [{"id": saga}],
        "Query.scans": [{}, {"libraryId": library}],
        "Query.recentlyAdded": [{}, {"libraryIds": [library]}],
        **of_show(show),
        "Query.recentlyAddedShows": [{}, {"libraryIds": [library]}],
        "Query.shows": [
            {},
            {"filter": {"libraryIds": [library]}},
            {"filter": {"networkIds": [network]}},
            {"filter": {"watched": False}},
            {"filter": {"missing": True}},
            *({"sort": sort} for sort in ("YEAR", "ADDED", "LATEST", "RATING", "RANDOM")),
        ],
        "Query.movies": [
            {},
            {"filter": {"libraryIds": [library]}},
            {"filter": {"genreIds": [genre]}},
            {"filter": {"collectionId": saga}},
            {"filter": {"watched": False}},
            {"filter": {"missing": True}},
            *({"sort": sort} for sort in ("YEAR", "ADDED", "RATING", "POPULARITY", "RANDOM")),
        ],
    }


def of_show(show: Made) -> dict[str, list[dict[str, Any]]]:
    """Every argument that can name a show or something of it."""
    return {
        "Query.show": [{"id": show.ref}],
        "Query.season": [{"id": show.season(1)}],
        "Query.episode": [{"id": show.episode(*place)} for place in show.episodes],
        "Query.episodes": [{}, {"showId": show.ref}, {"seasonId": show.season(1)}],
    }


def questions(given: Mapping[str, list[dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Every query with every set of its arguments; jobs and the server are not content."""
    paths = [p for p in FIELDS if p.startswith("Query.") and p not in NOT_CONTENT]
    return [(path, arguments) for path in paths for arguments in given.get(path, [{}])]


async def read(api: Api, path: str, given: dict[str, Any], who: Somebody) -> str:
    """Everything a query answers, as text; edges that need more than `who` has are left out."""
    kind = FIELDS[path].type
    selection = EVERYTHING.of(kind)
    for closed in ("folders", "errors", "path", "users"):
        selection = _without(selection, closed)
    answer = await api.send(operation(path, FIELDS[path], given, selection), given, who)
    assert "errors" not in answer, (path, given, answer["errors"])
    return orjson.dumps(answer).decode()


def _without(selection: str, name: str) -> str:
    """A selection without the field of this name and what is below it."""
    words, kept, skip = selection.split(), [], 0
    for index, word in enumerate(words):
        if skip:
            skip += (word == "{") - (word == "}")
            skip = skip if skip != 1 else 0
        elif word == name:
            skip = 1 if index + 1 < len(words) and words[index + 1] == "{" else 0
        else:
            kept.append(word)
    return " ".join(kept)


@pytest.mark.uncounted
async def test_nothing_of_a_hidden_library_is_read(wide: Api, world: World) -> None:
    marks = hidden_marks(world)
    for somebody in (world.alice, world.guest, world.moderator, world.child):
        for path, given in questions(hidden_arguments(world)):
            text_ = await read(wide, path, given, somebody)
            # What was asked for stands in no answer either: the mark of a wrong `null`.
            found = [mark for mark in marks if mark in text_ and mark != world.bob.id.hex]
            assert not found, (somebody.username, path, given, found)


@pytest.mark.uncounted
async def test_an_administrator_reads_it_all(wide: Api, world: World) -> None:
    """The control: the same questions do show the hidden library to those who have it."""
    seen = ""
    for path, given in questions(hidden_arguments(world)):
        seen += await read(wide, path, given, world.admin)
    files = {"ids": [encode_id("file", i) for i in world.open.files]}
    seen += await read(wide, "Query.nodes", files, world.admin)
    assert [mark for mark in hidden_marks(world) if mark not in seen] == []
    assert [mark for mark in adult_marks(world) if mark not in seen] == []


@pytest.mark.uncounted
async def test_an_age_limit_hides_alike(wide: Api, world: World) -> None:
    marks = adult_marks(world)
    shelf = world.open
    adult = [encode_id("movie", world.movie_id(t)) for t in (ADULT, UNRATED)]
    saga = encode_id("collection", shelf.collections["Adult Saga"])
    genre = encode_id("genre", shelf.genres["Adult Genre"])
    given: dict[str, list[dict[str, Any]]] = {
        "Query.node": [
            {"id": i}
            for i in (
                *adult,
                *world.shows[1].refs,
                saga,
                genre,
                *(encode_id("file", f) for f in shelf.files[3:5]),
            )
        ],
        "Query.nodes": [{"ids": [*adult, *world.shows[1].refs, saga, *shelf.movie_refs]}],
        "Query.library": [{"id": shelf.ref}],
        "Query.movie": [{"id": i} for i in adult],
        "Query.collection": [{"id": saga}],
        **of_show(world.shows[1]),
        "Query.shows": [{}, {"filter": {"maxAge": 99}}],
        "Query.movies": [
            {},
            {"filter": {"maxAge": 99}},
            {"filter": {"genreIds": [genre]}},
            {"filter": {"collectionId": saga}},
        ],
    }
    for path, arguments in questions(given):
        text_ = await read(wide, path, arguments, world.child)
        assert not [mark for mark in marks if mark in text_], (path, arguments)


async def test_files_within_the_age_limit_are_shown(api: Api, world: World) -> None:
    """The control of the one above: it is the age that hides, not the kind."""
    files = [encode_id("file", i) for i in world.open.files[: len(OPEN_FILMS)]]
    data = await api.run("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", world.child, ids=files)
    assert [bool(found) for found in data["nodes"]] == [True, True, True, False, False]
    movies = await api.run(
        "{ movies { nodes { title versions { parts { file { name } } } } } }", world.child
    )
    for movie in movies["movies"]["nodes"]:
        assert movie["versions"][0]["parts"][0]["file"]["name"].endswith(".mkv")


async def test_names_of_failed_files_are_for_those_who_scan(api: Api, world: World) -> None:
    errors = "query($id: ID) { scans(libraryId: $id) { nodes { errors { path } } } }"
    for somebody in (world.guest, world.alice, world.child):
        denied = await api.fails(errors, somebody)
        assert denied.code == "FORBIDDEN"
    shown = await api.run(errors, world.moderator)
    assert shown["scans"]["nodes"][0]["errors"] == [{"path": "movie-0/secret-name.mkv"}]


TOTALS = """{ movies { totalCount } genres { totalCount } collections { totalCount }
  libraries { totalCount } scans { totalCount } recentlyAdded { totalCount }
  watchHistory { totalCount } continueWatching { totalCount }
  shows { totalCount } episodes { totalCount } networks { totalCount } showGenres { totalCount }
  recentlyAddedShows { totalCount } recentEpisodes { totalCount } }"""


@pytest.mark.parametrize(
    ("name", "totals"),
    [
        (
            "admin",
            (8, 5, 4, 2, 2, 14, 10, 7, 3, 6, 3, 2, 3, 6),
        ),  # two of the films are one in two libraries
        ("alice", (5, 4, 3, 1, 1, 9, 7, 5, 2, 4, 2, 2, 2, 4)),
        ("bob", (3, 2, 2, 1, 1, 5, 4, 3, 1, 2, 2, 1, 1, 2)),
        ("child", (3, 3, 2, 1, 1, 6, 4, 3, 1, 3, 1, 2, 1, 3)),
        ("nobody", (0,) * 14),
    ],
)
async def test_totals_count_what_is_seen(
    name: str, totals: tuple[int, ...], api: Api, world: World
) -> None:
    data = await api.run(TOTALS, getattr(world, name))
    assert tuple(found["totalCount"] for found in data.values()) == totals


IDS = {
    "query($id: ID!) { movie(id: $id) { id } }": "movie",
    "query($id: ID!) { library(id: $id) { id } }": "library",
    "query($id: ID!) { collection(id: $id) { id } }": "collection",
    "query($id: ID!) { node(id: $id) { id } }": "movie",
    "query($id: ID!) { nodes(ids: [$id]) { id } }": "genre",
    "query($id: ID!) { show(id: $id) { id } }": "show",
    "query($id: ID!) { season(id: $id) { id } }": "season",
    "query($id: ID!) { episode(id: $id) { id } }": "episode",
    "query($id: ID!) { episodes(showId: $id) { totalCount nodes { id } } }": "show",
    "query($id: ID!) { episodes(seasonId: $id) { totalCount nodes { id } } }": "season",
    "query($id: ID!) { shows(filter: {networkIds: [$id]}) { totalCount } }": "network",
    "query($id: ID!) { recentlyAddedShows(libraryIds: [$id]) { totalCount } }": "library",
    "query($id: ID!) { movies(filter: {libraryIds: [$id]}) { totalCount } }": "library",
    "query($id: ID!) { movies(filter: {genreIds: [$id]}) { totalCount nodes { id } } }": "genre",
    "query($id: ID!) { movies(filter: {collectionId: $id}) { totalCount } }": "collection",
    "query($id: ID!) { recentlyAdded(libraryIds: [$id]) { totalCount nodes { id } } }": "library",
    "query($id: ID!) { scans(libraryId: $id) { totalCount nodes { id } } }": "library",
    "mutation($id: ID!) { updateProgress(id: $id, position: 1) { position } }": "movie",
    "mutation($id: ID!) { removeProgress(id: $id) { progress { position } } }": "movie",
    "mutation($id: ID!) { markWatched(id: $id) { id } }": "movie",
    "mutation($id: ID!) { markUnwatched(id: $id) { id } }": "movie",
    "mutation($id: ID!) { scanLibrary(libraryId: $id) { id } }": "library",
    "mutation($id: ID!) { cancelScan(id: $id) { id } }": "scan",
}


@pytest.mark.parametrize("document", IDS, ids=lambda d: d.split("{")[1].split("(")[0].strip())
async def test_missing_and_forbidden_look_the_same(document: str, api: Api, world: World) -> None:
    """To somebody who may use the field, and nothing is written."""
    kind = IDS[document]
    hidden = {
        "movie": world.hidden.movies[0],
        "library": world.hidden.id,
        "collection": world.hidden.collections["Hidden Saga"],
        "genre": world.hidden.genres["Hidden Genre"],
        "show": world.hidden_shows[0].id,
        "season": world.hidden_shows[0].seasons[1],
        "episode": world.hidden_shows[0].episodes[1, 1],
        "network": world.hidden_shows[0].networks["Hidden Network"],
        "scan": await world.shelves.scan(world.hidden, ScanState.PENDING),
    }[kind]
    before = await fingerprint(world)
    answers = [
        await api.send(document, {"id": encode_id(kind, i)}, world.moderator)
        for i in (hidden, new_id())
    ]
    told = [orjson.dumps(a).decode() for a in answers]
    assert told[0] == told[1]
    assert hidden.hex not in told[0]
    assert await fingerprint(world) == before


async def test_progress_reaches_only_twins_one_may_see(api: Api, world: World) -> None:
    """The twin in the other library keeps what it had."""
    await api.run(
        "mutation($id: ID!) { markWatched(id: $id) { id } }", world.alice, id=world.movie("Twin")
    )
    rows = await world.app.db.records(
        text("select item_id, completed from watch_progress where user_id = :u"),
        {"u": world.alice.id},
    )
    movies = {*world.open.movies, *world.hidden.movies}
    done = {row["item_id"] for row in rows if row["completed"]} & movies
    assert done == {world.movie_id("Twin")}
    await world.app.rbac.grant(SYSTEM, world.alice.id, world.hidden.id)
    await api.run(
        "mutation($id: ID!) { markWatched(id: $id) { id } }", world.alice, id=world.movie("Twin")
    )
    data = await api.run(MOVIES, world.alice, filter={"watched": True})
    assert {m["title"] for m in data["movies"]["nodes"]} == {"Twin", "Hidden Twin"}


async def test_similar_shows_only_what_is_visible(api: Api, world: World) -> None:
    query = "query($id: ID!) { movie(id: $id) { similar(first: 50) { title } } }"
    shown = {}
    for somebody in (world.alice, world.admin, world.child):
        data = await api.run(query, somebody, id=world.movie("Open Two"))
        shown[somebody.username] = {m["title"] for m in data["movie"]["similar"]}
    assert "Hidden Two" in shown[world.admin.username]
    assert shown[world.alice.username] == {"Open One", "Twin", ADULT, UNRATED}
    assert not shown[world.child.username] & {ADULT, UNRATED, "Hidden Two"}


async def test_what_is_hidden_takes_no_place_among_the_similar(api: Api, world: World) -> None:
    """The nearest film of all is one that alice may not see: she gets the next one."""
    query = "query($id: ID!) { movie(id: $id) { similar(first: 1) { title } } }"
    movie = world.movie("Open Two")
    nearest = await api.run(query, world.admin, id=movie)
    assert nearest["movie"]["similar"] == [{"title": "Hidden Two"}]
    assert len((await api.run(query, world.alice, id=movie))["movie"]["similar"]) == 1


async def test_grants_take_effect_on_the_next_request(api: Api, world: World) -> None:
    """Also on lists that were cached, in this process and in Redis, for both of them."""

    async def titles(who: Somebody) -> set[str]:
        data = await api.run(MOVIES, who)
        assert data["movies"]["totalCount"] == len(data["movies"]["nodes"])
        return {m["title"] for m in data["movies"]["nodes"]}

    hidden = {film.title for film in HIDDEN_FILMS}
    shown = {film.title for film in OPEN_FILMS}
    grant = "mutation($l: ID!, $u: ID!) { grantLibrary(libraryId: $l, userId: $u) { grantedAt } }"
    revoke = "mutation($l: ID!, $u: ID!) { revokeLibrary(libraryId: $l, userId: $u) { grantedAt } }"
    both = {"l": world.open.ref, "u": world.bob.ref}
    for _ in range(3):
        assert await titles(world.bob) == hidden
        await api.run(grant, world.admin, **both)
        assert await titles(world.bob) == hidden | shown
        await api.run(revoke, world.admin, **both)
        node = "query($id: ID!) { node(id: $id) { id } }"
        assert (await api.run(node, world.bob, id=world.movie("Open One")))["node"] is None
        assert (await api.run("{ libraries { totalCount } }", world.bob))["libraries"] == {
            "totalCount": 1
        }
    assert await titles(world.alice) == shown


async def test_a_grant_names_its_user_and_library(api: Api, world: World) -> None:
    """Given twice it is the same one; taken away, it is answered once more."""
    shown = "{ user { username } library { name } grantedAt }"
    both = {"l": world.open.ref, "u": world.bob.ref}
    answers = [
        await api.run(
            f"mutation($l: ID!, $u: ID!) {{ grant: {name}(libraryId: $l, userId: $u) {shown} }}",
            world.admin,
            **both,
        )
        for name in ("grantLibrary", "grantLibrary", "revokeLibrary")
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["grant"]["user"] == {"username": world.bob.username}
    assert answers[0]["grant"]["library"] == {"name": "Open"}


async def test_a_new_movie_appears_at_once_and_only_where_it_may(api: Api, world: World) -> None:
    for somebody in world.everybody:
        await api.run(MOVIES, somebody)
    await world.shelves.fill(world.hidden, [Film("Hidden Three")])
    seen = [s for s in world.everybody if "Three" in str(await api.run(MOVIES, s))]
    assert seen == [world.admin, world.bob]


CHANGES = """subscription($id: ID) { libraryChanged(libraryId: $id) {
  libraryId event added updated removed library { name } } }"""


async def test_changes_of_a_hidden_library_are_not_told(web: WebApp, world: World) -> None:
    """Nor are items above the age limit among those of one's own library."""
    heard: dict[str, list[Any]] = {"alice": [], "child": [], "admin": []}

    async def listen(name: str) -> None:
        async for answer in follow(web, world, getattr(world, name), CHANGES):
            heard[name].append(answer["data"]["libraryChanged"])

    tasks = [asyncio.create_task(listen(name)) for name in heard]
    await asyncio.sleep(0.3)
    both = (*world.open.movies, *world.hidden.movies)
    async with world.app.db.write(SYSTEM) as tx:
        for shelf in (world.hidden, world.open):
            tx.emit(LibraryChanged(library_id=shelf.id, added=both, updated=both))
    async with asyncio.timeout(5):
        while not (heard["alice"] and heard["child"] and len(heard["admin"]) == 2):
            await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(heard["alice"]) == len(heard["child"]) == 1
    assert heard["alice"][0]["libraryId"] == world.open.ref
    assert heard["alice"][0]["added"] == world.open.movie_refs
    assert heard["child"][0]["updated"] == world.open.movie_refs[:3]
    assert len(heard["admin"][0]["added"]) == 8


async def test_following_a_hidden_scan_is_like_following_none(web: WebApp, world: World) -> None:
    query = "subscription($id: ID!) { scanProgress(libraryId: $id) { id } }"
    told = []
    for library in (world.hidden.ref, encode_id("library", new_id())):
        told += [answer async for answer in follow(web, world, world.alice, query, id=library)]
    assert len(told) == 2
    assert told[0] == told[1]
    assert told[0]["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_revoked_library_ends_its_subscription(web: WebApp, world: World) -> None:
    """A stream that runs asks for the rights of the moment, not of its start."""
    gateway = AppGateway(world.app, node_registry())
    viewers = [await gateway.viewer(world.alice.token, NOWHERE)]
    query = "subscription($id: ID!) { scanProgress(libraryId: $id) { state } }"
    request = Request(query, {"id": world.open.ref}, None)
    context = gateway.context(lambda: viewers[-1], origin())
    context.operation = web.executor.prepare(request, viewers[-1])
    stream: Any = await web.executor.subscribe(request, context)
    assert (await anext(stream)).data == {"scanProgress": {"state": "COMPLETED"}}
    await world.app.rbac.revoke(SYSTEM, world.alice.id, world.open.id)
    viewers.append(await gateway.viewer(world.alice.token, NOWHERE))
    await world.app.scanning.start(SYSTEM, world.open.id, ScanKind.FULL)
    with pytest.raises(StopAsyncIteration):
        async with asyncio.timeout(5):
            await anext(stream)


async def test_people_see_themselves_and_moderators_everybody(api: Api, world: World) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    everybody = [somebody.ref for somebody in world.everybody]
    for somebody in world.everybody:
        found = (await api.run(query, somebody, ids=everybody))["nodes"]
        seen = [node["id"] for node in found if node]
        all_ = somebody in (world.admin, world.moderator)
        assert seen == (everybody if all_ else [somebody.ref])
    found = (await api.run(query, None, ids=everybody))["nodes"]
    assert found == [None] * len(everybody)


async def test_progress_is_ones_own(api: Api, world: World) -> None:
    movie = world.movie("Open One")
    await api.run(
        "mutation($id: ID!) { updateProgress(id: $id, position: 77) { position } }",
        world.alice,
        id=movie,
    )
    query = "query($id: ID!) { movie(id: $id) { progress { position } } }"
    other = await world.people.make(BuiltIn.USER, libraries=[world.open.id])
    assert (await api.run(query, world.alice, id=movie))["movie"]["progress"]["position"] == 77
    assert (await api.run(query, other, id=movie))["movie"]["progress"] is None
