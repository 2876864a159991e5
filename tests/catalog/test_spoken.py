"""Everybody reads what there is in their language: by both executors, over HTTP and websockets."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import EVERYTHING, NOTHING, SYSTEM
from app.core.errors import Code
from app.core.ids import encode_id
from app.gql.execution import Request
from app.items.domain import ItemId
from app.libraries.domain import LibraryInput
from app.main import WebApp
from tests.apikeys.keys import mint, user_of
from tests.catalog.spoken import AWAY, Reader, Stage, say
from tests.conftest import make_config, wait_until
from tests.support.people import People
from tests.support.sockets import connected
from tests.support.statements import caused

MOVIE = "query($id: ID!) { movie(id: $id) { title overview tagline } }"
TITLE = "query($id: ID!) { movie(id: $id) { title } }"
OWN = {"title": "Spirited Away", "overview": "About Spirited Away.", "tagline": None}
GERMAN = {"title": "Chihiros Reise", "overview": "Ein Mädchen.", "tagline": "Ins Zauberland"}


@pytest.fixture
async def stage(app: Container, people: People) -> Stage:
    return await Stage.make(app, people)


@pytest.fixture(params=["compiled", "reference"])
async def reader(app: Container, request: pytest.FixtureRequest) -> AsyncIterator[Reader]:
    """Over each of the executors."""
    how = {"compiled": request.param == "compiled"}
    config = app.config.model_copy(update={"graphql": app.config.graphql.model_copy(update=how)})
    made = Reader(WebApp(config, app))
    yield made
    await made.http.aclose()


async def title(reader: Reader, stage: Stage, accepted: str = "", index: int = 0) -> str:
    data = await reader.read(TITLE, stage.alice, accepted, id=stage.shelf.movie_refs[index])
    return str(data["movie"]["title"])


# -- which language it is


async def test_nobody_who_asks_for_none_sees_another(reader: Reader, stage: Stage) -> None:
    for _ in range(3):
        [movie] = (await reader.read(MOVIE, stage.alice, id=stage.shelf.movie_refs[0])).values()
        assert movie == OWN


@pytest.mark.parametrize(
    ("accepted", "shown"),
    [
        ("de", "Chihiros Reise"),
        ("de-CH, en;q=0.5", "Chihiros Reise"),
        ("en;q=0.5, de;q=0.9", "Chihiros Reise"),
        ("fr;q=0.1, en;q=0.2", "Spirited Away"),
        ("sv, fr;q=0.3", "Le Voyage de Chihiro"),
        ("pt", "A Viagem de Chihiro"),
        ("pt-PT", "A Viagem de Chihiro"),
        ("de;q=0, fr", "Le Voyage de Chihiro"),
        ("sv", "Spirited Away"),  # none that the server has
        ("ja", "Spirited Away"),  # nor this one, though there is such a title
        ("*", "Spirited Away"),
        ("\x7f, ;;q=,", "Spirited Away"),
    ],
)
async def test_what_a_program_accepts(
    reader: Reader, stage: Stage, accepted: str, shown: str
) -> None:
    assert await title(reader, stage, accepted) == shown


async def test_each_text_is_found_for_itself(reader: Reader, stage: Stage) -> None:
    """A title is there in French; the overview is the library's, and a tagline only German."""
    [movie] = (await reader.read(MOVIE, stage.alice, "fr", id=stage.shelf.movie_refs[0])).values()
    assert movie == {**OWN, "title": "Le Voyage de Chihiro", "tagline": "Ins Zauberland"}


async def test_the_original_title_is_not_for_who_reads_english(
    reader: Reader, stage: Stage
) -> None:
    """As it was for the predecessor's readers."""
    assert await title(reader, stage, index=1) == "Tonari no Totoro"
    assert await title(reader, stage, "en", index=1) == "My Neighbour Totoro"
    assert await title(reader, stage, "fr", index=1) == "My Neighbour Totoro"  # the library's
    assert await title(reader, stage, "en", index=0) == "Spirited Away"


async def test_the_preference_comes_before_what_a_program_accepts(
    reader: Reader, stage: Stage
) -> None:
    assert await title(reader, stage, "de") == "Chihiros Reise"
    await stage.prefer("fr")
    assert await title(reader, stage, "de") == "Le Voyage de Chihiro"
    assert await title(reader, stage) == "Le Voyage de Chihiro"
    await stage.prefer("sv")  # none that the server has
    assert await title(reader, stage, "de") == "Chihiros Reise"
    await stage.prefer(None)
    assert await title(reader, stage) == "Spirited Away"


async def test_a_key_reads_what_its_owner_prefers(
    reader: Reader, stage: Stage, people: People
) -> None:
    program = user_of(await mint(stage.app, people, stage.alice))
    movie = stage.shelf.movie_refs[0]
    assert (await reader.read(TITLE, program, "de", id=movie))["movie"]["title"] == GERMAN["title"]
    await stage.prefer("fr")
    data = await reader.read(TITLE, program, "de", id=movie)
    assert data["movie"]["title"] == "Le Voyage de Chihiro"


async def test_the_language_of_a_library_counts_at_once(reader: Reader, stage: Stage) -> None:
    """What is kept of its content is put together anew."""
    movie = stage.shelf.movies[1]
    await say(stage.app, movie, {"en": {"title": "In English"}, "fr": {"title": "En français"}})
    assert await title(reader, stage, "pt-BR", index=1) == "Tonari no Totoro"
    await say(
        stage.app,
        movie,
        {"en": {"title": "In English"}, "fr": {"title": "En français"}},
        language="ja",
    )
    assert await title(reader, stage, "pt-BR", index=1) == "In English"
    await stage.app.libraries.update(SYSTEM, stage.shelf.id, LibraryInput(language="fr"))
    assert await title(reader, stage, "pt-BR", index=1) == "En français"


# -- where it is shown

EVERYWHERE = """query($movie: ID!, $show: ID!, $season: ID!, $episode: ID!, $saga: ID!,
  $genre: ID!) {
  movies { nodes { title collection { name overview } genres { name } similar { title } } }
  collections { nodes { name overview } } collection(id: $saga) { name }
  genres { nodes { name } } shows { nodes { title overview seasons { title } nextEpisode { title }
    episodes { title season { title show { title } } } } }
  node(id: $movie) { ... on MediaItem { title } } nodes(ids: [$saga, $genre]) {
    ... on Collection { name } ... on Genre { name } }
  show(id: $show) { title } season(id: $season) { title episodes { title } }
  episode(id: $episode) { title next { title } previous { title } show { title } }
  episodes { nodes { title } } recentlyAdded { nodes { __typename title } }
  continueWatching { nodes { title } } nextUp { nodes { title } }
  watchHistory { nodes { title } } recentEpisodes { nodes { title } } }"""


def refs(stage: Stage) -> dict[str, str]:
    return {
        "movie": stage.shelf.movie_refs[0],
        "show": stage.show.ref,
        "season": stage.show.season(1),
        "episode": stage.show.episode(1, 1),
        "saga": encode_id("collection", stage.shelf.collections["Saga"]),
        "genre": encode_id("genre", stage.shelf.genres["Drama"]),
    }


async def test_it_is_shown_wherever_it_stands(reader: Reader, stage: Stage) -> None:
    for _ in range(3):  # the third may be put together of what was kept
        found = await reader.read(EVERYWHERE, stage.alice, "de", **refs(stage))
        movies = found["movies"]["nodes"]
        assert [m["title"] for m in movies] == ["Plain", "Chihiros Reise", "Mein Nachbar Totoro"]
        assert movies[1]["collection"] == {"name": "Reihe", "overview": "Filme."}
        assert movies[1]["genres"] == [{"name": "Schauspiel"}]
        assert {"title": "Mein Nachbar Totoro"} in movies[1]["similar"]
        assert found["collections"]["nodes"] == [
            {"name": "Other", "overview": None},
            {"name": "Reihe", "overview": "Filme."},
        ]
        assert found["genres"]["nodes"] == [{"name": "Schauspiel"}, {"name": "Western"}]
        assert found["collection"] == {"name": "Reihe"}
        assert found["nodes"] == [{"name": "Reihe"}, {"name": "Schauspiel"}]
        assert found["node"] == {"title": "Chihiros Reise"}
        [show] = found["shows"]["nodes"]
        assert (show["title"], show["overview"]) == ("Titel", "Inhalt")
        assert show["seasons"] == [{"title": "Titel"}] * 2
        inner = {"title": "Titel", "show": {"title": "Titel"}}
        assert show["episodes"] == [{"title": "Titel", "season": inner}] * 3
        assert show["nextEpisode"] == found["show"] == {"title": "Titel"}
        assert found["season"] == {"title": "Titel", "episodes": [{"title": "Titel"}] * 2}
        assert found["episode"]["next"] == found["episode"]["show"] == {"title": "Titel"}
        assert found["nextUp"]["nodes"] == [{"title": "Titel"}]
        shown = found["recentlyAdded"]["nodes"]
        assert {m["title"] for m in shown if m["__typename"] == "Episode"} == {"Titel"}
        assert {"Plain", "Chihiros Reise"} <= {m["title"] for m in shown}
        assert found["continueWatching"]["nodes"] == [{"title": "Chihiros Reise"}]
        history = [{"title": "Titel"}, {"title": "Chihiros Reise"}]
        assert sorted(found["watchHistory"]["nodes"], key=str) == sorted(history, key=str)


async def test_nothing_of_it_is_shown_to_others(reader: Reader, stage: Stage) -> None:
    """However often it was asked for in German."""
    for accepted in ("de", "", "fr", "de", "", "fr", "de", "", "fr"):
        shown = await reader.read(EVERYWHERE, stage.alice, accepted, **refs(stage))
        titles = {"de": "Chihiros Reise", "": "Spirited Away", "fr": "Le Voyage de Chihiro"}
        assert shown["node"]["title"] == titles[accepted]
        german = "Schauspiel" in str(shown) or "Reihe" in str(shown) or "Titel" in str(shown)
        assert german == (accepted == "de")


async def test_what_a_mutation_answers(reader: Reader, stage: Stage) -> None:
    asked = "mutation($id: ID!) { markWatched(id: $id) { title } }"
    for accepted, shown in (("de", "Chihiros Reise"), ("", "Spirited Away")):
        found = await reader.read(asked, stage.alice, accepted, id=stage.shelf.movie_refs[0])
        assert found == {"markWatched": {"title": shown}}


async def test_lists_are_in_the_order_of_the_librarys_titles(reader: Reader, stage: Stage) -> None:
    found = await reader.read("{ movies { nodes { id } } }", stage.alice, "de")
    assert found == await reader.read("{ movies { nodes { id } } }", stage.alice)


# -- title(language:)

IN = """query($id: ID!, $l: String) { node(id: $id) { ... on MediaItem {
  plain: title asked: title(language: $l) } } }"""


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("de", "Chihiros Reise"),
        ("DE_at", "Chihiros Reise"),
        ("pt-PT", "A Viagem de Chihiro"),
        ("ja", "千と千尋の神隠し"),
        ("ko", "Spirited Away"),
        ("en", "Spirited Away"),
        (None, "Le Voyage de Chihiro"),
    ],
)
async def test_a_title_in_any_language(
    reader: Reader, stage: Stage, language: str | None, shown: str
) -> None:
    """Whether the server has it or not; nobody else's is changed by it."""
    for _ in range(3):
        [both] = (
            await reader.read(IN, stage.alice, "fr", id=stage.shelf.movie_refs[0], l=language)
        ).values()
        assert both == {"plain": "Le Voyage de Chihiro", "asked": shown}


async def test_several_languages_at_once(reader: Reader, stage: Stage) -> None:
    asked = """{ movies { nodes { own: title de: title(language: "de") fr: title(language: "fr")
      null: title(language: null) about: overview(language: "de") line: tagline(language: "de") } }
      shows { nodes { title(language: "de") overview(language: "de")
        seasons { en: title(language: "en") de: title(language: "de") overview(language: "de") }
        episodes(first: 1) { title(language: "de") overview(language: "de") } } } }"""
    found = await reader.read(asked, stage.alice)
    plain, away, _ = found["movies"]["nodes"]
    assert away == {
        "own": "Spirited Away",
        "de": "Chihiros Reise",
        "fr": "Le Voyage de Chihiro",
        "null": "Spirited Away",
        "about": "Ein Mädchen.",
        "line": "Ins Zauberland",
    }
    assert {plain[name] for name in ("own", "de", "fr", "null")} == {"Plain"}
    [show] = found["shows"]["nodes"]
    assert (show["title"], show["overview"]) == ("Titel", "Inhalt")
    first, specials = show["seasons"]
    assert first == {"en": "Season 1", "de": "Titel", "overview": "Inhalt"}
    assert specials["en"] == "Specials"
    assert show["episodes"] == [{"title": "Titel", "overview": "Inhalt"}]


@pytest.mark.parametrize("language", ["", "german", "xx", "de-" + "x" * 40, "\u202e", "de; drop"])
async def test_what_is_no_language_is_told(reader: Reader, stage: Stage, language: str) -> None:
    answer = await reader.send(IN, stage.alice, id=stage.shelf.movie_refs[0], l=language)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == Code.INVALID
    assert error["extensions"]["field"] == "language"
    assert error["path"] == ["node", "asked"]


async def test_a_text_in_another_language_is_dearer(stage: Stage) -> None:
    executor = WebApp(stage.app.config, stage.app).executor
    costs = []
    for asked in ("", '(language: "de")'):
        selected = " ".join(f"a{n}: title{asked}" for n in range(5))
        query = f"{{ movies(first: 10) {{ nodes {{ {selected} }} }} }}"
        costs.append(executor.prepare(Request(query, {}, None), SYSTEM).totals.cost)
    assert costs[1] - costs[0] == 10 * 5


# -- what it costs


async def statements(stage: Stage, reader: Reader, query: str, accepted: str) -> int:
    """How many statements an operation is, with nothing in the caches."""
    app = stage.app
    await wait_until(lambda: app.live.healthy)
    await reader.read("{ viewer { permissions } }", stage.alice)
    await app.cache.settle()
    app.cache.gap()
    await app.redis.client.flushdb()
    seen: list[str] = []
    app.db.statements = caused(seen)
    try:
        await reader.read(query, stage.alice, accepted)
    finally:
        app.db.statements = None
    return len(seen)


LISTED = """{ movies(first: %d) { nodes { title overview collection { name } genres { name }
  similar { title } } } shows { nodes { title seasons { title } episodes { title } } } }"""
TOLD = """{ movies(first: %d) { nodes { de: title(language: "de") fr: title(language: "fr")
  overview(language: "de") } } }"""


async def test_a_language_costs_no_statement(reader: Reader, stage: Stage) -> None:
    plain = await statements(stage, reader, LISTED % 50, "")
    assert await statements(stage, reader, LISTED % 50, "de") == plain


async def test_texts_are_read_for_all_at_once(reader: Reader, stage: Stage) -> None:
    few = await statements(stage, reader, TOLD % 1, "")
    assert await statements(stage, reader, TOLD % 50, "") == few
    assert few == 3  # the list, the films, and all that is said of them


# -- who may see it


async def test_texts_of_what_one_may_not_see(stage: Stage) -> None:
    catalog, ids = stage.app.catalog_repository, [ItemId(i) for i in stage.shelf.movies]
    assert await catalog.tellings_of(NOTHING, ids) == {}
    seen = await catalog.tellings_of(EVERYTHING, ids)
    assert seen[ids[0]].texts == AWAY
    assert (seen[ids[0]].library_language, seen[ids[0]].original_language) == ("en", "ja")
    movies = stage.app.movie_repository
    assert await movies.by_ids(NOTHING, stage.shelf.movies, "de") == {}


# -- other processes, and websockets


async def test_a_change_of_the_preference_is_heard_elsewhere(
    app: Container, stage: Stage, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """By NOTIFY, also where the viewer is kept and whole answers are; and so is what makes a
    language one of the server's.
    """
    await app.settings.reset(SYSTEM, "metadata.languages")
    other = Container(make_config(database_url, redis_url, tmp_path))
    await other.open()
    reader = Reader(WebApp(other.config, other))
    try:
        await wait_until(lambda: other.live.healthy and other.listener.healthy)
        assert other.languages.fetched() == ("en",)
        for _ in range(4):
            assert await title(reader, stage) == "Spirited Away"
        await stage.prefer("de")
        assert app.languages.fetched() == ("en", "de")  # here at once
        await wait_until(lambda: other.languages.fetched() == ("en", "de"), timeout=5)
        for _ in range(4):
            assert await title(reader, stage, "fr") == "Chihiros Reise"
        await app.libraries.update(SYSTEM, stage.shelf.id, LibraryInput(language="fr"))
        await wait_until(lambda: other.languages.fetched() == ("fr", "de"), timeout=5)
    finally:
        await reader.http.aclose()
        await other.close()


async def test_a_websocket_reads_what_its_handshake_accepts(
    app: Container, stage: Stage, web: WebApp
) -> None:
    headers = {"accept-language": "de-AT, en;q=0.5"}
    async with connected(web.asgi(), headers) as socket:
        await socket.init(stage.alice.authorization)

        async def shown(name: str) -> Any:
            socket.subscribe(name, TITLE, id=stage.shelf.movie_refs[0])
            frame = await socket.receive()
            assert (await socket.receive())["type"] == "complete"
            return frame["payload"]["data"]["movie"]["title"]

        assert await shown("1") == "Chihiros Reise"
        await stage.prefer("fr")
        names = iter(range(2, 1000))

        async def french() -> bool:
            return bool(await shown(str(next(names))) == "Le Voyage de Chihiro")

        for _ in range(100):  # its viewer is asked for anew
            if await french():
                break
        else:
            raise AssertionError("the socket never heard of it")


# -- the languages of the server


async def test_the_languages_of_the_server(app: Container, people: People) -> None:
    stage = await Stage.make(app, people)
    assert app.languages.fetched() == ("en", "de", "fr", "pt-BR")
    await app.settings.reset(SYSTEM, "metadata.languages")
    assert app.languages.fetched() == ("en",)
    await stage.prefer("de")
    for language in ("ko", "fr", "ko"):
        somebody = await people.viewer(await people.make())
        await app.user_settings.prefer(somebody, {"metadata_language": language})
    assert app.languages.fetched() == ("en", "ko", "de", "fr")  # of most users first
    for language in ("it", "es", "sv", "da", "fi", "pl", "cs", "hu"):
        somebody = await people.viewer(await people.make())
        await app.user_settings.prefer(somebody, {"metadata_language": language})
    assert len(app.languages.fetched()) == 10
    await app.settings.update(SYSTEM, "metadata.languages", "DE, pt_br")
    assert app.languages.fetched() == ("de", "pt-BR")


async def test_other_preferences_change_nothing_of_it(app: Container, stage: Stage) -> None:
    """Nor do they drop the viewer that is kept."""
    await app.principals.viewer(stage.alice.token)
    kept = app.principals._generation
    await app.user_settings.prefer(await stage.people.viewer(stage.alice), {"digest": False})
    assert app.principals._generation == kept


async def test_a_preference_of_another_version_of_the_server(
    reader: Reader, app: Container, stage: Stage
) -> None:
    """Whatever its value is, its user can sign in."""
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(
                "insert into user_settings (user_id, key, value)"
                " values (:id, 'content.metadata_language', '{\"a\": [1]}')"
            ),
            {"id": stage.alice.id},
        )
    app.principals.forget(stage.alice.id)
    await app.settings.read()
    assert await title(reader, stage, "de") == "Chihiros Reise"
