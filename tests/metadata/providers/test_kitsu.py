"""Kitsu's films and shows, from documents in the form of its API's description."""

import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    Artwork,
    ExternalIds,
    MovieDetails,
    MovieSearch,
    ProviderFailed,
    Query,
    Ratings,
    RecordKind,
    SeasonDetails,
    ShowDetails,
    ShowSearch,
)
from app.metadata.providers.kitsu import Kitsu, reading, wire
from tests.support.outside import response
from tests.support.providers import Library, Request, provider

CONTRACT = Path(__file__).parents[4] / "shared" / "contracts" / "kitsu-openapi"
PICTURES = "https://media.kitsu.app/anime"
# Of the resources that the description leaves out: mappings and categories.
UNDESCRIBED = {"externalSite", "externalId", "title"}
SHOW: dict[str, Any] = {
    "id": "471", "type": "anime",
    "attributes": {
        "subtype": "TV", "status": "finished", "description": "A pilot waits.\r\n\r\nNobody comes.",
        "canonicalTitle": "Nagai Minato", "abbreviatedTitles": ["Harbour Tales", None],
        "titles": {"en": "The Long Harbour", "en_jp": "Nagai Minato", "ja_jp": "長い港",
                   "pt_br": "O Porto", "de_de": None},
        "averageRating": "78.4", "ratingFrequencies": {"2": "1", "16": "40", "20": "2"},
        "userCount": 1200, "startDate": "2021-04-03", "endDate": "2021-06-19", "nextRelease": None,
        "episodeCount": 24, "episodeLength": 24, "totalLength": 576, "youtubeVideoId": "abc123",
        "posterImage": {"original": f"{PICTURES}/p.jpg", "large": f"{PICTURES}/l.jpg"},
        "coverImage": {"original": "https://elsewhere.example/c.jpg"},
    },
}  # fmt: skip
FILM: dict[str, Any] = {
    "id": "900", "type": "anime",
    "attributes": {"subtype": "movie", "status": "finished", "totalLength": 101,
                   "canonicalTitle": "Minato no Uta", "titles": {"en_cn": "Gang Ge"},
                   "startDate": "2015-10-10"},
}  # fmt: skip
INCLUDED: list[dict[str, Any]] = [
    {"id": "1", "type": "categories", "attributes": {"title": "Slice of Life"}},
    {"id": "2", "type": "categories", "attributes": {"title": "Ships"}},
    {"id": "3", "type": "mappings",
     "attributes": {"externalSite": "myanimelist/anime", "externalId": "4711"}},
    {"id": "4", "type": "mappings",
     "attributes": {"externalSite": "anilist/anime", "externalId": 47}},
    {"id": "5", "type": "mappings",
     "attributes": {"externalSite": "thetvdb", "externalId": "267440/1"}},
    {"id": "6", "type": "mappings", "attributes": {"externalSite": "anidb", "externalId": "../x"}},
]  # fmt: skip


def episode(number: int | None, **said: object) -> dict[str, Any]:
    known = {"number": number, "seasonNumber": 1, "canonicalTitle": f"Tide {number}"}
    return {"id": str(5000 + (number or 0)), "type": "episodes", "attributes": {**known, **said}}


@pytest.fixture
def library() -> Library:
    return Library(
        {
            "/anime/471": {"data": SHOW, "included": INCLUDED},
            "/anime/900": {"data": FILM, "included": INCLUDED},
        }
    )


@pytest.fixture
async def kitsu(library: Library) -> AsyncIterator[Kitsu]:
    async with provider(Kitsu, library) as (made, _):
        yield made


def test_what_it_can_do() -> None:
    can = (
        MovieSearch, MovieDetails, ShowSearch, ShowDetails, SeasonDetails, Artwork, Ratings,
        ExternalIds,
    )  # fmt: skip
    made = Kitsu.__new__(Kitsu)
    assert [p for p in can if not isinstance(made, p)] == []


async def test_a_show(kitsu: Kitsu, library: Library) -> None:
    show = await kitsu.show("471", ["en", "ja", "pt"])
    assert show is not None
    (request,) = library.requests
    assert request.params == {"include": "categories,mappings"}
    assert request.headers["accept"] == "application/vnd.api+json"
    assert show.ids == {"kitsu": "471", "mal": "4711", "anilist": "47", "tvdb": "267440"}
    assert (show.title, show.language) == ("The Long Harbour", "en")
    assert (show.original_title, show.original_language) == ("長い港", "ja")
    assert show.alternative_titles == ("Nagai Minato", "長い港", "O Porto", "Harbour Tales")
    assert {t.language: (t.title, t.overview is not None) for t in show.texts} == {
        "en": ("The Long Harbour", True), "ja-Latn": ("Nagai Minato", False),
        "ja": ("長い港", False), "pt-BR": ("O Porto", False),
    }  # fmt: skip
    assert show.overview == "A pilot waits.\nNobody comes."
    assert (show.release_date, show.year, show.runtime) == (date(2021, 4, 3), 2021, 24 * 60)
    assert (show.last_air_date, show.next_air_date) == (date(2021, 6, 19), None)
    assert (show.status, show.anime, show.episode_count) == ("Ended", True, 24)
    assert [(s.number, s.episode_count, s.episodes) for s in show.seasons] == [(1, 24, ())]
    assert (show.genres, show.keywords) == (("Slice of Life",), ("Ships",))
    assert [(r.source, r.value, r.votes) for r in show.ratings] == [("kitsu", 7.84, 43)]
    assert show.popularity == 1200
    assert [(p.kind, p.url) for p in show.pictures] == [(ArtworkKind.POSTER, f"{PICTURES}/p.jpg")]
    assert [v.url for v in show.videos] == ["https://www.youtube.com/watch?v=abc123"]
    assert await kitsu.movie("471", ["en"]) is None, "a show is no film"


async def test_a_film(kitsu: Kitsu) -> None:
    film = await kitsu.movie("900", ["en", "zh"])
    assert film is not None
    assert (film.title, film.runtime, film.status) == ("Minato no Uta", 101 * 60, "Released")
    assert (film.original_language, film.original_title) == ("zh", "Gang Ge")
    assert [(t.language, t.title) for t in film.texts] == [("zh-Latn", "Gang Ge")]
    assert film.ids == {"kitsu": "900", "mal": "4711", "anilist": "47"}, "TheTVDB's are of shows"
    assert await kitsu.show("900", ["en"]) is None


async def test_a_season_page_by_page(kitsu: Kitsu, library: Library) -> None:
    first = [episode(n) for n in range(20, 0, -1)]
    last = [
        episode(
            21, titles={"en": "Ebb", "ja_jp": "引き潮"}, synopsis="It ends.", airDate="2021-06-19",
            length=25, thumbnail={"original": "https://media.kitsu.io/episodes/t.jpg"},
        ),
        episode(None), episode(0), episode(3, canonicalTitle="Again"),
    ]  # fmt: skip

    def pages(request: Request) -> object:
        found = {"0": first, "20": last}[request.params["page[offset]"]]
        return {"data": found, "meta": {"count": 24}}

    library.documents["/anime/471/episodes"] = pages
    season = await kitsu.season("471", 1, ["en", "ja"])
    assert season is not None
    assert [request.params for request in library.requests] == [
        {"page[limit]": "20", "page[offset]": "0"},
        {"page[limit]": "20", "page[offset]": "20"},
    ]
    assert [e.number for e in season.episodes] == list(range(1, 22))
    assert season.episodes[2].title == "Tide 3"
    ebb = season.episodes[-1]
    assert (ebb.title, ebb.overview, ebb.runtime) == ("Ebb", "It ends.", 25 * 60)
    assert (ebb.season, ebb.absolute, ebb.release_date) == (1, 21, date(2021, 6, 19))
    assert ebb.ids == {"kitsu": "5021"}
    assert [(t.language, t.title) for t in ebb.texts] == [("en", "Ebb"), ("ja", "引き潮")]
    assert [p.kind for p in ebb.pictures] == [ArtworkKind.THUMB]
    assert await kitsu.season("471", 2, ["en"]) is None
    assert await kitsu.season("5", 1, ["en"]) is None


async def test_pages_end_somewhere(
    kitsu: Kitsu, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.metadata.providers.kitsu.client.MOST_PAGES", 3)
    library.documents["/anime/471/episodes"] = {"data": [episode(n) for n in range(1, 21)]}
    season = await kitsu.season("471", 1, ["en"])
    assert season is not None
    assert (len(season.episodes), len(library.requests)) == (20, 3)


async def test_searches(kitsu: Kitsu, library: Library) -> None:
    library.documents["/anime"] = {"data": [SHOW, FILM, SHOW, {"id": "7", "type": "anime"}]}
    (film,) = await kitsu.search_movies(Query(title="Minato & Co"))
    (show,) = await kitsu.search_shows(Query(title="Minato & Co"))
    assert (film.kind, film.id, film.title, film.year) == (
        RecordKind.MOVIE, "900", "Minato no Uta", 2015,
    )  # fmt: skip
    assert (show.id, show.picture, show.votes) == ("471", f"{PICTURES}/p.jpg", 43)
    (request,) = library.requests
    assert request.params == {"filter[text]": "Minato & Co", "page[limit]": "20"}


async def test_an_id_of_elsewhere(kitsu: Kitsu, library: Library) -> None:
    def mappings(request: Request) -> object:
        known = request.params["filter[externalSite]"] == "anilist/anime"
        return {"data": [], "included": [SHOW, {**SHOW, "type": "manga"}] if known else []}

    library.documents["/mappings"] = mappings
    ids = {"imdb": "tt0047110", "mal": "4711", "anilist": "47"}
    found = await kitsu.find(RecordKind.SHOW, ids)
    assert found is not None
    assert found.id == "471"
    assert [request.params for request in library.requests] == [
        {"filter[externalSite]": "myanimelist/anime", "filter[externalId]": "4711",
         "include": "item"},
        {"filter[externalSite]": "anilist/anime", "filter[externalId]": "47", "include": "item"},
    ]  # fmt: skip
    assert await kitsu.find(RecordKind.MOVIE, {"tvdb": "5"}) is None
    assert await kitsu.find(RecordKind.PERSON, {"mal": "5"}) is None
    assert len(library.requests) == 2, "that need not be asked"
    (rating,) = await kitsu.ratings(RecordKind.SHOW, {"anilist": "47"})
    assert rating.value == 7.84


async def test_an_id_that_several_share_is_of_none(kitsu: Kitsu, library: Library) -> None:
    library.documents["/mappings"] = {"data": [], "included": [SHOW, {**SHOW, "id": "472"}]}
    assert await kitsu.find(RecordKind.SHOW, {"tvdb": "267440"}) is None


async def test_pictures_and_ratings_by_its_own_id(kitsu: Kitsu, library: Library) -> None:
    ids = {"kitsu": "471", "mal": "4711"}
    assert [p.kind for p in await kitsu.artwork(RecordKind.SHOW, ids)] == [ArtworkKind.POSTER]
    assert [r.value for r in await kitsu.ratings(RecordKind.SHOW, ids)] == [7.84]
    assert await kitsu.ratings(RecordKind.MOVIE, ids) == (), "it is no film"
    assert library.paths() == ["/anime/471"]


async def test_all_may_be_null(kitsu: Kitsu, library: Library) -> None:
    nothing = dict.fromkeys(SHOW["attributes"])
    library.documents["/anime/471"] = {"data": {**SHOW, "attributes": nothing}, "included": None}
    show = await kitsu.show("471", ["en"])
    assert show is not None
    assert (show.title, show.ids, show.ratings) == (None, {"kitsu": "471"}, ())


@pytest.mark.parametrize(
    "answer",
    [
        response(b'{"errors":[{"status":"404"}]}', 404),
        response(b'{"errors":[{"title":"Record not found","code":"404","status":"404"}]}'),
        response(b'{"data":null}'),
        response(b'{"data":{"type":"anime"}}'),
        response(b'{"data":{"id":"../1","type":"anime"}}'),
    ],
)
async def test_what_is_not_there(kitsu: Kitsu, library: Library, answer: bytes) -> None:
    library.documents["/anime/5"] = answer
    assert await kitsu.show("5", ["en"]) is None
    assert await kitsu.show("../5", ["en"]) is None
    assert library.paths() == ["/anime/5"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b'{"errors":[{"status":"400"}]}', "answers with an error"),
        (b'{"data":[]}', "in a form that is not its own"),
        (b'{"data":{"attributes":{"averageRating":"much"}}}', "in a form that is not its own"),
        (b'{"data":' * 100_000, "in a form that is not its own"),
    ],
)
async def test_answers_that_cannot_be_used(
    kitsu: Kitsu, library: Library, answer: bytes, says: str
) -> None:
    library.documents["/anime/5"] = response(answer)
    with pytest.raises(ProviderFailed, match=says):
        await kitsu.show("5", ["en"])


@pytest.mark.skipif(not CONTRACT.is_dir(), reason="the description of Kitsu's API is not here")
def test_its_own_description_names_what_is_read() -> None:
    schemas = [
        *(f"schemas/resources/{name}.yml" for name in ("anime", "media", "episode")),
        "schemas/resources/base_episodic.yml",
    ]
    text = "\n".join((CONTRACT / name).read_text() for name in schemas)
    described = set(re.findall(r"^\s+(\w+):", text, re.MULTILINE))
    read = {one.encode_name for one in msgspec.structs.fields(wire.Attributes)}
    assert read - described == UNDESCRIBED
    said = (CONTRACT / "schemas/enums/status.yml").read_text()
    assert set(re.findall(r"^- (\w+)", said, re.MULTILINE)) == set(reading.STATUSES)
    kinds = (CONTRACT / "schemas/enums/subtype_anime.yml").read_text()
    assert "movie" in re.findall(r"^- (\w+)", kinds, re.MULTILINE)
