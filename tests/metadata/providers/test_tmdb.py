"""TMDb's films, shows and people, from documents in its form."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from app.images.domain import ArtworkKind
from app.metadata.domain import Part, ProviderFailed, ProviderRefused, Query, RecordKind
from app.metadata.providers.tmdb import Tmdb
from tests.support.outside import response
from tests.support.providers import Library, provider

IMAGES = "https://image.tmdb.org/t/p/original"
MOVIE: dict[str, Any] = {
    "id": 4711,
    "imdb_id": "tt0047110",
    "title": "The Long Harbour",
    "original_title": "Der lange Hafen",
    "original_language": "de",
    "overview": "A pilot waits.\n\nNobody comes.",
    "tagline": "Fog keeps its own time.",
    "release_date": "1978-03-02",
    "runtime": 101,
    "status": "Released",
    "homepage": "https://harbour.example/film",
    "budget": 900_000,
    "revenue": 0,
    "popularity": 12.5,
    "vote_average": 7.25,
    "vote_count": 812,
    "poster_path": "/main.jpg",
    "genres": [{"id": 18, "name": "Drama"}, {"id": 53, "name": "Thriller"}],
    "production_companies": [
        {"id": 9, "name": "Nordlicht", "logo_path": "/n.png", "origin_country": "DE"}
    ],
    "production_countries": [{"iso_3166_1": "DE", "name": "Germany"}],
    "belongs_to_collection": {"id": 77, "name": "Harbour Collection", "poster_path": "/c.jpg"},
    "credits": {
        "cast": [
            {"id": 1, "name": "Ada Lind", "character": "Pilot", "profile_path": "/a.jpg"},
            {"id": 2, "name": "  ", "character": "Nobody"},
        ],
        "crew": [{"id": 3, "name": "Per Holm", "job": "Director", "department": "Directing"}],
    },
    "images": {
        "posters": [
            {"file_path": "/p.jpg", "iso_639_1": "de", "width": 2000, "height": 3000,
             "vote_average": 5.3}
        ],
        "backdrops": [{"file_path": "/b.jpg", "iso_639_1": None, "width": 3840, "height": 2160}],
        "logos": [
            {"file_path": "/l.svg", "iso_639_1": "de"},
            {"file_path": "/l.png", "iso_639_1": "de"},
            {"file_path": "//evil.example/l.png"},
        ],
    },
    "release_dates": {
        "results": [
            {"iso_3166_1": "DE", "release_dates": [
                {"certification": "", "type": 3}, {"certification": "12", "type": 4}]},
            {"iso_3166_1": "US", "release_dates": [
                {"certification": "R", "type": 5}, {"certification": "PG-13", "type": 3}]},
        ]
    },
    "translations": {
        "translations": [
            {"iso_639_1": "de", "iso_3166_1": "DE",
             "data": {"title": "Der lange Hafen", "overview": "Ein Lotse wartet."}},
            {"iso_639_1": "pt", "iso_3166_1": "BR", "data": {"title": "O Porto", "overview": ""}},
            {"iso_639_1": "pt", "iso_3166_1": "PT", "data": {"title": "O Cais"}},
            {"iso_639_1": "fr", "iso_3166_1": "FR", "data": {"title": "Le Port"}},
        ]
    },
    "external_ids": {"imdb_id": "tt0047110", "wikidata_id": "Q4711"},
    "keywords": {"keywords": [{"id": 5, "name": "fog"}]},
    "videos": {
        "results": [
            {"key": "abc123", "site": "YouTube", "type": "Trailer", "name": "T", "iso_639_1": "en"},
            {"key": "x", "site": "Elsewhere", "type": "Trailer"},
        ]
    },
    "alternative_titles": {"titles": [{"iso_3166_1": "SE", "title": "Hamnen"}]},
    "similar": {"results": [{"id": 8, "title": "Pier", "release_date": "1980-01-01"}]},
    "recommendations": {"results": [{"id": 9, "title": "Quay", "vote_count": 3}]},
}  # fmt: skip
EPISODE: dict[str, Any] = {
    "id": 501, "season_number": 1, "episode_number": 1, "name": "Ebb", "overview": "It begins.",
    "air_date": "2011-05-01", "runtime": 47, "still_path": "/s.jpg", "vote_average": 8.1,
    "vote_count": 90,
    "crew": [{"id": 3, "name": "Per Holm", "job": "Writer", "department": "Writing"}],
    "guest_stars": [{"id": 4, "name": "Ida Berg", "character": "Harbour master"}],
}  # fmt: skip
SEASON: dict[str, Any] = {
    "id": 401, "season_number": 1, "name": "Season 1", "overview": "Tides.",
    "air_date": "2011-05-01", "poster_path": "/s1.jpg", "episodes": [EPISODE],
    "external_ids": {"tvdb_id": 33},
    "translations": {"translations": [
        {"iso_639_1": "de", "iso_3166_1": "DE", "data": {"name": "Staffel 1"}}]},
}  # fmt: skip
SHOW: dict[str, Any] = {
    "id": 300, "name": "Tide Tables", "original_name": "Tide Tables", "original_language": "en",
    "first_air_date": "2011-05-01", "last_air_date": "2013-06-02", "status": "Ended",
    "next_episode_to_air": None, "episode_run_time": [47], "number_of_episodes": 20,
    "vote_average": 8, "vote_count": 4000,
    "seasons": [{"id": 400, "season_number": 0, "name": "Specials", "episode_count": 2},
                {"id": 401, "season_number": 1, "name": "Season 1", "episode_count": 10}],
    "networks": [{"id": 49, "name": "Channel North", "origin_country": "GB"}],
    "content_ratings": {"results": [{"iso_3166_1": "US", "rating": "TV-MA"}]},
    "aggregate_credits": {"cast": [{"id": 1, "name": "Ada Lind",
                                    "roles": [{"character": "Keeper"}]}],
                          "crew": [{"id": 3, "name": "Per Holm", "department": "Production",
                                    "jobs": [{"job": "Producer"}]}]},
    "external_ids": {"imdb_id": "tt1111111", "tvdb_id": 7777},
    "alternative_titles": {"results": [{"title": "Tides"}]},
    "keywords": {"results": [{"id": 1, "name": "sea"}]},
}  # fmt: skip


@pytest.fixture
def library() -> Library:
    return Library(
        {
            "/movie/4711": MOVIE,
            "/tv/300": SHOW,
            "/tv/300/season/1": SEASON,
            "/tv/300/season/1/episode/1": EPISODE,
        }
    )


@pytest.fixture
async def tmdb(library: Library) -> AsyncIterator[Tmdb]:
    async with provider(Tmdb, library, api_key="0" * 32) as (made, _):
        yield made


async def test_a_film(tmdb: Tmdb, library: Library) -> None:
    film = await tmdb.movie("4711", ["en", "de", "pt-BR"])
    assert film is not None
    assert len(library.requests) == 1, "one question brings it all"
    asked = library.requests[0].params
    assert asked["language"] == "en"
    assert asked["include_image_language"] == "en,de,pt,null"
    assert asked["append_to_response"].count(",") < 20, "TMDb appends 20 at most"
    assert film.ids == {"tmdb": "4711", "imdb": "tt0047110", "wikidata": "Q4711"}
    assert (film.title, film.original_title) == ("The Long Harbour", "Der lange Hafen")
    assert film.overview == "A pilot waits.\nNobody comes."
    assert (film.release_date, film.year, film.runtime) == (date(1978, 3, 2), 1978, 101 * 60)
    assert (film.budget, film.revenue) == (900_000, None)
    assert film.genres == ("Drama", "Thriller")
    assert film.certifications == {"DE": "12", "US": "PG-13"}
    assert {t.language: t.title for t in film.texts} == {
        "de": "Der lange Hafen", "pt-BR": "O Porto", "pt": "O Cais",
    }  # fmt: skip
    assert [(c.name, c.part, c.character or c.job) for c in film.credits] == [
        ("Ada Lind", Part.CAST, "Pilot"),
        ("Per Holm", Part.CREW, "Director"),
    ]
    assert film.credits[0].portrait == f"{IMAGES}/a.jpg"
    assert [(p.kind, p.url, p.language) for p in film.pictures] == [
        (ArtworkKind.POSTER, f"{IMAGES}/p.jpg", "de"),
        (ArtworkKind.BACKDROP, f"{IMAGES}/b.jpg", None),
        (ArtworkKind.LOGO, f"{IMAGES}/l.png", "de"),
    ]
    assert [v.url for v in film.videos] == ["https://www.youtube.com/watch?v=abc123"]
    assert film.collection is not None
    assert (film.collection.id, film.collection.title) == ("77", "Harbour Collection")
    assert [(r.source, r.value, r.votes) for r in film.ratings] == [("tmdb", 7.25, 812)]
    assert [h.id for h in film.recommendations] == ["9"]
    assert [h.year for h in film.similar] == [1980]
    assert film.alternative_titles == ("Hamnen",)


async def test_a_show_its_season_and_an_episode(tmdb: Tmdb, library: Library) -> None:
    library.documents["/tv/300/season/1"] = lambda request: (
        SEASON
        if request.params["language"] == "en"
        else {**SEASON, "episodes": [{**EPISODE, "name": "Ebbe", "overview": "Es beginnt."}]}
    )
    show = await tmdb.show("300", ["en", "de"])
    assert show is not None
    assert show.ids == {"tmdb": "300", "imdb": "tt1111111", "tvdb": "7777"}
    assert [(s.number, s.title, s.episode_count) for s in show.seasons] == [
        (0, "Specials", 2),
        (1, "Season 1", 10),
    ]
    assert [n.name for n in show.networks] == ["Channel North"]
    assert show.certifications == {"US": "TV-MA"}
    assert [c.character or c.job for c in show.credits] == ["Keeper", "Producer"]
    season = await tmdb.season("300", 1, ["en", "de"])
    assert season is not None
    assert [(t.language, t.title) for t in season.texts] == [("de", "Staffel 1")]
    (first,) = season.episodes
    assert (first.title, first.number, first.runtime) == ("Ebb", 1, 47 * 60)
    assert [(t.language, t.title, t.overview) for t in first.texts] == [
        ("de", "Ebbe", "Es beginnt.")
    ]
    assert [(c.name, c.part) for c in first.credits] == [
        ("Ida Berg", Part.GUEST),
        ("Per Holm", Part.CREW),
    ]
    alone = await tmdb.episode("300", 1, 1, ["en"])
    assert alone is not None
    assert alone.pictures[0].kind is ArtworkKind.THUMB


async def test_somebody_and_films_that_belong_together(tmdb: Tmdb, library: Library) -> None:
    library.documents["/person/3"] = {
        "id": 3, "name": "Per Holm", "birthday": "1950-02-30", "deathday": "2001-09-09",
        "place_of_birth": "Malmö", "biography": "Born.\n\nDied.", "imdb_id": "nm0000003",
        "combined_credits": {
            "cast": [{"id": 9, "media_type": "movie", "title": "Quay", "vote_count": 3}],
            "crew": [
                {"id": 300, "media_type": "tv", "name": "Tide Tables", "vote_count": 4000},
                {"id": 9, "media_type": "movie", "title": "Quay", "vote_count": 3},
                {"id": 1, "media_type": "radio", "name": "?"},
            ],
        },
    }  # fmt: skip
    library.documents["/collection/77"] = {
        "id": 77, "name": "Harbour Collection",
        "parts": [{"id": 2, "title": "Later", "release_date": "1981-01-01"},
                  {"id": 1, "title": "Sooner", "release_date": "1978-03-02"},
                  {"id": 3, "title": "Some day", "release_date": ""}],
    }  # fmt: skip
    person = await tmdb.person("3", ["en"])
    assert person is not None
    assert (person.born, person.died) == (None, date(2001, 9, 9))
    assert person.biography == "Born.\nDied."
    assert [(h.kind, h.title) for h in person.known_for] == [
        (RecordKind.SHOW, "Tide Tables"),
        (RecordKind.MOVIE, "Quay"),
    ]
    together = await tmdb.collection("77", ["en"])
    assert together is not None
    assert [part.title for part in together.parts] == ["Sooner", "Later", "Some day"]


async def test_pictures_alone(tmdb: Tmdb, library: Library) -> None:
    library.documents["/movie/4711/images"] = MOVIE["images"]
    library.documents["/person/1/images"] = {"profiles": [{"file_path": "/a.jpg"}]}
    found = await tmdb.artwork(RecordKind.MOVIE, {"tmdb": "4711"})
    assert [(one.kind, one.url, one.language) for one in found] == [
        (ArtworkKind.POSTER, f"{IMAGES}/p.jpg", "de"),
        (ArtworkKind.BACKDROP, f"{IMAGES}/b.jpg", None),
        (ArtworkKind.LOGO, f"{IMAGES}/l.png", "de"),
    ]
    [portrait] = await tmdb.artwork(RecordKind.PERSON, {"tmdb": "1"})
    assert portrait.url == f"{IMAGES}/a.jpg"
    assert await tmdb.artwork(RecordKind.MOVIE, {"imdb": "tt0047110"}) == ()
    assert await tmdb.artwork(RecordKind.COLLECTION, {"tmdb": "1"}) == ()
    assert await tmdb.artwork(RecordKind.EPISODE, {"tmdb": "1"}) == ()


async def test_searches(tmdb: Tmdb, library: Library) -> None:
    library.documents["/search/movie"] = {
        "results": [
            {"id": 1, "title": "Quay", "release_date": "", "poster_path": "/q.jpg",
             "popularity": 1.5, "vote_count": 0},
            {"id": 1, "title": "Quay"},
            {"id": 2, "title": ""},
        ]
    }  # fmt: skip
    (hit,) = await tmdb.search_movies(Query(title="Quay & Söhne", language="de"))
    assert (hit.kind, hit.id, hit.title, hit.year) == (RecordKind.MOVIE, "1", "Quay", None)
    assert hit.votes is None
    assert library.requests[-1].params["query"] == "Quay & Söhne"
    assert await tmdb.search_shows(Query(title="nothing")) == ()


async def test_an_id_of_elsewhere(tmdb: Tmdb, library: Library) -> None:
    library.documents["/find/tt0047110"] = {
        "movie_results": [{"id": 4711, "title": "The Long Harbour"}],
        "tv_results": [],
    }
    found = await tmdb.find(RecordKind.MOVIE, {"imdb": "tt0047110"})
    assert found is not None
    assert found.id == "4711"
    assert await tmdb.find(RecordKind.SHOW, {"imdb": "tt0047110"}) is None
    assert await tmdb.find(RecordKind.MOVIE, {"tvdb": "5"}) is None


async def test_what_is_not_there_is_none_and_answers_are_kept(tmdb: Tmdb, library: Library) -> None:
    assert await tmdb.movie("5", ["en"]) is None
    for _ in range(3):
        assert await tmdb.movie("4711", ["en"]) is not None
    assert library.paths() == ["/movie/5", "/movie/4711"]


async def test_keys_and_tokens(library: Library) -> None:
    async with provider(Tmdb, library, api_key="k" * 32) as (made, _):
        await made.movie("4711", ["en"])
    async with provider(Tmdb, library, api_key="t" * 200) as (made, _):
        await made.movie("4711", ["en"])
    key, token = library.requests
    assert key.params["api_key"] == "k" * 32
    assert "authorization" not in key.headers
    assert "api_key" not in token.params
    assert token.headers["authorization"] == "Bearer " + "t" * 200


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (response(b'{"status_code":7}', 401), ProviderRefused, "does not accept the key"),
        (response(b"[]"), ProviderFailed, "in a form that is not its own"),
        (response(b'{"id": {}}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"id": 1, "title": "\xff"}'), ProviderFailed, "in a form that is not its own"),
        (response(b"[" * 100_000), ProviderFailed, "in a form that is not its own"),
        (response(b"{}", 418), ProviderFailed, "answers 418"),
    ],
)
async def test_answers_that_cannot_be_used(
    tmdb: Tmdb, library: Library, answer: bytes, error: type[ProviderFailed], says: str
) -> None:
    library.documents["/movie/1"] = answer
    with pytest.raises(error, match=says) as failed:
        await tmdb.movie("1", ["en"])
    assert failed.value.provider == "tmdb"
    assert "api_key" not in failed.value.message
