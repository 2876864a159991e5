"""AniList's films and shows, from documents in the form of its GraphQL schema (docs.anilist.co)."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from graphql import parse

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    Artwork,
    ExternalIds,
    MovieDetails,
    MovieSearch,
    Part,
    ProviderFailed,
    Query,
    Ratings,
    Recommendations,
    RecordKind,
    SeasonDetails,
    ShowDetails,
    ShowSearch,
)
from app.metadata.providers.anilist import Anilist, queries
from tests.support.outside import response
from tests.support.providers import Library, Request, provider

PICTURES = "https://s4.anilist.co/file"
SHORT: dict[str, Any] = {
    "id": 900, "idMal": 910, "type": "ANIME", "format": "MOVIE",
    "title": {"romaji": "Minato no Uta", "english": None, "native": "港の歌"},
    "startDate": {"year": 2015, "month": None, "day": None},
    "coverImage": {"extraLarge": f"{PICTURES}/m.jpg"},
}  # fmt: skip
SHOW: dict[str, Any] = {
    "id": 471, "idMal": 4711, "type": "ANIME", "format": "TV", "status": "RELEASING",
    "title": {"romaji": "Nagai Minato", "english": "The Long Harbour", "native": "長い港"},
    "synonyms": ["Harbour Tales", None, " "],
    "description": "A pilot <i>waits</i>.<br><br>\nNobody comes &amp; ~!he leaves!~.<script>",
    "startDate": {"year": 2021, "month": 4, "day": 3},
    "endDate": {"year": None, "month": None, "day": None},
    "seasonYear": 2021, "episodes": 12, "duration": 24, "countryOfOrigin": "JP",
    "genres": ["Drama", "Mystery", None],
    "tags": [{"name": "Ships", "isGeneralSpoiler": False, "isMediaSpoiler": False},
             {"name": "Fog", "isGeneralSpoiler": False, "isMediaSpoiler": True}, None],
    "studios": {"edges": [{"isMain": False, "node": {"id": 8, "name": "Pier Committee"}},
                          {"isMain": True, "node": {"id": 7, "name": "Studio Lighthouse"}},
                          {"isMain": True, "node": None}]},
    "averageScore": 78, "popularity": 1200,
    "stats": {"scoreDistribution": [{"score": 80, "amount": 40}, {"score": 90, "amount": 2}]},
    "coverImage": {"extraLarge": f"{PICTURES}/c.jpg", "large": f"{PICTURES}/s.jpg"},
    "bannerImage": "https://elsewhere.example/b.jpg",
    "trailer": {"id": "abc123", "site": "youtube"},
    "externalLinks": [{"url": "https://harbour.example/", "site": "Official Site"}],
    "nextAiringEpisode": {"airingAt": 1_619_222_400},
    "relations": {"edges": [
        {"relationType": "SEQUEL", "node": {**SHORT, "id": 901, "format": "TV"}},
        {"relationType": "CHARACTER", "node": {**SHORT, "id": 902}},
        {"relationType": "SEQUEL", "node": {**SHORT, "id": 903, "type": "MANGA"}}]},
    "recommendations": {"nodes": [{"mediaRecommendation": SHORT}, {"mediaRecommendation": None}]},
    "characters": {"edges": [
        {"node": {"name": {"full": "Pilot"}}, "voiceActors": [
            {"id": 5, "name": {"full": "Jo Dub"}, "languageV2": "English"},
            {"id": 6, "name": {"full": "Umi Hara"}, "languageV2": "Japanese",
             "image": {"large": f"{PICTURES}/u.jpg"}}]},
        {"node": {"name": {"full": "Gull"}}, "voiceActors": []},
        None]},
    "staff": {"edges": [
        {"role": "Script (eps 1, 3)", "node": {"id": 9, "name": {"full": "Ken Ito"}}},
        {"role": "Key Animation", "node": {"id": 10, "name": {"full": "Rei Abe"}}}]},
}  # fmt: skip


def media(said: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"Media": said}}


@pytest.fixture
def library() -> Library:
    return Library({"/": media(SHOW)})


@pytest.fixture
async def anilist(library: Library) -> AsyncIterator[Anilist]:
    async with provider(Anilist, library) as (made, _):
        yield made


def test_what_it_can_do() -> None:
    can = (
        MovieSearch, MovieDetails, ShowSearch, ShowDetails, Artwork, Ratings, ExternalIds,
        Recommendations,
    )  # fmt: skip
    made = Anilist.__new__(Anilist)
    assert [p for p in can if not isinstance(made, p)] == []
    assert not isinstance(made, SeasonDetails), "it knows no episodes"


def test_its_questions_are_graphql() -> None:
    for text in (queries.SEARCH, queries.DETAILS, queries.KNOWN, queries.RECOMMENDATIONS):
        assert len(parse(text).definitions) == 2


async def test_a_show(anilist: Anilist, library: Library) -> None:
    show = await anilist.show("471", ["en", "ja"])
    assert show is not None
    (request,) = library.requests
    assert (request.method, request.path) == ("POST", "/")
    assert request.headers["content-type"] == "application/json"
    assert request.document == {"query": queries.DETAILS, "variables": {"id": 471}}
    assert show.ids == {"anilist": "471", "mal": "4711"}
    assert (show.title, show.language) == ("The Long Harbour", "en")
    assert (show.original_title, show.original_language) == ("長い港", "ja")
    assert show.alternative_titles == ("Nagai Minato", "長い港", "Harbour Tales")
    assert {t.language: t.title for t in show.texts} == {
        "en": "The Long Harbour", "ja": "長い港", "ja-Latn": "Nagai Minato",
    }  # fmt: skip
    assert show.overview == "A pilot waits.\nNobody comes & he leaves."
    assert (show.release_date, show.year, show.runtime) == (date(2021, 4, 3), 2021, 24 * 60)
    assert (show.last_air_date, show.next_air_date) == (None, date(2021, 4, 24))
    assert (show.status, show.anime, show.episode_count) == ("Returning Series", True, 12)
    assert [(s.number, s.episode_count) for s in show.seasons] == [(1, 12)]
    assert show.genres == ("Drama", "Mystery")
    assert show.keywords == ("Ships",)
    assert show.countries == ("JP",)
    assert [(s.name, s.ids) for s in show.studios] == [
        ("Studio Lighthouse", {"anilist": "7"}),
        ("Pier Committee", {"anilist": "8"}),
    ]
    assert [(r.source, r.value, r.votes) for r in show.ratings] == [("anilist", 7.8, 42)]
    assert [(p.kind, p.url) for p in show.pictures] == [(ArtworkKind.POSTER, f"{PICTURES}/c.jpg")]
    assert [v.url for v in show.videos] == ["https://www.youtube.com/watch?v=abc123"]
    assert show.homepage == "https://harbour.example/"
    assert [(c.name, c.part, c.character or c.job, c.ids) for c in show.credits] == [
        ("Umi Hara", Part.CAST, "Pilot", {"anilist": "6"}),
        ("Ken Ito", Part.CREW, "Writer", {"anilist": "9"}),
        ("Rei Abe", Part.CREW, "Key Animation", {"anilist": "10"}),
    ]
    assert show.credits[0].portrait == f"{PICTURES}/u.jpg"
    assert [(h.id, h.kind) for h in show.similar] == [("901", RecordKind.SHOW)]
    assert [(h.id, h.kind, h.title, h.year) for h in show.recommendations] == [
        ("900", RecordKind.MOVIE, "Minato no Uta", 2015)
    ]
    assert await anilist.movie("471", ["en"]) is None, "a show is no film"
    assert len(library.requests) == 1, "it was asked before"


async def test_a_film(anilist: Anilist, library: Library) -> None:
    library.documents["/"] = media({**SHOW, "format": "MOVIE", "status": "FINISHED"})
    film = await anilist.movie("471", ["de"])
    assert film is not None
    assert (film.title, film.status) == ("The Long Harbour", "Released")
    assert film.texts == ()
    assert await anilist.show("471", ["en"]) is None


async def test_all_may_be_null(anilist: Anilist, library: Library) -> None:
    library.documents["/"] = media({**dict.fromkeys(SHOW), "id": 471})
    show = await anilist.show("471", ["en"])
    assert show is not None
    assert (show.title, show.ids, show.credits, show.ratings) == (None, {"anilist": "471"}, (), ())


async def test_numbers_that_lie(anilist: Anilist, library: Library) -> None:
    library.documents["/"] = media(
        {
            **SHOW,
            "startDate": {"year": 2021, "month": 13, "day": -4},
            "averageScore": 101, "meanScore": -1, "popularity": -7, "duration": 10**9,
            "episodes": 10**9, "nextAiringEpisode": {"airingAt": 10**18}, "idMal": -3,
        }
    )  # fmt: skip
    show = await anilist.show("471", ["en"])
    assert show is not None
    assert (show.release_date, show.year) == (None, 2021)
    assert (show.ratings, show.popularity, show.runtime) == ((), None, None)
    assert (show.episode_count, show.next_air_date) == (None, None)
    assert show.ids == {"anilist": "471"}


async def test_searches(anilist: Anilist, library: Library) -> None:
    def page(request: Request) -> object:
        return {"data": {"Page": {"media": [SHORT, SHOW, SHOW, None, {"id": -1, "title": None}]}}}

    library.documents["/"] = page
    (film,) = await anilist.search_movies(Query(title="Minato & Co"))
    assert (film.kind, film.id, film.title, film.year) == (
        RecordKind.MOVIE, "900", "Minato no Uta", 2015,
    )  # fmt: skip
    assert film.ids == {"anilist": "900", "mal": "910"}
    (show,) = await anilist.search_shows(Query(title="Minato & Co"))
    assert (show.id, show.language, show.picture) == ("471", "ja", f"{PICTURES}/c.jpg")
    asked = [request.document["variables"] for request in library.requests]
    assert asked == [
        {"search": "Minato & Co", "formats": ["MOVIE"]},
        {"search": "Minato & Co", "formats": ["TV", "TV_SHORT", "OVA", "ONA", "SPECIAL"]},
    ]


async def test_by_ids_of_its_own_and_of_elsewhere(anilist: Anilist, library: Library) -> None:
    banner = {**SHOW, "bannerImage": f"{PICTURES}/banner.jpg"}
    library.documents["/"] = media(banner)
    found = await anilist.find(RecordKind.SHOW, {"imdb": "tt0000001", "mal": "4711"})
    assert found is not None
    assert found.id == "471"
    assert await anilist.find(RecordKind.MOVIE, {"mal": "4711"}) is None, "of another kind"
    assert await anilist.find(RecordKind.SHOW, {"tvdb": "4711"}) is None
    pictures = await anilist.artwork(RecordKind.SHOW, {"anilist": "471", "mal": "4711"})
    assert [p.kind for p in pictures] == [ArtworkKind.POSTER, ArtworkKind.BANNER]
    (rating,) = await anilist.ratings(RecordKind.SHOW, {"mal": "4711"})
    assert rating.value == 7.8
    assert await anilist.ratings(RecordKind.PERSON, {"anilist": "471"}) == ()
    asked = [request.document["variables"] for request in library.requests]
    assert asked == [{"idMal": 4711}, {"id": 471}], "what was asked before is not asked again"


async def test_recommendations(anilist: Anilist, library: Library) -> None:
    assert [h.id for h in await anilist.recommendations(RecordKind.SHOW, "471")] == ["900"]
    assert library.requests[0].document["query"] == queries.RECOMMENDATIONS
    assert await anilist.recommendations(RecordKind.PERSON, "471") == ()


@pytest.mark.parametrize(
    "answer",
    [
        response(b'{"errors":[{"message":"Not Found.","status":404}],"data":{"Media":null}}', 404),
        response(b'{"errors":[{"message":"Not Found.","status":404}],"data":{"Media":null}}'),
        response(b'{"data":{"Media":null}}'),
        response(b'{"data":null}'),
        response(b'{"data":{"Media":{"id":0,"format":"TV"}}}'),
    ],
)
async def test_what_is_not_there(anilist: Anilist, library: Library, answer: bytes) -> None:
    library.documents["/"] = answer
    assert await anilist.show("5", ["en"]) is None


@pytest.mark.parametrize("id_", ["0", "-1", "abc", "9" * 12, "1 or 2"])
async def test_what_is_no_id_is_not_asked_for(anilist: Anilist, library: Library, id_: str) -> None:
    assert await anilist.show(id_, ["en"]) is None
    assert await anilist.recommendations(RecordKind.SHOW, id_) == ()
    assert await anilist.artwork(RecordKind.SHOW, {"anilist": id_}) == ()
    assert library.requests == []


@pytest.mark.parametrize(
    ("answer", "says", "after"),
    [
        (b'{"errors":[{"status":429}],"data":null}', "asked too often", 60.0),
        (b'{"errors":[{"status":400}]}', "answers with an error", None),
        (b'{"errors":[null]}', "answers with an error", None),
        (b"[]", "in a form that is not its own", None),
        (b'{"data":{"Media":{"id":{}}}}', "in a form that is not its own", None),
        (b'{"data":' * 100_000, "in a form that is not its own", None),
        (b'{"data":{"Media":' + b'{"relations":{"edges":[{"node":' * 50_000, "not its own", None),
    ],
)
async def test_answers_that_cannot_be_used(
    anilist: Anilist, library: Library, answer: bytes, says: str, after: float | None
) -> None:
    library.documents["/"] = response(answer)
    with pytest.raises(ProviderFailed, match=says) as failed:
        await anilist.show("1", ["en"])
    assert (failed.value.provider, failed.value.retry_after) == ("anilist", after)
