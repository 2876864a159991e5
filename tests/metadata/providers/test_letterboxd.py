"""Letterboxd's films, people and ratings, from documents in the form of its API documentation."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

import pytest
from msgspec import structs

from app.images.domain import ArtworkKind
from app.metadata.domain import Part, ProviderFailed, ProviderRefused, Query, RecordKind
from app.metadata.providers.letterboxd import Letterboxd
from tests.support.outside import response
from tests.support.providers import Library, Request, provider

IMAGES = "https://a.ltrbxd.com/resized"
POSTER: dict[str, Any] = {"sizes": [
    {"width": 70, "height": 105, "url": f"{IMAGES}/p-70.jpg?v=1"},
    {"width": 1000, "height": 1500, "url": f"{IMAGES}/p-1000.jpg?v=1"},
    {"width": 2000, "height": 3000, "url": "https://evil.example/p.jpg"},
]}  # fmt: skip
LINKS: list[dict[str, str]] = [
    {"type": "letterboxd", "id": "a1B2", "url": "https://letterboxd.com/film/the-long-harbour/"},
    {"type": "tmdb", "id": "4711", "url": "https://www.themoviedb.org/movie/4711/"},
    {"type": "imdb", "id": "tt0047110", "url": "http://www.imdb.com/title/tt0047110/"},
]
SUMMARY: dict[str, Any] = {
    "type": "FilmSummary", "id": "a1B2", "name": "The Long Harbour", "releaseYear": 1978,
    "runTime": 101, "rating": 3.9, "adult": False, "poster": POSTER, "links": LINKS,
    "directors": [{"id": "p3", "name": "Per Holm"}], "genres": [{"id": "7I", "name": "Drama"}],
    "filmCollectionId": "Nb",
}  # fmt: skip
FILM: dict[str, Any] = {
    **SUMMARY, "type": "Film", "releaseDate": "1978-03-02", "tagline": "Fog keeps time.",
    "description": "A pilot waits.", "backdrop": {"sizes": [
        {"width": 1200, "height": 675, "url": f"{IMAGES}/b-1200.jpg"}]},
    "trailer": {"type": "youtube", "id": "abc123XYZ_-", "url": "http://youtube.com/whatever"},
    "primaryLanguage": {"code": "de", "name": "German"},
    "contributions": [
        {"type": "Director", "contributors": [{"id": "p3", "name": "Per Holm", "tmdbid": "3"}]},
        {"type": "Actor", "contributors": [
            {"id": "p1", "name": "Ada Lind", "tmdbid": 1, "characterName": "Pilot"},
            {"id": "p9", "name": " "}]},
        {"type": "ExecutiveProducer", "contributors": [{"id": "p4", "name": "Ida Berg"}]},
        {"type": "Studio", "contributors": [{"id": "s1", "name": "Nordlicht"}]},
    ],
}  # fmt: skip
STATISTICS = {"film": {"id": "a1B2"}, "rating": 3.915, "counts": {"watches": 9, "ratings": 812}}
COLLECTION: dict[str, Any] = {
    "id": "Nb", "name": "Harbour Films", "filmCount": 2,
    "films": [{**SUMMARY, "id": "z9", "name": "Harbour Again", "releaseYear": 1985}, SUMMARY],
}  # fmt: skip
PERSON: dict[str, Any] = {
    "id": "p3", "name": "Per Holm", "tmdbid": "3", "poster": POSTER,
    "bio": "<p>Born <b>late</b> &amp; tired.</p><p>He films.<br />Fog.</p><script>",
    "statistics": {"contributions": [{"type": "Actor", "filmCount": 2},
                                     {"type": "Director", "filmCount": 9}]},
}  # fmt: skip


class Unhurried(Letterboxd):
    """One that nobody waits for."""

    spec = structs.replace(Letterboxd.spec, rate=1000, burst=1000)


class Door:
    """Where one signs in: a new token each time, and only the last is good."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []

    def __call__(self, request: Request) -> object:
        assert request.method == "POST"
        self.forms.append(dict(parse_qsl(request.body.decode())))
        return {"access_token": f"t{len(self.forms)}", "token_type": "Bearer", "expires_in": 3600}


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def library(door: Door) -> Library:
    return Library(
        {
            "/auth/token": door,
            "/film/a1B2": FILM,
            "/film/a1B2/statistics": STATISTICS,
            "/film-collection/Nb": COLLECTION,
            "/contributor/p3": PERSON,
            "/contributor/p3/contributions": {
                "items": [
                    {"type": "Director", "film": SUMMARY},
                    {"type": "Writer", "film": SUMMARY},
                ]
            },
            "/contributor/tmdb:3": PERSON,
        }
    )


@pytest.fixture
async def letterboxd(library: Library) -> AsyncIterator[Letterboxd]:
    keys = {"api_key": "the-key", "api_secret": "the-secret"}
    async with provider(Unhurried, library, **keys) as (made, _):
        yield made


async def test_a_film(letterboxd: Letterboxd, library: Library, door: Door) -> None:
    film = await letterboxd.movie("a1B2", ["en", "de"])
    assert film is not None
    assert library.paths() == [
        "/auth/token", "/film/a1B2", "/film/a1B2/statistics", "/film-collection/Nb",
    ]  # fmt: skip
    assert door.forms == [
        {"grant_type": "client_credentials", "client_id": "the-key", "client_secret": "the-secret"}
    ]
    for asked in library.requests[1:]:
        assert asked.headers["authorization"] == "Bearer t1"
        assert "the-secret" not in str(asked)
    assert film.ids == {"letterboxd": "a1B2", "tmdb": "4711", "imdb": "tt0047110"}
    assert (film.title, film.language, film.original_language) == ("The Long Harbour", "en", "de")
    assert (film.overview, film.tagline) == ("A pilot waits.", "Fog keeps time.")
    assert [(t.language, t.title) for t in film.texts] == [("en", "The Long Harbour")]
    assert (film.release_date, film.year, film.runtime) == (date(1978, 3, 2), 1978, 101 * 60)
    assert film.genres == ("Drama",)
    assert [(s.name, s.ids) for s in film.studios] == [("Nordlicht", {"letterboxd": "s1"})]
    assert [(r.source, r.value, r.votes) for r in film.ratings] == [("letterboxd", 7.83, 812)]
    assert [(c.name, c.part, c.character or c.job, c.department) for c in film.credits] == [
        ("Ada Lind", Part.CAST, "Pilot", None),
        ("Per Holm", Part.CREW, "Director", "Directing"),
        ("Ida Berg", Part.CREW, "Executive Producer", "Production"),
    ]
    assert film.credits[0].ids == {"letterboxd": "p1", "tmdb": "1"}
    assert [(p.kind, p.url, p.width) for p in film.pictures] == [
        (ArtworkKind.POSTER, f"{IMAGES}/p-1000.jpg?v=1", 1000),
        (ArtworkKind.BACKDROP, f"{IMAGES}/b-1200.jpg", 1200),
    ]
    assert [v.url for v in film.videos] == ["https://www.youtube.com/watch?v=abc123XYZ_-"]
    assert film.collection is not None
    assert (film.collection.id, film.collection.title) == ("Nb", "Harbour Films")


async def test_a_collection(letterboxd: Letterboxd) -> None:
    found = await letterboxd.collection("Nb", ["en"])
    assert found is not None
    assert (found.id, found.title) == ("Nb", "Harbour Films")
    assert [(hit.id, hit.year) for hit in found.parts] == [("a1B2", 1978), ("z9", 1985)]
    assert await letterboxd.collection("Zz", ["en"]) is None


async def test_somebody(letterboxd: Letterboxd, library: Library) -> None:
    person = await letterboxd.person("p3", ["en"])
    assert person is not None
    assert person.ids == {"letterboxd": "p3", "tmdb": "3"}
    assert (person.name, person.department) == ("Per Holm", "Directing")
    assert person.biography == "Born late & tired.\nHe films.\nFog."
    assert [p.url for p in person.pictures] == [f"{IMAGES}/p-1000.jpg?v=1"]
    assert [(hit.kind, hit.id) for hit in person.known_for] == [(RecordKind.MOVIE, "a1B2")]
    assert library.requests[-1].params == {
        "perPage": "40", "excludeMemberFilmRelationships": "true",
    }  # fmt: skip
    assert await letterboxd.person("p5", ["en"]) is None


async def test_searches(letterboxd: Letterboxd, library: Library) -> None:
    library.documents["/search"] = {
        "items": [
            {"type": "FilmSearchItem", "score": 9, "film": SUMMARY},
            {"type": "FilmSearchItem", "score": 8, "film": {**SUMMARY, "id": "../x"}},
            {"type": "FilmSearchItem", "score": 7, "film": {"id": "b2", "name": "Bare"}},
            {"type": "ContributorSearchItem", "contributor": PERSON},
            {"type": "ListSearchItem", "list": {"id": "q"}},
        ]
    }
    hits = await letterboxd.search_movies(Query(title="Harbour & Söhne", year=1978))
    assert [(h.id, h.title, h.year, h.runtime) for h in hits] == [
        ("a1B2", "The Long Harbour", 1978, 101 * 60),
        ("b2", "Bare", None, None),
    ]
    assert hits[0].picture == f"{IMAGES}/p-1000.jpg?v=1"
    assert hits[0].ids["tmdb"] == "4711"
    asked = library.requests[-1].params
    assert (asked["input"], asked["include"]) == ("Harbour & Söhne", "FilmSearchItem")
    (somebody,) = await letterboxd.search_people(Query(title="Holm"))
    assert (somebody.kind, somebody.id, somebody.title) == (RecordKind.PERSON, "p3", "Per Holm")
    assert library.requests[-1].params["include"] == "ContributorSearchItem"
    library.documents["/search"] = {"items": []}
    assert await letterboxd.search_movies(Query(title="nothing")) == ()


async def test_an_id_of_elsewhere(letterboxd: Letterboxd, library: Library) -> None:
    other = {**SUMMARY, "id": "zz", "links": [{**LINKS[1], "id": "1"}]}
    as_show = {**SUMMARY, "id": "tv", "links": [
        {"type": "tmdb", "id": "4711", "url": "https://www.themoviedb.org/tv/4711/"}]}  # fmt: skip
    library.documents["/films"] = lambda request: {
        "items": [other, as_show, SUMMARY] if request.params["filmId"] == "tmdb:4711" else [other]
    }
    found = await letterboxd.find(RecordKind.MOVIE, {"tmdb": "4711", "tvdb": "3"})
    assert found is not None
    assert found.id == "a1B2", "another was not asked for, and a show's number is no film's"
    assert await letterboxd.find(RecordKind.MOVIE, {"tmdb": "5", "imdb": "tt0000005"}) is None
    assert [request.params["filmId"] for request in library.requests[-2:]] == [
        "tmdb:5", "imdb:tt0000005",
    ]  # fmt: skip
    library.documents["/films"] = {"items": [{**SUMMARY, "links": None}]}
    alone = await letterboxd.find(RecordKind.MOVIE, {"tmdb": "6"})
    assert alone is not None
    asked = len(library.requests)
    assert await letterboxd.find(RecordKind.SHOW, {"tmdb": "4711"}) is None
    assert await letterboxd.find(RecordKind.MOVIE, {"tmdb": "../x"}) is None
    assert len(library.requests) == asked
    somebody = await letterboxd.find(RecordKind.PERSON, {"tmdb": "3"})
    assert somebody is not None
    assert somebody.id == "p3"


async def test_ratings_and_pictures(letterboxd: Letterboxd, library: Library) -> None:
    library.documents["/films"] = {"items": [SUMMARY]}
    (rating,) = await letterboxd.ratings(RecordKind.MOVIE, {"tmdb": "4711"})
    assert (rating.source, rating.value, rating.votes) == ("letterboxd", 7.83, 812)
    assert await letterboxd.ratings(RecordKind.MOVIE, {"letterboxd": "a1B2"}) == (rating,)
    assert library.paths() == ["/auth/token", "/films", "/film/a1B2/statistics"]
    assert len(await letterboxd.artwork(RecordKind.MOVIE, {"letterboxd": "a1B2"})) == 2
    library.documents["/film/x1"] = {**FILM, "adult": True}
    assert [p.kind for p in await letterboxd.artwork(RecordKind.MOVIE, {"letterboxd": "x1"})] == [
        ArtworkKind.BACKDROP
    ]
    assert await letterboxd.ratings(RecordKind.SHOW, {"letterboxd": "a1B2"}) == ()
    library.documents["/film/x1/statistics"] = {"rating": None, "counts": {"ratings": 3}}
    assert await letterboxd.ratings(RecordKind.MOVIE, {"letterboxd": "x1"}) == ()


async def test_what_is_not_there_or_not_said(letterboxd: Letterboxd, library: Library) -> None:
    assert await letterboxd.movie("b5", ["en"]) is None
    library.documents["/film/b6"] = dict.fromkeys(FILM) | {"id": "b6"}
    film = await letterboxd.movie("b6", ["en"])
    assert film is not None
    assert (film.id, film.title, film.ratings, film.collection) == ("b6", None, (), None)
    library.documents["/film/b7"] = {"rating": 4.5, "filmCollectionId": "../auth"}
    bare = await letterboxd.movie("b7", ["en"])
    assert bare is not None
    assert (bare.id, [(r.value, r.votes) for r in bare.ratings]) == ("b7", [(9.0, None)])


async def test_a_token_that_is_no_longer_good(
    letterboxd: Letterboxd, library: Library, door: Door
) -> None:
    library.documents["/film/a1B2"] = lambda request: (
        FILM if request.headers["authorization"] == "Bearer t2" else response(b"{}", 401)
    )
    assert await letterboxd.artwork(RecordKind.MOVIE, {"letterboxd": "a1B2"})
    assert await letterboxd.ratings(RecordKind.MOVIE, {"letterboxd": "a1B2"})
    assert library.paths() == [
        "/auth/token", "/film/a1B2", "/auth/token", "/film/a1B2", "/film/a1B2/statistics",
    ]  # fmt: skip
    library.documents["/film/b5"] = response(b"{}", 403)
    with pytest.raises(ProviderRefused):
        await letterboxd.movie("b5", ["en"])
    assert len(door.forms) == 3, "once more, not for ever"


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (response(b'{"error":"invalid_client"}', 401), ProviderRefused, "does not accept the key"),
        (response(b'{"error":"invalid_client"}', 400), ProviderFailed, "answers 400"),
        (response(b"{}", 404), ProviderFailed, "how to sign one in"),
        ({"access_token": "a\r\nx: y", "expires_in": 3600}, ProviderFailed, "gives no token"),
        ({"token": "t1"}, ProviderFailed, "gives no token"),
        ({"access_token": ["t1"]}, ProviderFailed, "in a form that is not its own"),
    ],
)
async def test_who_is_not_let_in(
    letterboxd: Letterboxd,
    library: Library,
    answer: object,
    error: type[ProviderFailed],
    says: str,
) -> None:
    library.documents["/auth/token"] = answer
    with pytest.raises(error, match=says) as failed:
        await letterboxd.movie("a1B2", ["en"])
    assert (failed.value.provider, type(failed.value)) == ("letterboxd", error)
    assert "the-" not in failed.value.message
    assert library.paths() == ["/auth/token"]


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b"[" * 100_000,
        b'{"genres": [null]}',
        b'{"poster": {"sizes": {}}}',
        b'{"rating": "x"}',
    ],
)
async def test_answers_that_cannot_be_used(
    letterboxd: Letterboxd, library: Library, answer: bytes
) -> None:
    library.documents["/film/a1B2"] = answer
    with pytest.raises(ProviderFailed, match="in a form that is not its own"):
        await letterboxd.movie("a1B2", ["en"])


async def test_as_many_as_anybody_wants(letterboxd: Letterboxd, library: Library) -> None:
    people = [{"id": f"p{n}", "name": "N" * 400} for n in range(400)]
    library.documents["/film/a1B2"] = {
        **FILM, "name": "T" * 5000, "runTime": 10**9, "rating": 50,
        "contributions": [{"type": "Actor", "contributors": people}] * 10,
        "poster": {"sizes": [{"url": f"{IMAGES}/{n}.jpg", "width": n} for n in range(999)]},
        "links": [{"type": "imdb", "id": "x"}] * 999,
    }  # fmt: skip
    film = await letterboxd.movie("a1B2", ["en"])
    assert film is not None
    assert (len(film.title or ""), film.runtime, len(film.credits)) == (500, None, 600)
    assert len(film.credits[0].name) == 300
    assert film.ids == {"letterboxd": "a1B2"}
