"""TheTVDB's shows, films and people."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from app.images.domain import ArtworkKind
from app.metadata.domain import Part, Query, RecordKind
from app.metadata.providers.tvdb import Tvdb
from tests.support.providers import Library, Request, provider
from tests.support.tvdb import IMAGES, SEASON, episode, tvdb_library, wrapped


@pytest.fixture
def library() -> Library:
    return tvdb_library()


@pytest.fixture
async def tvdb(library: Library) -> AsyncIterator[Tvdb]:
    async with provider(Tvdb, library, api_key="secret", pin="1234") as (made, _):
        yield made


async def test_a_show(tvdb: Tvdb, library: Library) -> None:
    show = await tvdb.show("300", ["en", "pt-BR", "zh-Hant", "de"])
    assert show is not None
    assert library.paths() == ["/login", "/series/300/extended"]
    assert library.requests[1].params == {"meta": "translations"}
    assert show.ids == {
        "tvdb": "300", "imdb": "tt1111111", "tmdb": "1399", "tvmaze": "169", "wikidata": "Q4711",
    }  # fmt: skip
    assert (show.title, show.language) == ("Tide Tables", "en")
    assert (show.original_title, show.original_language) == ("Tidtabeller", "sv")
    assert show.overview == "A pilot waits.\nNobody comes."
    assert show.alternative_titles == ("Gezeiten", "Tides, The")
    assert {t.language: t.title or t.overview for t in show.texts} == {
        "en": "Tide Tables", "pt-BR": "Tabelas", "pt": "Marés", "zh-TW": "潮汐",
        "de": "Ein Lotse wartet.",
    }  # fmt: skip
    assert (show.release_date, show.last_air_date) == (date(2011, 5, 1), date(2013, 6, 2))
    assert (show.next_air_date, show.year, show.runtime) == (None, 2011, 47 * 60)
    assert (show.status, show.homepage) == ("Ended", "https://tides.example/")
    assert (show.genres, show.keywords, show.anime) == (("Drama", "Anime"), ("Sea",), True)
    assert show.certifications == {"US": "TV-MA", "GB": "15"}
    assert (show.countries, show.popularity, show.ratings) == (("SE",), 4711, ())
    assert [(c.name, c.country) for c in show.studios] == [("Nordlicht", "DE")]
    assert [(c.name, c.ids) for c in show.networks] == [("Channel North", {"tvdb": "8"})]
    assert [(s.number, s.id, s.title) for s in show.seasons] == [
        (0, "400", None), (1, "401", "Ebb"), (2, "402", None),
    ]  # fmt: skip
    assert show.seasons[2].pictures[0].kind is ArtworkKind.BANNER
    assert [v.url for v in show.videos] == ["https://www.youtube.com/watch?v=a"]


async def test_who_took_part(tvdb: Tvdb) -> None:
    show = await tvdb.show("300", ["en"])
    assert show is not None
    assert [(c.name, c.part, c.character or c.job, c.department) for c in show.credits] == [
        ("Ada Lind", Part.CAST, "Pilot", None),
        ("Ida Berg", Part.CAST, "Keeper", None),
        ("Tor Vik", Part.GUEST, "Stranger", None),
        ("Per Holm", Part.CREW, "Director", "Directing"),
    ]
    assert [c.portrait for c in show.credits[:2]] == [
        f"{IMAGES}/banners/person/11.jpg", f"{IMAGES}/banners/person/12.jpg",
    ]  # fmt: skip
    assert show.credits[0].ids == {"tvdb": "11"}


async def test_pictures_of_a_show(tvdb: Tvdb, library: Library) -> None:
    found = await tvdb.artwork(RecordKind.SHOW, {"tvdb": "300"})
    assert library.paths()[1:] == ["/series/300/artworks"]
    assert [(p.kind, p.url.rpartition("/")[2], p.language, p.season) for p in found] == [
        (ArtworkKind.POSTER, "high.jpg", None, None),
        (ArtworkKind.POSTER, "low.jpg", "en", None),
        (ArtworkKind.LOGO, "l.png", "zh-TW", None),
        (ArtworkKind.POSTER, "s.jpg", None, 1),
    ]
    assert [(p.width, p.height, p.score) for p in found[:2]] == [
        (680, None, 100017), (680, 1000, 5),
    ]  # fmt: skip
    assert all(p.url.startswith(f"{IMAGES}/banners/v4/") for p in found)


@pytest.mark.parametrize(
    ("kind", "id_", "names"),
    [
        (RecordKind.MOVIE, "4711", ["m.jpg"]),
        (RecordKind.SEASON, "401", ["1.jpg"]),
        (RecordKind.EPISODE, "501", ["501.jpg"]),
        (RecordKind.PERSON, "11", ["11.jpg"]),
        (RecordKind.MOVIE, "1", []),
        (RecordKind.COLLECTION, "1", []),
    ],
)
async def test_pictures_of_all_else(
    tvdb: Tvdb, kind: RecordKind, id_: str, names: list[str]
) -> None:
    found = await tvdb.artwork(kind, {"tvdb": id_})
    assert [p.url.rpartition("/")[2] for p in found] == names
    assert await tvdb.artwork(kind, {"tmdb": id_}) == ()


async def test_a_film(tvdb: Tvdb) -> None:
    film = await tvdb.movie("4711", ["en"])
    assert film is not None
    assert film.ids == {"tvdb": "4711", "imdb": "tt0047110"}
    assert (film.title, film.original_title) == ("The Long Harbour", "Der lange Hafen")
    assert (film.tagline, film.overview) == ("Fog.", None)
    assert (film.release_date, film.year, film.runtime) == (date(1978, 3, 2), 1978, 101 * 60)
    assert (film.budget, film.revenue) == (900_000, None)
    assert [c.name for c in film.studios] == ["Nordlicht"]
    assert film.collection is not None
    assert (film.collection.id, film.collection.title) == ("77", "Harbour Collection")
    assert (film.keywords, film.certifications) == (("fog",), {"DE": "12"})
    assert [p.kind for p in film.pictures] == [ArtworkKind.BACKDROP]


async def test_what_is_in_no_wanted_language_is_in_its_own(tvdb: Tvdb) -> None:
    film = await tvdb.movie("4711", ["ja"])
    assert film is not None
    assert (film.title, film.language, film.texts) == ("Der lange Hafen", "de", ())


async def test_a_season_with_its_episodes(tvdb: Tvdb, library: Library) -> None:
    german = [episode(501, 1, "Ebbe", overview="Es beginnt."), episode(502, 2, "Flut")]
    library.documents |= {
        "/series/300/episodes/official/deu": wrapped({"id": 300, "episodes": german}),
        "/series/300/episodes/official/eng": wrapped({"series": {"episodes": None}}),
        "/seasons/401/translations/deu": wrapped({"name": "Ebbe", "overview": "Wasser geht."}),
    }
    season = await tvdb.season("300", 1, ["de", "en", "sv", "xx"])
    assert season is not None
    assert (season.id, season.number, season.title) == ("401", 1, "Ebbe")
    assert (season.overview, season.episode_count) == ("Wasser geht.", 2)
    assert season.release_date == date(2011, 5, 1)
    assert [p.url for p in season.pictures] == [f"{IMAGES}/banners/v4/season/401/posters/1.jpg"]
    one, two = season.episodes
    assert (one.season, one.number, one.absolute, one.runtime) == (1, 1, 1, 47 * 60)
    assert (one.title, one.overview) == ("Ebbe", "Es beginnt.")
    assert [(t.language, t.title, t.overview) for t in one.texts] == [
        ("de", "Ebbe", "Es beginnt."),
        ("sv", "Ebb", "Det börjar."),
    ]
    assert (two.id, two.title, two.release_date) == ("502", "Flut", date(2011, 5, 2))
    assert [p.url for p in two.pictures] == [f"{IMAGES}/banners/episodes/300/502.jpg"]
    asked = library.paths()
    assert "/series/300/episodes/official/swe" not in asked, "its own names are there already"
    assert "/seasons/401/translations/eng" not in asked, "it has no name in English"
    await tvdb.season("300", 1, ["de", "en", "sv", "xx"])
    missing = {"/series/300/episodes/official/eng", "/seasons/401/translations/swe"}
    assert set(library.paths()[len(asked) :]) <= missing, "the rest is kept"


async def test_lists_of_episodes_come_in_pages(tvdb: Tvdb, library: Library) -> None:
    def page(request: Request) -> object:
        number = int(request.params["page"])
        more = f"/series/300/episodes?page={number + 1}" if number < 2 else None
        listed = [episode(1000 + number, number + 1, f"E{number}")]
        return wrapped({"episodes": listed}, links={"prev": None, "next": more, "page_size": 1})

    library.documents["/seasons/401/extended"] = wrapped({**SEASON, "episodes": None})
    library.documents["/series/300/episodes/official"] = page
    season = await tvdb.season("300", 1, ["sv"])
    assert season is not None
    assert [e.title for e in season.episodes] == ["E0", "E1", "E2"]
    pages = [r.params for r in library.requests if r.path.endswith("/official")]
    assert pages == [{"page": str(n), "season": "1"} for n in range(3)]


async def test_pages_without_end_are_left(tvdb: Tvdb, library: Library) -> None:
    library.documents["/seasons/401/extended"] = wrapped({**SEASON, "episodes": []})
    library.documents["/series/300/episodes/official"] = lambda _: wrapped(
        {"episodes": [episode(1000, 1, "Again")]}, links={"next": "more"}
    )
    season = await tvdb.season("300", 1, ["sv"])
    assert season is not None
    assert sum(path.endswith("/official") for path in library.paths()) == 20


@pytest.mark.parametrize(("show", "number"), [("300", 7), ("5", 1)])
async def test_a_season_that_is_not_there(tvdb: Tvdb, show: str, number: int) -> None:
    assert await tvdb.season(show, number, ["en"]) is None


async def test_an_episode(tvdb: Tvdb, library: Library) -> None:
    found = await tvdb.episode("300", 1, 1, ["en"])
    assert found is not None
    assert library.paths()[1:] == ["/series/300/episodes/official", "/episodes/501/extended"]
    assert library.requests[1].params == {"page": "0", "season": "1", "episodeNumber": "1"}
    assert found.ids == {"tvdb": "501", "imdb": "tt2222222"}
    assert (found.title, found.overview) == ("Ebb Tide", "It begins.")
    assert [c.name for c in found.credits if c.part is Part.GUEST] == ["Tor Vik"]
    assert found.pictures[0].kind is ArtworkKind.THUMB
    assert await tvdb.episode("300", 1, 9, ["en"]) is None
    assert await tvdb.episode("5", 1, 1, ["en"]) is None


async def test_a_person(tvdb: Tvdb) -> None:
    found = await tvdb.person("11", ["ja", "sv", "en"])
    assert found is not None
    assert (found.name, found.ids) == ("Ada Lind", {"tvdb": "11", "imdb": "nm0000011"})
    assert (found.born, found.died, found.birthplace) == (date(1950, 2, 3), None, "Hamn")
    assert (found.biography, found.language) == ("Hon spelar.", "sv")
    assert [t.language for t in found.biographies] == ["en", "sv"]
    assert [(h.kind, h.id, h.title, h.year) for h in found.known_for] == [
        (RecordKind.SHOW, "300", "Tidtabeller", 2011),
        (RecordKind.MOVIE, "4711", "Hafen", 1978),
    ]
    assert found.other_names == ("A. Lind",)
    assert await tvdb.person("12", ["en"]) is None


async def test_searches(tvdb: Tvdb, library: Library) -> None:
    result = {
        "objectID": "series-300", "id": "series-300", "tvdb_id": "300", "type": "series",
        "name": "Tidtabeller", "year": "2011", "first_air_time": "2011-05-01",
        "image_url": f"{IMAGES}/banners/images/missing/series.jpg", "primary_language": "swe",
        "aliases": ["Gezeiten"], "overview": "Det börjar.",
        "translations": {"eng": "Tide Tables", "deu": None, "swe": "Tidtabeller"},
        "overviews": {"eng": "It begins."},
        "remote_ids": [{"id": "tt1111111", "type": 2, "sourceName": "IMDB"}],
    }  # fmt: skip
    library.documents["/search"] = wrapped(
        [result, result, {"name": "no id"}, {"tvdb_id": "9", "name": " "}]
    )
    (hit,) = await tvdb.search_shows(Query(title="Tide & Söhne", year=2011, language="en"))
    assert library.requests[-1].params == {
        "query": "Tide & Söhne", "type": "series", "limit": "40",
    }  # fmt: skip
    assert (hit.kind, hit.id, hit.title) == (RecordKind.SHOW, "300", "Tide Tables")
    assert (hit.original_title, hit.overview) == ("Tidtabeller", "It begins.")
    assert (hit.year, hit.release_date, hit.picture) == (2011, date(2011, 5, 1), None)
    assert set(hit.alternative_titles) == {"Gezeiten", "Tide Tables", "Tidtabeller"}
    assert (hit.language, hit.ids) == ("sv", {"tvdb": "300", "imdb": "tt1111111"})
    (german,) = await tvdb.search_shows(Query(title="Tide", language="de"))
    assert (german.title, german.overview) == ("Tidtabeller", "Det börjar.")
    library.documents["/search"] = wrapped(None)
    assert await tvdb.search_movies(Query(title="nothing")) == ()
    assert await tvdb.search_people(Query(title="nobody")) == ()
    assert [r.params["type"] for r in library.requests[-2:]] == ["movie", "person"]


async def test_an_id_of_elsewhere(tvdb: Tvdb, library: Library) -> None:
    known = {"id": 300, "name": "Tidtabeller", "year": "2011", "image": "/banners/1.jpg"}
    library.documents["/search/remoteid/tt1111111"] = wrapped(
        [{"episode": {"id": 1}}, {"series": known}]
    )
    ids = {"imdb": "tt1111111", "tmdb": "1399"}
    found = await tvdb.find(RecordKind.SHOW, ids)
    assert found is not None
    assert (found.id, found.title, found.year) == ("300", "Tidtabeller", 2011)
    assert await tvdb.find(RecordKind.MOVIE, ids) is None
    assert await tvdb.find(RecordKind.SHOW, {"tmdb": "1399"}) is None
    assert await tvdb.find(RecordKind.SHOW, {"wikidata": "Q1"}) is None
