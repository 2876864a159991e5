"""Simkl's films, shows and anime, from documents in its form (api.simkl.org)."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from app.images.domain import ArtworkKind
from app.metadata.domain import Part, ProviderFailed, ProviderRefused, Query, RecordKind
from app.metadata.providers.simkl import Simkl
from tests.support.outside import response
from tests.support.providers import Library, provider

KEY = "k" * 64
PICTURES = "https://wsrv.nl/?url=https://simkl.in"
MOVIE: dict[str, Any] = {
    "title": "The Long Harbour", "year": 1978, "type": "movie",
    "ids": {"simkl": 4711, "slug": "the-long-harbour", "imdb": "tt0047110", "tmdb": "77",
            "tvdb": "5", "letterslug": "the-long-harbour", "offen": "http://harbour.example"},
    "rank": None, "poster": "81/8169043ddbf07b89", "fanart": "81/817014d41b4e4c26",
    "released": "1978-03-02", "runtime": 101, "director": "Per Holm", "certification": "PG",
    "budget": 900_000, "revenue": None, "overview": "A pilot waits.<br><br>Nobody comes.",
    "genres": ["Drama", "Thriller"], "country": "DE", "language": "DE",
    "alt_titles": [{"name": "Der lange Hafen", "lang": 4, "type": "official"},
                   {"name": "The Long Harbour", "lang": 7, "type": "official"}],
    "ratings": {"simkl": {"rating": 7.8, "votes": 1023}, "imdb": {"rating": 7.6, "votes": 62}},
    "trailers": [{"name": "Trailer", "youtube": "abc123_-", "size": 1080},
                 {"name": None, "youtube": "../watch", "size": None}],
    "users_recommendations": [
        {"title": "Quay", "year": 1980, "poster": None, "type": "movie", "ids": {"simkl": 9}},
        {"title": "Pier", "year": 1981, "type": "tv", "ids": {"simkl": 10}},
        {"title": "Mole", "ids": {"simkl": 11}}],
}  # fmt: skip
SHOW: dict[str, Any] = {
    "title": "Tide Tables", "year": 2011, "type": "show",
    "ids": {"simkl": 300, "slug": "tide-tables", "tvdb": "7777", "imdb": "tt1111111",
            "tmdb": "30", "tvdbslug": "tide-tables"},
    "poster": "57/5742576cd8f59fcb0", "fanart": None, "first_aired": "2011-05-01",
    "last_aired": "2013-06-02", "airs": {"day": "Sunday"}, "runtime": 47,
    "certification": None, "overview": None, "genres": None, "country": "US",
    "total_episodes": 20, "status": "ended", "network": "Channel North", "trailers": None,
    "ratings": {"simkl": {"rating": 9, "votes": 32}},
    "similar": [{"title": "Ebb", "type": "tv", "year": None, "ids": {"simkl": 12}}],
}  # fmt: skip
EPISODES: list[dict[str, Any]] = [
    {"title": "Ebb", "description": "It begins.", "season": 1, "episode": 1, "type": "episode",
     "aired": True, "img": "26/26148581d640c58b8", "date": "2011-05-01T21:00:00-05:00",
     "ids": {"simkl_id": 501}},
    {"title": "Turn", "description": None, "season": 2, "episode": 1, "type": "episode",
     "img": None, "date": None, "ids": {"simkl_id": 601}},
    {"title": "Flood", "season": 1, "episode": 2, "type": "episode", "ids": {"simkl_id": 502}},
    {"title": "The Making", "type": "special", "ids": {"simkl_id": 701}},
    {"title": "The Unmaking", "type": "special", "ids": {"simkl_id": 702}},
    {"title": "Without an id", "season": 1, "episode": 3, "type": "episode", "ids": {}},
]  # fmt: skip
ANIME: dict[str, Any] = {
    "title": "Minato no Uta", "en_title": "Song of the Harbour", "year": 2012, "type": "anime",
    "anime_type": "tv",
    "ids": {"simkl": 800, "mal": "11", "anidb": "85", "anilist": 21, "kitsu": "12",
            "crunchyroll": "minato"},
    "first_aired": "2012-10-02T14:55:00Z", "country": "JP", "network": "NTV",
    "studios": [{"id": 1, "name": "Studio Wave"}], "status": "airing", "total_episodes": 2,
    "ratings": {"simkl": {"rating": 8.9, "votes": 10}, "mal": {"rating": 9.1, "votes": 74,
                                                              "rank": 4}},
    "users_recommendations": [{"title": "Umi", "en_title": "Sea", "year": 2009, "type": "anime",
                               "anime_type": "tv", "users_percent": "23%", "ids": {"simkl": 81}}],
}  # fmt: skip
OF_ANIME: list[dict[str, Any]] = [
    {"title": "One", "episode": 1, "type": "episode", "ids": {"simkl_id": 811}},
    {"title": "Two", "episode": 2, "type": "episode", "ids": {"simkl_id": 812}},
    {"title": "Recap", "episode": 1, "type": "special", "ids": {"simkl_id": 813}},
]  # fmt: skip


@pytest.fixture
def library() -> Library:
    return Library(
        {
            "/movies/4711": MOVIE,
            "/tv/300": SHOW,
            "/tv/episodes/300": EPISODES,
            "/tv/800": b"[]",
            "/anime/800": ANIME,
            "/anime/episodes/800": OF_ANIME,
        }
    )


@pytest.fixture
async def simkl(library: Library) -> AsyncIterator[Simkl]:
    async with provider(Simkl, library, client_id=KEY) as (made, _):
        yield made


async def test_a_film(simkl: Simkl, library: Library) -> None:
    film = await simkl.movie("4711", ["de", "en"])
    assert film is not None
    assert library.paths() == ["/movies/4711"]
    assert film.ids == {"simkl": "4711", "imdb": "tt0047110", "tmdb": "77"}
    assert (film.title, film.language, film.original_language) == ("The Long Harbour", "en", "de")
    assert film.alternative_titles == ("Der lange Hafen",)
    assert film.overview == "A pilot waits.\nNobody comes."
    assert (film.release_date, film.year, film.runtime) == (date(1978, 3, 2), 1978, 101 * 60)
    assert (film.budget, film.revenue, film.countries) == (900_000, None, ("DE",))
    assert film.genres == ("Drama", "Thriller")
    assert film.certifications == {"US": "PG"}
    assert [(c.name, c.part, c.job) for c in film.credits] == [("Per Holm", Part.CREW, "Director")]
    assert [(r.source, r.value, r.votes) for r in film.ratings] == [
        ("simkl", 7.8, 1023),
        ("imdb", 7.6, 62),
    ]
    assert [(p.kind, p.url) for p in film.pictures] == [
        (ArtworkKind.POSTER, f"{PICTURES}/posters/81/8169043ddbf07b89_m.webp&q=90"),
        (ArtworkKind.BACKDROP, f"{PICTURES}/fanart/81/817014d41b4e4c26_medium.webp&q=90"),
    ]
    assert [v.url for v in film.videos] == ["https://www.youtube.com/watch?v=abc123_-"]
    assert [(h.kind, h.id) for h in film.recommendations] == [
        (RecordKind.MOVIE, "9"),
        (RecordKind.MOVIE, "11"),
    ]


async def test_who_asks_says_so_in_a_header(simkl: Simkl, library: Library) -> None:
    await simkl.movie("4711", ["en"])
    await simkl.search_movies(Query(title="harbour"))
    for request in library.requests:
        assert request.headers["simkl-api-key"] == KEY
        assert KEY not in str(request.params)
        assert request.params["app-name"] == "revenge"
        assert request.params["app-version"]


async def test_a_show_and_its_seasons(simkl: Simkl, library: Library) -> None:
    show = await simkl.show("300", ["en"])
    assert show is not None
    assert show.ids == {"simkl": "300", "tvdb": "7777", "imdb": "tt1111111", "tmdb": "30"}
    assert (show.release_date, show.last_air_date) == (date(2011, 5, 1), date(2013, 6, 2))
    assert (show.status, show.episode_count, show.anime) == ("Ended", 20, False)
    assert [n.name for n in show.networks] == ["Channel North"]
    assert (show.overview, show.genres, show.videos) == (None, (), ())
    assert [(s.number, s.episode_count) for s in show.seasons] == [(0, 2), (1, 2), (2, 1)]
    assert len({s.id for s in show.seasons}) == 3
    season = await simkl.season("300", 1, ["en"])
    assert season is not None
    first, second = season.episodes
    assert (first.id, first.season, first.number, first.title) == ("501", 1, 1, "Ebb")
    assert (first.overview, first.release_date) == ("It begins.", date(2011, 5, 1))
    assert [(p.kind, p.url) for p in first.pictures] == [
        (ArtworkKind.THUMB, f"{PICTURES}/episodes/26/26148581d640c58b8_w.webp&q=90"),
    ]
    assert (second.number, second.overview, second.release_date) == (2, None, None)
    assert library.paths() == ["/tv/300", "/tv/episodes/300"], "both were kept"
    assert await simkl.season("300", 3, ["en"]) is None


async def test_specials_of_a_show_are_counted(simkl: Simkl) -> None:
    season = await simkl.season("300", 0, ["en"])
    assert season is not None
    assert [(e.number, e.title) for e in season.episodes] == [
        (1, "The Making"),
        (2, "The Unmaking"),
    ]


async def test_an_anime_is_a_show(simkl: Simkl, library: Library) -> None:
    show = await simkl.show("800", ["en"])
    assert show is not None
    assert library.paths() == ["/tv/800", "/anime/800", "/anime/episodes/800"]
    assert show.ids == {"simkl": "800", "mal": "11", "anidb": "85", "anilist": "21", "kitsu": "12"}
    assert (show.title, show.alternative_titles) == ("Song of the Harbour", ("Minato no Uta",))
    assert show.anime is True
    assert [s.name for s in show.studios] == ["Studio Wave"]
    assert [(r.source, r.value) for r in show.ratings] == [("simkl", 8.9), ("mal", 9.1)]
    assert [(s.number, [e.title for e in s.episodes]) for s in show.seasons] == [
        (0, ["Recap"]),
        (1, ["One", "Two"]),
    ]
    assert await simkl.movie("800", ["en"]) is None
    library.documents["/anime/801"] = {**ANIME, "anime_type": "movie", "ids": {"simkl": 801}}
    film = await simkl.movie("801", ["en"])
    assert film is not None
    assert film.release_date == date(2012, 10, 2)


async def test_searches(simkl: Simkl, library: Library) -> None:
    library.documents["/search/movie"] = [
        {"title": "Quay", "year": 1980, "endpoint_type": "movies", "poster": "30/3002370dbc564e5d8",
         "all_titles": ["Quay", "Kai"], "rank": None, "ids": {"simkl_id": 9, "tmdb": "90"},
         "ratings": {"simkl": {"rating": 8.2, "votes": 86}}},
        {"title": "Quay", "ids": {"simkl_id": 9}},
        {"title": None, "ids": {"simkl_id": 8}},
    ]  # fmt: skip
    library.documents["/search/tv"] = b"null"
    library.documents["/search/anime"] = [
        {"title": "Umi", "title_en": "Sea", "title_romaji": "Umi", "type": "tv",
         "endpoint_type": "anime", "ids": {"simkl_id": 81}},
        {"title": "Umi the Movie", "type": "movie", "year": 2001, "ids": {"simkl_id": 82}},
    ]  # fmt: skip
    hits = await simkl.search_movies(Query(title="Quay & Söhne"))
    assert [(h.kind, h.id, h.title, h.year) for h in hits] == [
        (RecordKind.MOVIE, "9", "Quay", 1980),
        (RecordKind.MOVIE, "82", "Umi the Movie", 2001),
    ]
    assert (hits[0].alternative_titles, hits[0].votes) == (("Kai",), 86)
    assert hits[0].ids == {"simkl": "9", "tmdb": "90"}
    assert hits[0].picture == f"{PICTURES}/posters/30/3002370dbc564e5d8_m.webp&q=90"
    asked = library.requests[0].params
    assert (asked["q"], asked["extended"], asked["limit"]) == ("Quay & Söhne", "full", "40")
    (show,) = await simkl.search_shows(Query(title="Quay & Söhne"))
    assert (show.kind, show.id, show.title) == (RecordKind.SHOW, "81", "Sea")
    assert show.alternative_titles == ("Umi",)
    assert library.paths() == ["/search/movie", "/search/anime", "/search/tv"]


async def test_an_id_of_elsewhere(simkl: Simkl, library: Library) -> None:
    library.documents["/search/id"] = lambda request: (
        [{"type": "movie", "title": "Quay", "ids": {"simkl": 9}},
         {"type": "tv", "title": "Tide Tables", "poster": None, "ids": {"simkl": 300}}]
        if "tmdb" in request.params else []
    )  # fmt: skip
    found = await simkl.find(RecordKind.SHOW, {"tmdb": "30", "imdb": "tt9"})
    assert found is not None
    assert (found.kind, found.id) == (RecordKind.SHOW, "300")
    assert [{k: v for k, v in r.params.items() if "app" not in k} for r in library.requests] == [
        {"imdb": "tt9"},
        {"tmdb": "30", "type": "tv"},
    ]
    assert await simkl.find(RecordKind.MOVIE, {"tvdb": "5"}) is None
    assert await simkl.find(RecordKind.PERSON, {"imdb": "nm1"}) is None
    library.documents["/search/id"] = [
        {"type": "anime", "anime_type": "TV", "title": "Umi", "ids": {"simkl": 81}}
    ]
    found = await simkl.find(RecordKind.SHOW, {"mal": "11"})
    assert found is not None
    assert found.id == "81"


async def test_ratings_and_pictures_by_any_id(simkl: Simkl, library: Library) -> None:
    library.documents["/search/id"] = [{"type": "movie", "title": "H", "ids": {"simkl": 4711}}]
    for ids in ({"simkl": "4711"}, {"imdb": "tt0047110"}):
        found = await simkl.ratings(RecordKind.MOVIE, ids)
        assert [(r.source, r.value) for r in found] == [("simkl", 7.8), ("imdb", 7.6)]
        assert len(await simkl.artwork(RecordKind.MOVIE, ids)) == 2
    assert await simkl.ratings(RecordKind.PERSON, {"simkl": "1"}) == ()
    assert await simkl.artwork(RecordKind.SHOW, {"wikidata": "Q1"}) == ()
    assert await simkl.ratings(RecordKind.SHOW, {"simkl": "4711"}) == ()


async def test_what_is_like_it(simkl: Simkl) -> None:
    film, _ = await simkl.recommendations(RecordKind.MOVIE, "4711")
    assert (film.id, film.title, film.year) == ("9", "Quay", 1980)
    (show,) = await simkl.recommendations(RecordKind.SHOW, "300")
    assert show.id == "12"
    (anime,) = await simkl.recommendations(RecordKind.SHOW, "800")
    assert anime.title == "Sea"
    assert await simkl.recommendations(RecordKind.MOVIE, "6") == ()
    assert await simkl.recommendations(RecordKind.PERSON, "6") == ()


@pytest.mark.parametrize("body", [b"[]", b"null", b" null\n", b'{"ids":{}}'])
async def test_what_is_not_there_is_none(simkl: Simkl, library: Library, body: bytes) -> None:
    for place in ("movies", "tv", "anime"):
        library.documents[f"/{place}/5"] = body
    assert await simkl.movie("5", ["en"]) is None
    assert await simkl.show("5", ["en"]) is None
    assert await simkl.season("5", 1, ["en"]) is None
    assert library.paths() == ["/movies/5", "/anime/5", "/tv/5"]


async def test_a_show_without_episodes(simkl: Simkl, library: Library) -> None:
    library.documents["/tv/episodes/300"] = b"null"
    show = await simkl.show("300", ["en"])
    assert show is not None
    assert show.seasons == ()


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (response(b"{}", 401), ProviderRefused, "does not accept the key"),
        (response(b'{"error":"client_id_failed"}', 412), ProviderRefused, "does not accept"),
        (response(b"[1]"), ProviderFailed, "in a form that is not its own"),
        (response(b'{"ids": {"simkl": 0}}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"ids": {"imdb": []}}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"ratings": []}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"similar":' + b"[" * 90_000), ProviderFailed, "in a form that is not its own"),
    ],
)
async def test_answers_that_cannot_be_used(
    simkl: Simkl, library: Library, answer: bytes, error: type[ProviderFailed], says: str
) -> None:
    library.documents["/movies/1"] = answer
    with pytest.raises(error, match=says) as failed:
        await simkl.movie("1", ["en"])
    assert failed.value.provider == "simkl"
    assert KEY not in failed.value.message


async def test_what_is_out_of_bounds_is_left_out(simkl: Simkl, library: Library) -> None:
    library.documents["/tv/1"] = {
        "ids": {"simkl": 1, "imdb": "<x>", "tmdb": 10**25, "mal": "eleven", "tvdb": ""},
        "title": "N" * 5000, "poster": "../../etc/passwd", "fanart": "81/8&url=https://evil",
        "ratings": {"simkl": {"rating": 99, "votes": -1}}, "genres": ["g"] * 900, "year": -1,
    }  # fmt: skip
    library.documents["/tv/episodes/1"] = [
        {"season": -1, "episode": 1, "ids": {"simkl_id": 1}},
        {"season": 1, "episode": 10**20, "ids": {"simkl_id": 2}},
        *({"season": n, "episode": 1, "ids": {"simkl_id": n + 3}} for n in range(900)),
    ]
    show = await simkl.show("1", ["en"])
    assert show is not None
    assert (show.ids, show.pictures, show.ratings, show.year) == ({"simkl": "1"}, (), (), None)
    assert (len(show.title or ""), len(show.genres), len(show.seasons)) == (500, 1, 200)
