"""Object by object: what is in a library one may not see, or above one's age, is nowhere."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import orjson
import pytest

from app.container import Container
from app.core.ids import encode_id, new_id
from app.libraries.domain import ScanState
from app.main import WebApp
from app.schema import build_schema
from tests.access_stage import fingerprint
from tests.gql.operations import Selections, operation, root_fields
from tests.gql.world import ADULT, OPEN_FILMS, UNRATED, World
from tests.support.api import Api
from tests.support.people import Somebody
from tests.support.series import Made

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
    "Query.metadataProviders",  # what others know, and nothing that is here
    "Query.metadataSearch",
    "Query.metadataItem",
    "Query.zeroResultQueries",  # what was asked, not what there is
    "Query.unidentified",  # the same, in tests/enrichment
    "Query.unmatched",  # for those who scan; a hidden library is asked in tests/matching
}


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
    ids += [i for name, i in shelf.people.items() if "Hidden" in name]
    ids += [show.networks["Hidden Network"] for show in world.hidden_shows]
    return ["Hidden", *(i.hex for i in ids)]


def adult_marks(world: World) -> list[str]:
    """Texts that are above a child's age."""
    at = [n for n, film in enumerate(OPEN_FILMS) if film.title in (ADULT, UNRATED)]
    ids: list[UUID] = [world.open.movies[n] for n in at]
    ids += [world.open.files[n] for n in at]
    ids += [world.open.genres["Adult Genre"], world.open.collections["Adult Saga"]]
    ids.append(world.open.people["Adult Actor"])
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
    actor = world.person("Hidden Actor")
    shared = [world.person(name) for name in ("Ann Actor", "Dan Director")]
    nodes = [
        *movies,
        *show.refs,
        actor,
        *shared,
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
        "Query.person": [{"id": i} for i in (actor, *shared)],
        "Query.people": people("hidden"),
        **searches("hidden", library),
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


def people(word: str) -> list[dict[str, Any]]:
    """Every way to look for people, by this word or any."""
    return [{}, {"sort": "POPULARITY"}, {"search": word}, {"search": word, "sort": "POPULARITY"}]


def searches(word: str, library: str) -> dict[str, list[dict[str, Any]]]:
    """Ways to search: by the word, a beginning, a typo, in a library, and only counting."""
    within = {"filter": {"libraryIds": [library]}}
    asked = (word, word[:3], word[:-1] + "x", f'"{word} one"', "drama actor")
    return {
        "Query.search": [{"query": text, **more} for text in asked for more in ({}, within)],
        "Query.searchFacets": [{}, within],
        "Query.autocomplete": [{"prefix": word[:size]} for size in (1, 3, 6)],
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
                world.person("Adult Actor"),
                world.person("Ann Actor"),
                *(encode_id("file", f) for f in shelf.files[3:5]),
            )
        ],
        "Query.nodes": [{"ids": [*adult, *world.shows[1].refs, saga, *shelf.movie_refs]}],
        "Query.library": [{"id": shelf.ref}],
        "Query.movie": [{"id": i} for i in adult],
        "Query.collection": [{"id": saga}],
        "Query.person": [{"id": world.person(name)} for name in ("Adult Actor", "Ann Actor")],
        "Query.people": people("adult"),
        **searches("adult", shelf.ref),
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
  recentlyAddedShows { totalCount } recentEpisodes { totalCount }
  people { totalCount } actors: people(search: "ACT") { totalCount } }"""


@pytest.mark.parametrize(
    ("name", "totals"),
    [
        (
            "admin",
            (8, 5, 4, 2, 2, 14, 10, 7, 3, 6, 3, 2, 3, 6, 9, 5),
        ),  # two of the films are one in two libraries
        ("alice", (5, 4, 3, 1, 1, 9, 7, 5, 2, 4, 2, 2, 2, 4, 7, 4)),
        ("bob", (3, 2, 2, 1, 1, 5, 4, 3, 1, 2, 2, 1, 1, 2, 6, 2)),
        ("child", (3, 3, 2, 1, 1, 6, 4, 3, 1, 3, 1, 2, 1, 3, 6, 3)),
        ("nobody", (0,) * 16),
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
    "query($id: ID!) { person(id: $id) { id } }": "person",
    'mutation($id: ID!) { editPerson(id: $id, input: {name: "X"}) { id } }': "person",
    "mutation($id: ID!) { mergePeople(keepId: $id, mergeIds: [$id]) { id } }": "person",
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
        "person": world.hidden.people["Hidden Actor"],
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
