"""Everybody reads what there is in their language, wherever it stands: by both executors."""

import pytest

from app.core.access import EVERYTHING, NOTHING, SYSTEM
from app.core.ids import encode_id
from app.items.domain import ItemId
from app.libraries.domain import LibraryInput
from tests.apikeys.keys import mint, user_of
from tests.catalog.spoken import AWAY, TITLE, Reader, Stage, say, title
from tests.support.people import People

MOVIE = "query($id: ID!) { movie(id: $id) { title overview tagline } }"
OWN = {"title": "Spirited Away", "overview": "About Spirited Away.", "tagline": None}
GERMAN = {"title": "Chihiros Reise", "overview": "Ein Mädchen.", "tagline": "Ins Zauberland"}


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


# -- who may see it


async def test_texts_of_what_one_may_not_see(stage: Stage) -> None:
    catalog, ids = stage.app.catalog_repository, [ItemId(i) for i in stage.shelf.movies]
    assert await catalog.tellings_of(NOTHING, ids) == {}
    seen = await catalog.tellings_of(EVERYTHING, ids)
    assert seen[ids[0]].texts == AWAY
    assert (seen[ids[0]].library_language, seen[ids[0]].original_language) == ("en", "ja")
    movies = stage.app.movie_repository
    assert await movies.by_ids(NOTHING, stage.shelf.movies, "de") == {}
