"""Trakt's films and shows, from documents in its form (trakt.docs.apiary.io, trakt/trakt-api)."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import pytest

from app.images.domain import ArtworkKind
from app.metadata.domain import Part, ProviderFailed, ProviderRefused, Query, RecordKind
from app.metadata.providers.trakt import Trakt
from tests.support.outside import response
from tests.support.providers import Library, provider

RECORDINGS: Final = Path(__file__).parents[4] / "shared/contracts/trakt-pytrakt"
MEDIA = "media.trakt.tv/images"
KEY = "k" * 64
MOVIE: dict[str, Any] = {
    "title": "The Long Harbour", "year": 1978,
    "ids": {"trakt": 4711, "slug": "the-long-harbour-1978", "imdb": "tt0047110", "tmdb": 77},
    "tagline": "Fog keeps its own time.", "overview": "A pilot waits.\n\nNobody comes.",
    "released": "1978-03-02", "runtime": 101, "country": "de", "status": "released",
    "rating": 7.25123, "votes": 812, "comment_count": 3, "trailer": "https://youtube.com/watch?v=x",
    "homepage": None, "language": "de", "languages": ["de"], "original_title": "Der lange Hafen",
    "genres": ["drama", "science-fiction"], "certification": "PG-13",
    "images": {
        "poster": [f"{MEDIA}/movies/1/posters/medium/a.jpg.webp"],
        "fanart": [f"https://{MEDIA}/movies/1/fanarts/medium/b.jpg.webp"],
        "logo": ["evil.example/logo.png"], "clearart": [], "banner": None,
    },
}  # fmt: skip
PEOPLE: dict[str, Any] = {
    "cast": [
        {"characters": ["Pilot", "His brother"],
         "person": {"name": "Ada Lind", "ids": {"trakt": 1, "imdb": "nm0000001", "tmdb": 5}},
         "images": {"headshot": [f"{MEDIA}/people/1/headshots/thumb/a.jpg.webp"]}},
        {"character": "Keeper", "person": {"name": "Ida Berg", "ids": {"trakt": 2, "imdb": ""}}},
        {"character": "Nobody", "person": {"name": "  ", "ids": {}}},
        {"character": "Nobody"},
    ],
    "crew": {"directing": [{"jobs": ["Director"], "person": {"name": "Per Holm", "ids": {}}}],
             "costume & make-up": [{"job": "Hats", "person": {"name": "Eva", "ids": {}}}]},
}  # fmt: skip
TRANSLATIONS: list[dict[str, Any]] = [
    {"title": "Der lange Hafen", "overview": "Ein Lotse.", "tagline": "", "language": "de",
     "country": "de"},
    {"title": "O Porto", "overview": None, "language": "pt", "country": "br"},
    {"title": "O Cais", "overview": None, "language": "pt", "country": "pt"},
    {"title": None, "overview": "", "tagline": None, "language": "pt", "country": "ao"},
    {"title": "Le Port", "language": "fr"},
]  # fmt: skip
SHOW: dict[str, Any] = {
    "title": "Tide Tables", "year": 2011,
    "ids": {"trakt": 300, "slug": "tide-tables", "tvdb": 7777, "imdb": "tt1111111", "tmdb": 30,
            "tvrage": None},
    "overview": "A harbour town.", "first_aired": "2011-05-02T01:00:00.000Z",
    "airs": {"day": "Sunday", "time": "21:00", "timezone": "America/New_York"},
    "runtime": 47, "certification": "TV-MA", "network": "Channel North", "country": "us",
    "status": "returning series", "rating": 8.5, "votes": 90, "genres": ["anime"],
    "aired_episodes": 20, "language": "en",
}  # fmt: skip
SEASONS: list[dict[str, Any]] = [
    {"number": 0, "ids": {"trakt": 400}, "title": "Specials", "episode_count": 2},
    {"number": 1, "ids": {"trakt": 401, "tvdb": 33, "tmdb": 44}, "title": "Season 1",
     "overview": "Tides.", "first_aired": "2011-05-02T01:00:00.000Z", "episode_count": 10,
     "images": {"poster": [f"{MEDIA}/seasons/1/posters/thumb/s.jpg.webp"], "thumb": []}},
    {"number": 2, "ids": {}},
]  # fmt: skip
EPISODES: list[dict[str, Any]] = [
    {"season": 1, "number": 1, "title": "Ebb", "number_abs": 1, "overview": "It begins.",
     "ids": {"trakt": 501, "tvdb": 3, "imdb": "", "tmdb": None}, "rating": 8.1, "votes": 12,
     "first_aired": "2011-05-02T01:00:00.000Z", "runtime": 47,
     "images": {"screenshot": [f"{MEDIA}/episodes/1/screenshots/medium/e.jpg.webp"]},
     "translations": [{"title": "Ebbe", "overview": "Es beginnt.", "language": "de"},
                      {"title": "Reflux", "overview": None, "language": "fr"}]},
    {"season": 1, "number": 2, "title": None, "ids": {"trakt": 502}, "first_aired": None},
    {"season": 1, "number": None, "ids": {"trakt": 503}},
]  # fmt: skip


@pytest.fixture
def library() -> Library:
    return Library(
        {
            "/movies/4711": MOVIE,
            "/movies/4711/people": PEOPLE,
            "/movies/4711/translations": TRANSLATIONS,
            "/shows/300": SHOW,
            "/shows/300/seasons": SEASONS,
            "/shows/300/seasons/1": EPISODES,
        }
    )


@pytest.fixture
async def trakt(library: Library) -> AsyncIterator[Trakt]:
    async with provider(Trakt, library, client_id=KEY) as (made, _):
        yield made


async def test_a_film(trakt: Trakt, library: Library) -> None:
    film = await trakt.movie("4711", ["en", "de", "pt-BR"])
    assert film is not None
    assert [(r.path, r.params) for r in library.requests] == [
        ("/movies/4711", {"extended": "full,images"}),
        ("/movies/4711/people", {"extended": "images"}),
        ("/movies/4711/translations", {}),
    ]
    assert film.ids == {"trakt": "4711", "imdb": "tt0047110", "tmdb": "77"}
    assert (film.title, film.language) == ("The Long Harbour", "en")
    assert (film.original_title, film.original_language) == ("Der lange Hafen", "de")
    assert film.overview == "A pilot waits.\nNobody comes."
    assert (film.release_date, film.year, film.runtime) == (date(1978, 3, 2), 1978, 101 * 60)
    assert (film.status, film.homepage, film.countries) == ("Released", None, ("DE",))
    assert film.genres == ("Drama", "Science Fiction")
    assert film.certifications == {"US": "PG-13"}
    assert [(r.source, r.value, r.votes) for r in film.ratings] == [("trakt", 7.25, 812)]
    assert {t.language: t.title for t in film.texts} == {
        "de": "Der lange Hafen", "pt-BR": "O Porto", "pt": "O Cais",
    }  # fmt: skip
    assert [(c.name, c.part, c.character or c.job, c.department) for c in film.credits] == [
        ("Ada Lind", Part.CAST, "Pilot / His brother", None),
        ("Ida Berg", Part.CAST, "Keeper", None),
        ("Per Holm", Part.CREW, "Director", "Directing"),
        ("Eva", Part.CREW, "Hats", "Costume & Make-Up"),
    ]
    assert film.credits[0].ids == {"trakt": "1", "imdb": "nm0000001", "tmdb": "5"}
    assert film.credits[0].portrait == f"https://{MEDIA}/people/1/headshots/thumb/a.jpg.webp"
    assert [(p.kind, p.url) for p in film.pictures] == [
        (ArtworkKind.POSTER, f"https://{MEDIA}/movies/1/posters/medium/a.jpg.webp"),
        (ArtworkKind.BACKDROP, f"https://{MEDIA}/movies/1/fanarts/medium/b.jpg.webp"),
    ]
    assert [v.url for v in film.videos] == ["https://youtube.com/watch?v=x"]


async def test_who_asks_says_so_in_headers(trakt: Trakt, library: Library) -> None:
    await trakt.movie("4711", ["en"])
    await trakt.search_movies(Query(title="harbour"))
    for request in library.requests:
        assert request.headers["trakt-api-key"] == KEY
        assert request.headers["trakt-api-version"] == "2"
        assert KEY not in str(request.params)
    assert "/movies/4711/translations" not in library.paths(), "nobody wants another language"


async def test_a_show_and_its_seasons(trakt: Trakt) -> None:
    show = await trakt.show("300", ["en"])
    assert show is not None
    assert show.ids == {"trakt": "300", "tvdb": "7777", "imdb": "tt1111111", "tmdb": "30"}
    assert show.release_date == date(2011, 5, 1), "in New York it was Sunday"
    assert (show.status, show.episode_count, show.anime) == ("Returning Series", 20, True)
    assert [n.name for n in show.networks] == ["Channel North"]
    assert [(s.number, s.id, s.title, s.episode_count) for s in show.seasons] == [
        (0, "400", "Specials", 2),
        (1, "401", "Season 1", 10),
    ]
    assert show.seasons[1].ids == {"trakt": "401", "tvdb": "33", "tmdb": "44"}
    assert (show.credits, show.texts) == ((), ())


async def test_a_season_with_its_episodes(trakt: Trakt, library: Library) -> None:
    season = await trakt.season("300", 1, ["en", "de"])
    assert season is not None
    assert library.requests[-1].params == {"extended": "full,images", "translations": "de"}
    assert (season.title, season.overview) == ("Season 1", "Tides.")
    assert season.release_date == date(2011, 5, 1)
    first, second = season.episodes
    assert (first.id, first.season, first.number, first.absolute) == ("501", 1, 1, 1)
    assert first.ids == {"trakt": "501", "tvdb": "3"}
    assert (first.release_date, first.runtime) == (date(2011, 5, 1), 47 * 60)
    assert [(t.language, t.title) for t in first.texts] == [("de", "Ebbe")]
    assert [p.kind for p in first.pictures] == [ArtworkKind.THUMB]
    assert [(r.source, r.value, r.votes) for r in first.ratings] == [("trakt", 8.1, 12)]
    assert (second.title, second.release_date) == (None, None)
    await trakt.season("300", 1, ["fr", "de", "en"])
    assert library.requests[-1].params["translations"] == "all"
    await trakt.season("300", 1, ["en"])
    assert "translations" not in library.requests[-1].params
    assert await trakt.season("300", 7, ["en"]) is None
    assert await trakt.season("301", 1, ["en"]) is None


@pytest.mark.parametrize(
    ("stamp", "zone", "expected"),
    [
        ("2013-04-06T16:58:00.000Z", "Asia/Tokyo", date(2013, 4, 7)),
        ("2013-04-06T16:58:00.000Z", "Nowhere/At_All", date(2013, 4, 6)),
        ("2013-04-06T16:58:00.000Z", "../../etc/passwd", date(2013, 4, 6)),
        ("2013-04-06T16:58:00.000Z", "America", date(2013, 4, 6)),
        ("2013-04-06", "Asia/Tokyo", date(2013, 4, 6)),
        ("9999-12-31T23:59:00Z", "Asia/Tokyo", None),
        ("soon", "Asia/Tokyo", None),
    ],
)
async def test_days_are_those_of_the_place(
    trakt: Trakt, library: Library, stamp: str, zone: str, expected: date | None
) -> None:
    library.documents["/shows/300"] = {**SHOW, "first_aired": stamp, "airs": {"timezone": zone}}
    show = await trakt.show("300", ["en"])
    assert show is not None
    assert show.release_date == expected


async def test_searches(trakt: Trakt, library: Library) -> None:
    library.documents["/search/movie"] = [
        {"type": "movie", "score": 9.5, "movie": MOVIE},
        {"type": "movie", "score": 9, "movie": MOVIE},
        {"type": "movie", "score": 8, "movie": {"title": "No id", "ids": {}}},
        {"type": "movie", "score": None, "movie": None},
    ]
    library.documents["/search/show"] = [{"type": "show", "show": {**SHOW, "year": "2011"}}]
    (hit,) = await trakt.search_movies(Query(title="Quay & Söhne"))
    assert (hit.kind, hit.id, hit.title, hit.year) == (
        RecordKind.MOVIE, "4711", "The Long Harbour", 1978,
    )  # fmt: skip
    assert (hit.original_title, hit.votes, hit.runtime) == ("Der lange Hafen", 812, 101 * 60)
    assert hit.picture == f"https://{MEDIA}/movies/1/posters/medium/a.jpg.webp"
    assert library.requests[-1].params == {
        "query": "Quay & Söhne", "extended": "full,images", "limit": "40",
    }  # fmt: skip
    (show,) = await trakt.search_shows(Query(title="tide"))
    assert (show.kind, show.id, show.year) == (RecordKind.SHOW, "300", 2011)


async def test_an_id_of_elsewhere(trakt: Trakt, library: Library) -> None:
    library.documents["/search/tvdb/7777"] = [
        {"type": "episode", "episode": {"ids": {"trakt": 9}}, "show": {**SHOW, "title": "Other"}},
        {"type": "show", "show": SHOW},
    ]
    found = await trakt.find(RecordKind.SHOW, {"imdb": "tt9", "tvdb": "7777"})
    assert found is not None
    assert (found.id, found.title) == ("300", "Tide Tables")
    assert [(r.path, r.params["type"]) for r in library.requests] == [
        ("/search/imdb/tt9", "show"),
        ("/search/tvdb/7777", "show"),
    ]
    assert await trakt.find(RecordKind.MOVIE, {"tvdb": "7777"}) is None
    assert await trakt.find(RecordKind.PERSON, {"imdb": "nm1"}) is None


async def test_ratings_of_others(trakt: Trakt, library: Library) -> None:
    library.documents["/movies/4711/ratings"] = {
        "trakt": {"rating": 7.5, "votes": 900, "distribution": {"1": 3}},
        "imdb": {"rating": 7.1, "votes": 5000, "link": "https://imdb.example"},
        "tmdb": {"rating": None, "votes": None},
        "metascore": {"rating": 64, "link": None},
        "rotten_tomatoes": {"rating": 83.0, "user_rating": 70, "state": "fresh"},
    }
    library.documents["/shows/tt1111111/ratings"] = {"rating": 9.0, "votes": 3}
    found = await trakt.ratings(RecordKind.MOVIE, {"trakt": "4711", "imdb": "tt0047110"})
    assert [(r.source, r.value, r.votes) for r in found] == [
        ("trakt", 7.5, 900),
        ("imdb", 7.1, 5000),
        ("metacritic", 6.4, None),
        ("rottentomatoes", 8.3, None),
    ]
    assert library.requests[-1].params == {"extended": "all"}
    found = await trakt.ratings(RecordKind.SHOW, {"imdb": "tt1111111"})
    assert [(r.source, r.value, r.votes) for r in found] == [("trakt", 9.0, 3)]
    assert await trakt.ratings(RecordKind.PERSON, {"trakt": "1"}) == ()
    assert await trakt.ratings(RecordKind.MOVIE, {"tmdb": "404"}) == ()


async def test_pictures_by_any_id(trakt: Trakt, library: Library) -> None:
    library.documents["/search/tmdb/77"] = [{"type": "movie", "movie": MOVIE}]
    assert len(await trakt.artwork(RecordKind.MOVIE, {"tmdb": "77"})) == 2
    (poster,) = await trakt.artwork(RecordKind.SHOW, {"trakt": "300"})
    assert (poster.season, poster.kind) == (1, ArtworkKind.POSTER)
    assert await trakt.artwork(RecordKind.SHOW, {"trakt": "301"}) == ()
    assert await trakt.artwork(RecordKind.PERSON, {"trakt": "300"}) == ()


async def test_what_is_like_it(trakt: Trakt, library: Library) -> None:
    library.documents["/movies/4711/related"] = [MOVIE, {"title": "Quay", "ids": {"trakt": 8}}]
    library.documents["/shows/300/related"] = [SHOW]
    found = await trakt.recommendations(RecordKind.MOVIE, "4711")
    assert [(h.kind, h.id) for h in found] == [(RecordKind.MOVIE, "4711"), (RecordKind.MOVIE, "8")]
    (show,) = await trakt.recommendations(RecordKind.SHOW, "300")
    assert show.kind is RecordKind.SHOW
    assert await trakt.recommendations(RecordKind.PERSON, "1") == ()
    assert await trakt.recommendations(RecordKind.MOVIE, "9") == ()


async def test_what_is_not_there_is_none(trakt: Trakt, library: Library) -> None:
    library.documents["/movies/6"] = {"title": "Without an id", "ids": {}}
    library.documents["/shows/6"] = {"title": "Without an id", "ids": {"trakt": None}}
    for id_ in ("5", "6"):
        assert await trakt.movie(id_, ["en"]) is None
        assert await trakt.show(id_, ["en"]) is None


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (response(b"", 403), ProviderRefused, "does not accept the key"),
        (response(b"", 401), ProviderRefused, "does not accept the key"),
        (response(b"{}", 412), ProviderFailed, "answers 412"),
        (response(b"[]"), ProviderFailed, "in a form that is not its own"),
        (response(b"null"), ProviderFailed, "in a form that is not its own"),
        (response(b'{"ids": {"trakt": -1}}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"genres": "drama"}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"images":{"poster":' + b"[" * 90_000), ProviderFailed, "not its own"),
    ],
)
async def test_answers_that_cannot_be_used(
    trakt: Trakt, library: Library, answer: bytes, error: type[ProviderFailed], says: str
) -> None:
    library.documents["/movies/1"] = answer
    with pytest.raises(error, match=says) as failed:
        await trakt.movie("1", ["en"])
    assert failed.value.provider == "trakt"
    assert KEY not in failed.value.message


async def test_what_is_out_of_bounds_is_left_out(trakt: Trakt, library: Library) -> None:
    library.documents["/shows/1"] = {
        "ids": {"trakt": 1, "imdb": "'; drop", "tmdb": 10**30}, "title": "N" * 5000, "year": 99999,
        "rating": 1e9, "votes": -4, "runtime": -1, "trailer": "javascript:x", "country": "usa",
        "genres": ["x"] * 900, "certification": "PG" * 100, "language": "not a language at all",
    }  # fmt: skip
    library.documents["/shows/1/seasons"] = [
        {"number": n, "ids": {"trakt": n + 1}} for n in range(900)
    ]
    library.documents["/shows/1/people"] = {
        "cast": [{"person": {"name": "A"}}] * 900,
        "crew": {str(n): [{"person": {"name": "B"}}] for n in range(900)},
    }
    show = await trakt.show("1", ["en"])
    assert show is not None
    assert len(show.title or "") == 500
    assert (show.ids, show.year, show.ratings, show.runtime) == ({"trakt": "1"}, None, (), None)
    assert (show.videos, show.countries, show.genres) == ((), (), ("X",))
    assert len(show.certifications["US"]) == 20
    assert (len(show.seasons), len(show.credits)) == (200, 400)


def recorded() -> dict[str, Any]:
    """What was answered, by path: with all that Trakt knows where there are several answers."""
    found: dict[str, Any] = {}
    for file in sorted(RECORDINGS.glob("*.json")):
        for url, answers in msgspec.json.decode(file.read_bytes()).items():
            parts = urlsplit(url)
            path = "/" + parts.path.strip("/")
            if "GET" in answers and (path not in found or parts.query == "extended=full"):
                found[path] = answers["GET"]
    return found


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings of PyTrakt are not here")
async def test_recordings(trakt: Trakt, library: Library) -> None:
    answers = recorded()
    library.documents = {**answers}
    for path in answers:
        start, _, rest = path[1:].partition("/")
        parts = rest.split("/")
        if start in ("movies", "shows") and parts[1:] == ["translations", "es"]:
            library.documents[f"/{start}/{parts[0]}/translations"] = answers[path]
    film = await trakt.movie("tron-legacy-2010", ["en", "de"])
    assert film is not None
    assert film.title
    assert film.release_date
    assert len(film.credits) > 10
    assert [t.language for t in film.texts] == ["en", "de"]
    show = await trakt.show("game-of-thrones", ["en", "de"])
    assert show is not None
    assert len(show.seasons) == 5
    assert show.credits
    season = await trakt.season("game-of-thrones", 1, ["en"])
    assert season is not None
    assert len(season.episodes) > 5
    for query in (trakt.search_movies, trakt.search_shows):
        hits = await query(Query(title="batman"))
        assert hits
        assert all(hit.title and hit.year and hit.ids for hit in hits)
    assert await trakt.find(RecordKind.MOVIE, {"imdb": "tt0372784"}) is not None
    assert await trakt.find(RecordKind.SHOW, {"tvdb": "78845"}) is not None
    for kind, id_ in ((RecordKind.MOVIE, "tron-legacy-2010"), (RecordKind.SHOW, "game-of-thrones")):
        assert len(await trakt.recommendations(kind, id_)) > 5
        assert [r.value for r in await trakt.ratings(kind, {"trakt": id_})] == [9.0]
