"""MyAnimeList's films and shows, from documents in the form of its API reference."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from app.images.domain import ArtworkKind
from app.metadata.domain import ProviderFailed, ProviderRefused, Query, RecordKind
from app.metadata.providers.mal import Mal
from tests.support.outside import response
from tests.support.providers import Library, provider

IMAGES = "https://cdn.myanimelist.net/images/anime"
SHOW: dict[str, Any] = {
    "id": 90210, "title": "Shiokaze no Tou", "mean": 7.62, "num_scoring_users": 41234,
    "main_picture": {"medium": f"{IMAGES}/9/1.jpg", "large": f"{IMAGES}/9/1l.jpg"},
    "alternative_titles": {
        "synonyms": ["Sea Breeze Tower", "STT"], "en": "Tower of the Sea Wind", "ja": "潮風の塔"},
    "start_date": "2017-10", "end_date": "2018-03-25",
    "synopsis": "A keeper wakes.\n\nThe lamp does not.\n\n[Written by nobody]",
    "media_type": "tv", "status": "finished_airing", "nsfw": "white",
    "genres": [{"id": 1, "name": "Adventure"}, {"id": 2, "name": "Mystery"}],
    "num_episodes": 24, "start_season": {"year": 2017, "season": "fall"},
    "source": "light_novel", "average_episode_duration": 1435, "rating": "pg_13",
    "pictures": [{"medium": f"{IMAGES}/9/1.jpg", "large": f"{IMAGES}/9/1l.jpg"},
                 {"medium": f"{IMAGES}/9/2.jpg"},
                 {"medium": "https://evil.example/3.jpg", "large": "http://x/4.jpg"}],
    "studios": [{"id": 44, "name": "Lamp Works"}, {"id": 45, "name": " "}],
    "related_anime": [
        {"node": {"id": 7, "title": "Shiokaze: Prologue", "media_type": "movie"},
         "relation_type": "prequel", "relation_type_formatted": "Prequel"},
        {"node": {"id": 8, "title": "A Song"}, "relation_type": "character"}],
    "recommendations": [
        {"node": {"id": 11, "title": "Misaki", "start_date": "2010"}, "num_recommendations": 12},
        {"node": {"id": 12, "title": "Film", "media_type": "movie"}, "num_recommendations": 3},
        {"node": {"id": -5, "title": "No id"}, "num_recommendations": 1}],
}  # fmt: skip
FILM: dict[str, Any] = {
    "id": 7, "title": "Shiokaze: Prologue", "media_type": "movie", "start_date": "2019-04-05",
    "status": "currently_airing", "average_episode_duration": 5400, "num_episodes": 1,
    "alternative_titles": {"synonyms": [], "en": "", "ja": ""}, "source": "original",
}  # fmt: skip


class Unhurried(Mal):
    """One that nobody waits for."""

    spec = structs.replace(Mal.spec, rate=1000, burst=1000)


@pytest.fixture
def library() -> Library:
    return Library({"/anime/90210": SHOW, "/anime/7": FILM})


@pytest.fixture
async def mal(library: Library) -> AsyncIterator[Mal]:
    async with provider(Unhurried, library, client_id="c" * 32) as (made, _):
        yield made


async def test_a_show(mal: Mal, library: Library) -> None:
    show = await mal.show("90210", ["de", "ja"])
    assert show is not None
    (asked,) = library.requests
    assert asked.headers["x-mal-client-id"] == "c" * 32
    assert set(asked.params) == {"fields"}
    assert "recommendations{media_type,start_date}" in asked.params["fields"]
    assert show.ids == {"mal": "90210"}
    assert (show.title, show.language) == ("Tower of the Sea Wind", "en")
    assert show.original_title == "潮風の塔"
    assert show.alternative_titles == ("Shiokaze no Tou", "潮風の塔", "Sea Breeze Tower", "STT")
    assert [(t.language, t.title, t.overview) for t in show.texts] == [("ja", "潮風の塔", None)]
    assert show.overview == "A keeper wakes.\nThe lamp does not.\n[Written by nobody]"
    assert (show.release_date, show.year) == (None, 2017), "a month is no day"
    assert show.last_air_date == date(2018, 3, 25)
    assert (show.runtime, show.episode_count, show.status) == (1435, 24, "Ended")
    assert show.anime
    assert [(s.number, s.ids, s.episode_count) for s in show.seasons] == [
        (1, {"mal": "90210"}, 24),
    ]
    assert show.genres == ("Adventure", "Mystery")
    assert show.keywords == ("based on light novel",)
    assert show.certifications == {"US": "PG-13"}
    assert [(s.name, s.ids) for s in show.studios] == [("Lamp Works", {"mal": "44"})]
    assert [(r.source, r.value, r.votes) for r in show.ratings] == [("mal", 7.62, 41234)]
    assert [(p.kind, p.url) for p in show.pictures] == [
        (ArtworkKind.POSTER, f"{IMAGES}/9/1l.jpg"),
        (ArtworkKind.POSTER, f"{IMAGES}/9/2.jpg"),
    ]
    assert [(h.kind, h.id) for h in show.similar] == [(RecordKind.MOVIE, "7")]
    assert [(h.kind, h.id, h.year) for h in show.recommendations] == [
        (RecordKind.SHOW, "11", 2010),
        (RecordKind.MOVIE, "12", None),
    ]


async def test_a_film_is_no_show(mal: Mal) -> None:
    film = await mal.movie("7", ["en"])
    assert film is not None
    assert (film.title, film.original_title) == ("Shiokaze: Prologue", None)
    assert (film.release_date, film.runtime) == (date(2019, 4, 5), 5400)
    assert (film.status, film.keywords, film.alternative_titles) == ("Released", (), ())
    assert [(t.language, t.title) for t in film.texts] == [("en", "Shiokaze: Prologue")]
    assert await mal.show("7", ["en"]) is None
    assert await mal.movie("90210", ["en"]) is None


async def test_searches(mal: Mal, library: Library) -> None:
    library.documents["/anime"] = {
        "data": [{"node": node} for node in (
            {**SHOW, "start_date": "2017"},
            FILM,
            {**SHOW, "id": 3, "nsfw": "black"},
            {**SHOW, "id": 4, "title": "", "alternative_titles": None},
            {"id": 5, "title": "Bare", "media_type": None},
        )],
        "paging": {"next": "https://api.myanimelist.net/v2/anime?offset=40"},
    }  # fmt: skip
    shows = await mal.search_shows(Query(title="  tower & " + "w" * 80))
    assert [(h.id, h.title, h.year, h.votes) for h in shows] == [
        ("90210", "Tower of the Sea Wind", 2017, 41234),
        ("5", "Bare", None, None),
    ]
    assert shows[0].picture == f"{IMAGES}/9/1l.jpg"
    asked = library.requests[-1].params
    assert asked["q"] == "tower & " + "w" * 56, "it takes no longer ones"
    assert (asked["limit"], asked["nsfw"]) == ("40", "true")
    assert [h.id for h in await mal.search_movies(Query(title="tower & " + "w" * 56))] == ["7"]
    assert len(library.requests) == 1, "films and shows are found by one question"
    assert await mal.search_shows(Query(title=" K ")) == ()
    assert len(library.requests) == 1, "it refuses to search for two characters"


async def test_posters_ratings_and_what_is_like_it(mal: Mal, library: Library) -> None:
    ids = {"mal": "90210", "anidb": "5"}
    assert len(await mal.artwork(RecordKind.SHOW, ids)) == 2
    assert [r.votes for r in await mal.ratings(RecordKind.SEASON, ids)] == [41234]
    assert [h.id for h in await mal.recommendations(RecordKind.SHOW, "90210")] == ["11", "12"]
    assert len(library.requests) == 1, "one question answers all three"
    assert await mal.artwork(RecordKind.SHOW, {"anidb": "5"}) == ()
    assert await mal.ratings(RecordKind.PERSON, ids) == ()
    assert await mal.ratings(RecordKind.SHOW, {"mal": "../anime"}) == ()
    assert len(library.requests) == 1


async def test_what_is_not_there_or_not_said(mal: Mal, library: Library) -> None:
    assert await mal.show("5", ["en"]) is None
    nothing = dict.fromkeys(SHOW)
    library.documents["/anime/6"] = {**nothing, "id": 6, "title": "Bare"}
    show = await mal.show("6", ["en"])
    assert show is not None
    assert (show.title, show.year, show.ratings, show.pictures) == ("Bare", None, (), ())
    library.documents["/anime"] = {"data": None}
    assert await mal.search_shows(Query(title="bare")) == ()


async def test_as_many_as_there_are(mal: Mal, library: Library) -> None:
    edges = [{"node": {"id": n, "title": "T" * 2000}} for n in range(1, 500)]
    library.documents["/anime/6"] = {
        **FILM, "id": 6, "recommendations": edges, "related_anime": edges, "num_episodes": 10**9,
        "average_episode_duration": 10**9, "mean": "nan",
        "alternative_titles": {"synonyms": [str(n) for n in range(500)]},
    }  # fmt: skip
    film = await mal.movie("6", ["en"])
    assert film is not None
    assert (len(film.recommendations), len(film.similar)) == (40, 40)
    assert len(film.recommendations[0].title) == 500
    assert (film.runtime, film.ratings) == (None, ())
    assert len(film.alternative_titles) < 100


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (response(b'{"error":"unauthorized"}', 401), ProviderRefused, "does not accept the key"),
        (response(b'{"error":"forbidden"}', 403), ProviderRefused, "does not accept the key"),
        (response(b'{"error":"bad_request","message":"invalid q"}', 400), ProviderFailed, "400"),
        (response(b'{"id": 1, "mean": []}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"id": 1, "genres": [null]}'), ProviderFailed, "in a form that is not its own"),
        (
            response(b'{"id":1,"related_anime":' + b'[{"node":' * 50_000),
            ProviderFailed,
            "in a form that is not its own",
        ),
    ],
)
async def test_answers_that_cannot_be_used(
    mal: Mal, library: Library, answer: bytes, error: type[ProviderFailed], says: str
) -> None:
    library.documents["/anime/1"] = answer
    with pytest.raises(error, match=says) as failed:
        await mal.show("1", ["en"])
    assert failed.value.provider == "mal"
    assert "c" * 32 not in failed.value.message
