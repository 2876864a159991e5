"""OMDb's films, shows and ratings, from documents in the form of its answers: texts throughout."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from app.metadata.domain import Part, ProviderFailed, ProviderRefused, Query, RecordKind
from app.metadata.providers.omdb import Omdb
from tests.support.outside import response
from tests.support.providers import Library, Request, provider

POSTER = "https://m.media-amazon.com/images/M/harbour._V1_SX300.jpg"
FILM: dict[str, Any] = {
    "Title": "The Long Harbour", "Year": "1978", "Rated": "PG", "Released": "02 Mar 1978",
    "Runtime": "101 min", "Genre": "Drama, Thriller", "Director": "Per Holm",
    "Writer": "Per Holm (screenplay, story), Ida Berg (novel)", "Actors": "Ada Lind, Ida Berg",
    "Plot": "A pilot waits.", "Language": "German", "Country": "West Germany, Germany, Atlantis",
    "Awards": "N/A", "Poster": POSTER,
    "Ratings": [{"Source": "Internet Movie Database", "Value": "8.7/10"},
                {"Source": "Rotten Tomatoes", "Value": "88%"},
                {"Source": "Metacritic", "Value": "73/100"},
                {"Source": "Somebody", "Value": "1/10"}],
    "Metascore": "70", "imdbRating": "8.6", "imdbVotes": "1,234,567", "imdbID": "tt0047110",
    "Type": "movie", "DVD": "N/A", "BoxOffice": "$9,001", "Production": "Nordlicht",
    "Website": "https://harbour.example/film", "Response": "True",
}  # fmt: skip
SHOW: dict[str, Any] = {
    "Title": "Tide Tables", "Year": "2011–", "Rated": "Not Rated", "Released": "01 May 2011",
    "Runtime": "N/A", "Genre": "N/A", "Director": "N/A", "Writer": "N/A", "Actors": "N/A",
    "Plot": "N/A", "Language": "English, Welsh", "Country": "N/A", "Poster": "N/A", "Ratings": [],
    "Metascore": "N/A", "imdbRating": "7.9", "imdbVotes": "N/A", "imdbID": "tt1111111",
    "Type": "series", "totalSeasons": "2", "Response": "True",
}  # fmt: skip
SEASON: dict[str, Any] = {
    "Title": "Tide Tables", "Season": "1", "totalSeasons": "2", "Response": "True",
    "Episodes": [
        {"Title": "Ebb", "Released": "2011-05-08", "Episode": "2", "imdbRating": "8.1",
         "imdbID": "tt1111113"},
        {"Title": "Flood", "Released": "2011-05-01", "Episode": "1", "imdbRating": "N/A",
         "imdbID": "N/A"},
        {"Title": "Lost", "Released": "N/A", "Episode": "N/A", "imdbID": "tt1111114"}],
}  # fmt: skip
EPISODE: dict[str, Any] = {
    "Title": "Ebb", "Year": "2011", "Rated": "TV-14", "Released": "08 May 2011", "Season": "1",
    "Episode": "2", "Runtime": "47 min", "Director": "Per Holm", "Writer": "N/A",
    "Actors": "Ada Lind", "Plot": "It begins.", "Poster": POSTER,
    "Ratings": [{"Source": "Internet Movie Database", "Value": "8.1/10"}], "imdbRating": "8.1",
    "imdbVotes": "90", "imdbID": "tt1111113", "seriesID": "tt1111111", "Type": "episode",
    "Response": "True",
}  # fmt: skip
KEY = "12ab34cd"


class Unhurried(Omdb):
    """One that nobody waits for."""

    spec = structs.replace(Omdb.spec, rate=1000, burst=1000)


def no(why: str) -> dict[str, str]:
    """The answer where there is none, or none is given."""
    return {"Response": "False", "Error": why}


def answer(request: Request) -> object:
    """What OMDb answers to what stands in the address."""
    asked = request.params
    found = {
        ("tt0047110", None, None): FILM,
        ("tt1111111", None, None): SHOW,
        ("tt1111111", "1", None): SEASON,
        ("tt1111111", "1", "2"): EPISODE,
        ("tt1111113", None, None): EPISODE,
    }.get((asked.get("i", ""), asked.get("Season"), asked.get("Episode")))
    return found or no("Series or season not found!" if "Season" in asked else "Incorrect IMDb ID.")


@pytest.fixture
def library() -> Library:
    return Library({"/": answer})


@pytest.fixture
async def omdb(library: Library) -> AsyncIterator[Omdb]:
    async with provider(Unhurried, library, api_key=KEY) as (made, _):
        yield made


async def test_a_film(omdb: Omdb, library: Library) -> None:
    film = await omdb.movie("tt0047110", ["en", "de"])
    assert film is not None
    (asked,) = library.requests
    assert asked.params == {"i": "tt0047110", "plot": "full", "apikey": KEY}
    assert (film.id, film.ids) == ("tt0047110", {"imdb": "tt0047110"})
    assert (film.title, film.language, film.original_language) == ("The Long Harbour", "en", "de")
    assert [(t.language, t.overview) for t in film.texts] == [("en", "A pilot waits.")]
    assert (film.release_date, film.year, film.runtime) == (date(1978, 3, 2), 1978, 101 * 60)
    assert film.genres == ("Drama", "Thriller")
    assert film.countries == ("DE",)
    assert film.certifications == {"US": "PG"}
    assert film.homepage == "https://harbour.example/film"
    assert [s.name for s in film.studios] == ["Nordlicht"]
    assert film.revenue is None, "what it earned in one country is not what it earned"
    assert [(c.name, c.part, c.job) for c in film.credits] == [
        ("Ada Lind", Part.CAST, None),
        ("Ida Berg", Part.CAST, None),
        ("Per Holm", Part.CREW, "Director"),
        ("Per Holm", Part.CREW, "Writer"),
        ("Ida Berg", Part.CREW, "Writer"),
    ]
    assert [(r.source, r.value, r.votes) for r in film.ratings] == [
        ("imdb", 8.7, 1234567),
        ("rottentomatoes", 8.8, None),
        ("metacritic", 7.3, None),
    ]
    assert [(p.url, p.width) for p in film.pictures] == [(POSTER, 300)]
    assert await omdb.show("tt0047110", ["en"]) is None
    assert await omdb.ratings(RecordKind.MOVIE, {"imdb": "tt0047110"}) == film.ratings
    assert len(library.requests) == 1, "one question brings it all"


async def test_a_show_of_which_little_is_known(omdb: Omdb) -> None:
    show = await omdb.show("tt1111111", ["en"])
    assert show is not None
    assert (show.status, show.year, show.release_date) == (
        "Returning Series",
        2011,
        date(2011, 5, 1),
    )
    assert [(s.number, s.id) for s in show.seasons] == [(1, "tt1111111-1"), (2, "tt1111111-2")]
    assert (show.genres, show.credits, show.pictures, show.countries) == ((), (), (), ())
    assert (show.overview, show.runtime, show.certifications) == (None, None, {})
    assert show.original_language is None, "nothing says which of two it is"
    assert [(r.source, r.value, r.votes) for r in show.ratings] == [("imdb", 7.9, None)]
    assert await omdb.movie("tt1111111", ["en"]) is None


async def test_a_season_and_an_episode(omdb: Omdb, library: Library) -> None:
    season = await omdb.season("tt1111111", 1, ["de", "en"])
    assert season is not None
    assert (season.number, season.episode_count) == (1, 2)
    assert season.release_date == date(2011, 5, 1)
    assert [(e.number, e.id, e.title, e.release_date) for e in season.episodes] == [
        (2, "tt1111113", "Ebb", date(2011, 5, 8)),
        (1, "tt1111111-1-1", "Flood", date(2011, 5, 1)),
    ]
    assert [(t.language, t.title) for t in season.episodes[0].texts] == [("en", "Ebb")]
    assert [r.value for r in season.episodes[0].ratings] == [8.1]
    alone = await omdb.episode("tt1111111", 1, 2, ["en"])
    assert alone is not None
    assert library.requests[-1].params == {
        "i": "tt1111111", "Season": "1", "Episode": "2", "plot": "full", "apikey": KEY,
    }  # fmt: skip
    assert (alone.season, alone.number, alone.ids) == (1, 2, {"imdb": "tt1111113"})
    assert (alone.overview, alone.runtime) == ("It begins.", 47 * 60)
    assert [(c.name, c.job) for c in alone.credits] == [
        ("Ada Lind", None),
        ("Per Holm", "Director"),
    ]
    assert [(r.source, r.votes) for r in alone.ratings] == [("imdb", 90)]
    assert [p.url for p in alone.pictures] == [POSTER]
    assert await omdb.season("tt1111111", 9, ["en"]) is None
    assert await omdb.episode("tt1111111", 9, 9, ["en"]) is None


async def test_searches(omdb: Omdb, library: Library) -> None:
    def found(request: Request) -> object:
        quay = {"Title": "Quay", "Year": "2001", "imdbID": "tt0000007", "Type": "movie"}
        others = [
            {**quay, "imdbID": "tt0000008", "Year": "1990", "Poster": POSTER},
            {**quay, "imdbID": "tt0000009", "Type": "game"},
            {**quay, "imdbID": "../etc"},
            {**quay, "imdbID": "tt0000010", "Title": "N/A"},
        ]
        listed = [quay] if request.params.get("y") else [*others, quay]
        return {"Search": listed, "totalResults": "5", "Response": "True"}

    library.documents["/"] = found
    hits = await omdb.search_movies(Query(title="Quay & Söhne", year=2001))
    assert [(h.id, h.kind, h.year, h.picture) for h in hits] == [
        ("tt0000007", RecordKind.MOVIE, 2001, None),
        ("tt0000008", RecordKind.MOVIE, 1990, POSTER),
    ]
    of_year, of_all = (request.params for request in library.requests)
    assert of_all == {"s": "Quay & Söhne", "type": "movie", "apikey": KEY}
    assert of_year == {**of_all, "y": "2001"}


async def test_a_title_of_which_there_are_too_many(omdb: Omdb, library: Library) -> None:
    library.documents["/"] = lambda request: (
        no("Too many results.") if "s" in request.params else SHOW
    )
    (hit,) = await omdb.search_shows(Query(title="It"))
    assert (hit.id, hit.kind, hit.overview) == ("tt1111111", RecordKind.SHOW, None)
    assert library.requests[-1].params["t"] == "It"
    assert library.requests[-1].params["type"] == "series"
    library.documents["/"] = no("Movie not found!")
    assert await omdb.search_movies(Query(title="nothing")) == ()


async def test_an_id_of_imdb(omdb: Omdb, library: Library) -> None:
    ids = {"imdb": "tt0047110"}
    found = await omdb.find(RecordKind.MOVIE, ids)
    assert found is not None
    assert (found.id, found.votes) == ("tt0047110", 1234567)
    assert await omdb.find(RecordKind.SHOW, ids) is None
    assert [r.votes for r in await omdb.ratings(RecordKind.EPISODE, {"imdb": "tt1111113"})] == [90]
    asked = len(library.requests)
    assert await omdb.find(RecordKind.PERSON, {"imdb": "nm0000001"}) is None
    assert await omdb.ratings(RecordKind.MOVIE, {"tmdb": "5"}) == ()
    assert await omdb.ratings(RecordKind.MOVIE, {"imdb": "tt1&s=x"}) == ()
    assert len(library.requests) == asked
    assert Omdb.spec.ids.fullmatch("tt0047110")
    assert not Omdb.spec.ids.fullmatch("47110")


@pytest.mark.parametrize(
    "why",
    ["Incorrect IMDb ID.", "Error getting data.", "Movie not found!", "Series not found!"],
)
async def test_what_is_not_there_is_none(omdb: Omdb, library: Library, why: str) -> None:
    library.documents["/"] = no(why)
    assert await omdb.movie("tt0000001", ["en"]) is None
    assert await omdb.ratings(RecordKind.SHOW, {"imdb": "tt0000002"}) == ()


async def test_nothing_but_an_answer(omdb: Omdb, library: Library) -> None:
    library.documents["/"] = {**dict.fromkeys(FILM), "Type": "movie", "Response": "True"}
    film = await omdb.movie("tt0000001", ["en"])
    assert film is not None
    assert (film.id, film.title, film.texts, film.ratings) == ("tt0000001", None, (), ())
    library.documents["/"] = {
        "Type": "series", "Response": "True", "totalSeasons": 10**9, "imdbVotes": "9" * 5000,
        "Actors": "A, " * 100_000 + "(" * 100_000, "Runtime": "9" * 5000 + " min",
    }  # fmt: skip
    show = await omdb.show("tt0000002", ["en"])
    assert show is not None
    assert (len(show.seasons), len(show.credits), show.runtime) == (200, 1, None)


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (response(b'{"Response":"False"}', 401), ProviderRefused, "does not accept the key"),
        (no("Invalid API key!"), ProviderRefused, "does not accept the key"),
        (no("No API key provided."), ProviderRefused, "does not accept the key"),
        (no("Request limit reached!"), ProviderFailed, "as often as it does in a day"),
        (no("Something went wrong."), ProviderFailed, "answers with an error"),
        (b"{}", ProviderFailed, "answers with an error"),
        (response(b"[" * 100_000), ProviderFailed, "in a form that is not its own"),
        ({**FILM, "Ratings": [None]}, ProviderFailed, "in a form that is not its own"),
        ({**FILM, "Title": {}}, ProviderFailed, "in a form that is not its own"),
        (response(b"<html>", 418), ProviderFailed, "answers 418"),
    ],
)
async def test_answers_that_cannot_be_used(
    omdb: Omdb, library: Library, answer: object, error: type[ProviderFailed], says: str
) -> None:
    library.documents["/"] = answer
    with pytest.raises(error, match=says) as failed:
        await omdb.movie("tt0000001", ["en"])
    assert failed.value.provider == "omdb"
    assert type(failed.value) is error
    assert KEY not in failed.value.message
