"""TVmaze's shows and people, from documents in its form (www.tvmaze.com/api)."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from app.images.domain import ArtworkKind
from app.metadata.domain import Part, ProviderFailed, Query, RecordKind
from app.metadata.providers.markup import plain
from app.metadata.providers.tvmaze import Tvmaze
from tests.support.outside import response
from tests.support.providers import Library, provider

IMAGES = "https://static.tvmaze.com/uploads/images"
ADA: dict[str, Any] = {
    "id": 11, "name": "Ada Lind", "country": {"name": "Norway", "code": "NO"},
    "birthday": "1970-02-03", "deathday": None, "gender": "Female",
    "image": {"medium": f"{IMAGES}/medium_portrait/1/11.jpg",
              "original": f"{IMAGES}/original_untouched/1/11.jpg"},
}  # fmt: skip
PER: dict[str, Any] = {"id": 12, "name": "Per Holm", "country": None, "image": None}
EPISODES: list[dict[str, Any]] = [
    {"id": 501, "name": "Ebb", "season": 1, "number": 1, "type": "regular",
     "airdate": "2011-05-01", "runtime": 47, "rating": {"average": 8.1},
     "image": {"medium": None, "original": "http://static.tvmaze.com/uploads/images/o/501.jpg"},
     "summary": "<p>It <b>begins</b>.</p><p>Then it rains &amp; rains.</p>"},
    {"id": 502, "name": "Flood", "season": 1, "number": 2, "airdate": "2011-05-08",
     "runtime": None, "rating": {"average": None}, "image": None, "summary": None},
    {"id": 601, "name": "Neap", "season": 2013, "number": 1, "airdate": "", "runtime": 50,
     "summary": ""},
]  # fmt: skip
SPECIALS: list[dict[str, Any]] = [
    {"id": 702, "name": "The Making", "season": 2013, "number": None, "airdate": "2013-12-24",
     "type": "insignificant_special"},
    {"id": 701, "name": "Before the Tide", "season": 1, "number": None, "airdate": "2011-04-01",
     "type": "significant_special", "summary": "<p>How.</p>"},
]  # fmt: skip
MAIN: dict[str, Any] = {
    "id": 300, "url": "https://www.tvmaze.com/shows/300/tide-tables", "name": "Tide Tables",
    "type": "Scripted", "language": "Norwegian", "genres": ["Drama", "Mystery"],
    "status": "Ended", "runtime": None, "averageRuntime": 47, "premiered": "2011-05-01",
    "ended": "2013-06-02", "officialSite": "https://tide.example/", "weight": 71,
    "rating": {"average": 7.9},
    "network": {"id": 49, "name": "Channel North",
                "country": {"name": "Norway", "code": "NO", "timezone": "Europe/Oslo"}},
    "webChannel": {"id": 50, "name": "Northflix", "country": None},
    "externals": {"tvrage": 1, "thetvdb": 7777, "imdb": "tt1111111"},
    "image": {"medium": f"{IMAGES}/m/300.jpg", "original": f"{IMAGES}/o/300.jpg"},
    "summary": "<p>A <i>harbour</i> town.</p>", "updated": 1,
}  # fmt: skip
SHOW: dict[str, Any] = {
    **MAIN,
    "_embedded": {
        "seasons": [
            {"id": 401, "number": 1, "name": "", "episodeOrder": 2, "premiereDate": "2011-05-01",
             "image": {"original": f"{IMAGES}/o/401.jpg"}, "summary": "<p>Tides.</p>"},
            {"id": 402, "number": 2013, "name": "The Return", "episodeOrder": None,
             "premiereDate": None, "image": None, "summary": None},
            {"id": 403, "number": None},
        ],
        "episodes": EPISODES,
        "cast": [{"person": ADA, "character": {"id": 1, "name": "Keeper"}, "self": False},
                 {"person": {**PER, "name": " "}, "character": None}],
        "crew": [{"type": "Creator", "person": PER}],
        "images": [
            {"type": "poster", "main": True, "resolutions": {
                "original": {"url": f"{IMAGES}/o/1.jpg", "width": 680, "height": 1000}}},
            {"type": "background", "main": False, "resolutions": {
                "original": {"url": f"{IMAGES}/o/2.jpg", "width": 1920, "height": 1080}}},
            {"type": "typography", "resolutions": {"original": {"url": f"{IMAGES}/o/3.png"}}},
            {"type": "banner", "resolutions": {
                "original": {"url": "https://evil.example/b.jpg"}}},
            {"type": None, "resolutions": {"original": {"url": f"{IMAGES}/o/5.jpg"}}},
        ],
        "akas": [{"name": "Tidevannstabeller", "country": {"code": "NO"}}],
        "nextepisode": {"id": 900, "season": 2013, "number": 2, "airdate": "2013-06-09"},
    },
}  # fmt: skip


@pytest.fixture
def library() -> Library:
    return Library(
        {
            "/shows/300": lambda request: SHOW if "embed[0]" in request.params else MAIN,
            "/shows/300/episodes": [*EPISODES, *SPECIALS],
            "/people/11": ADA,
        }
    )


@pytest.fixture
async def tvmaze(library: Library) -> AsyncIterator[Tvmaze]:
    async with provider(Tvmaze, library) as (made, _):
        yield made


async def test_a_show(tvmaze: Tvmaze, library: Library) -> None:
    show = await tvmaze.show("300", ["de", "en"])
    assert show is not None
    (asked,) = library.requests
    assert [asked.params[f"embed[{at}]"] for at in range(7)] == [
        "seasons", "episodes", "cast", "crew", "images", "akas", "nextepisode",
    ]  # fmt: skip
    assert show.ids == {"tvmaze": "300", "tvdb": "7777", "imdb": "tt1111111"}
    assert (show.title, show.overview) == ("Tide Tables", "A harbour town.")
    assert (show.language, show.original_language) == ("en", "no")
    assert show.alternative_titles == ("Tidevannstabeller",)
    assert (show.release_date, show.last_air_date, show.next_air_date) == (
        date(2011, 5, 1), date(2013, 6, 2), date(2013, 6, 9),
    )  # fmt: skip
    assert (show.runtime, show.status, show.popularity) == (47 * 60, "Ended", 71.0)
    assert show.countries == ("NO",)
    assert [(n.name, n.ids, n.country) for n in show.networks] == [
        ("Channel North", {"tvmaze": "49"}, "NO"),
        ("Northflix", {"tvmaze": "50"}, None),
    ]
    assert [(r.source, r.value, r.votes) for r in show.ratings] == [("tvmaze", 7.9, None)]
    assert [(c.name, c.part, c.character, c.job) for c in show.credits] == [
        ("Ada Lind", Part.CAST, "Keeper", None),
        ("Per Holm", Part.CREW, None, "Creator"),
    ]
    assert show.credits[0].portrait == f"{IMAGES}/original_untouched/1/11.jpg"
    assert [(p.kind, p.url, p.width, p.score, p.season) for p in show.pictures] == [
        (ArtworkKind.POSTER, f"{IMAGES}/o/1.jpg", 680, 1.0, None),
        (ArtworkKind.BACKDROP, f"{IMAGES}/o/2.jpg", 1920, 0.0, None),
        (ArtworkKind.LOGO, f"{IMAGES}/o/3.png", None, 0.0, None),
        (ArtworkKind.POSTER, f"{IMAGES}/o/401.jpg", None, 0.0, 1),
    ]
    assert [(s.number, s.id, s.title, s.episode_count) for s in show.seasons] == [
        (1, "401", None, 2),
        (2013, "402", "The Return", 1),
    ]
    assert show.anime is False


async def test_a_show_of_which_little_is_known(tvmaze: Tvmaze, library: Library) -> None:
    library.documents["/shows/5"] = {
        "id": 5, "name": "Bare", "genres": ["Anime"], "language": None, "network": None,
        "webChannel": None, "externals": {"thetvdb": None, "imdb": None}, "image": None,
        "rating": {"average": None}, "summary": None, "premiered": None, "_embedded": [],
    }  # fmt: skip
    show = await tvmaze.show("5", ["en"])
    assert show is not None
    assert show.ids == {"tvmaze": "5"}
    assert (show.seasons, show.pictures, show.ratings, show.anime) == ((), (), (), True)


async def test_a_season_is_told_with_its_show(tvmaze: Tvmaze, library: Library) -> None:
    season = await tvmaze.season("300", 1, ["en"])
    assert season is not None
    assert (season.id, season.overview, season.release_date) == ("401", "Tides.", date(2011, 5, 1))
    first, second = season.episodes
    assert (first.id, first.season, first.number, first.title) == ("501", 1, 1, "Ebb")
    assert first.overview == "It begins.\nThen it rains & rains."
    assert first.ids == {"tvmaze": "501"}
    assert [(p.kind, p.url) for p in first.pictures] == [
        (ArtworkKind.THUMB, f"{IMAGES}/o/501.jpg"),
    ]
    assert [(r.source, r.value) for r in first.ratings] == [("tvmaze", 8.1)]
    assert (second.runtime, second.ratings, second.overview) == (None, (), None)
    assert await tvmaze.season("300", 3, ["en"]) is None
    assert await tvmaze.season("6", 1, ["en"]) is None
    assert library.paths() == ["/shows/300", "/shows/6"]


async def test_specials_have_no_number_and_are_counted(tvmaze: Tvmaze, library: Library) -> None:
    season = await tvmaze.season("300", 0, ["en"])
    assert season is not None
    assert library.requests[-1].path == "/shows/300/episodes"
    assert library.requests[-1].params == {"specials": "1"}
    assert [(e.season, e.number, e.title) for e in season.episodes] == [
        (0, 1, "Before the Tide"),
        (0, 2, "The Making"),
    ]
    special = await tvmaze.episode("300", 0, 2, ["en"])
    assert special is not None
    assert special.id == "702"
    library.documents["/shows/7/episodes"] = EPISODES
    assert await tvmaze.season("7", 0, ["en"]) is None
    assert await tvmaze.episode("8", 0, 1, ["en"]) is None


async def test_an_episode_with_its_guests(tvmaze: Tvmaze, library: Library) -> None:
    library.documents["/shows/300/episodebynumber"] = EPISODES[0]
    library.documents["/episodes/501"] = {
        **EPISODES[0],
        "_embedded": {
            "guestcast": [{"person": ADA, "character": {"name": "Harbour master"}}],
            "guestcrew": [{"person": PER, "guestCrewType": "Director"}],
        },
    }
    found = await tvmaze.episode("300", 1, 1, ["en"])
    assert found is not None
    assert library.requests[0].params == {"season": "1", "number": "1"}
    assert library.requests[1].params == {"embed[0]": "guestcast", "embed[1]": "guestcrew"}
    assert [(c.name, c.part, c.character or c.job) for c in found.credits] == [
        ("Ada Lind", Part.GUEST, "Harbour master"),
        ("Per Holm", Part.CREW, "Director"),
    ]
    assert await tvmaze.episode("9", 1, 1, ["en"]) is None


async def test_searches(tvmaze: Tvmaze, library: Library) -> None:
    library.documents["/search/shows"] = [
        {"score": 0.9, "show": MAIN},
        {"score": 0.5, "show": {"id": 2, "name": None}},
        {"score": 0.4},
    ]
    library.documents["/search/people"] = [{"score": 1, "person": ADA}]
    (hit,) = await tvmaze.search_shows(Query(title="Tide & Tables"))
    assert (hit.kind, hit.id, hit.title, hit.year) == (RecordKind.SHOW, "300", "Tide Tables", 2011)
    assert (hit.language, hit.picture) == ("no", f"{IMAGES}/o/300.jpg")
    assert library.requests[-1].params == {"q": "Tide & Tables"}
    (person,) = await tvmaze.search_people(Query(title="ada"))
    assert (person.kind, person.id, person.title) == (RecordKind.PERSON, "11", "Ada Lind")


async def test_somebody(tvmaze: Tvmaze) -> None:
    person = await tvmaze.person("11", ["en"])
    assert person is not None
    assert (person.name, person.born, person.died) == ("Ada Lind", date(1970, 2, 3), None)
    assert (person.birthplace, person.ids) == ("Norway", {"tvmaze": "11"})
    assert len(person.pictures) == 1
    assert await tvmaze.person("13", ["en"]) is None


async def test_a_lookup_redirects_to_the_show(tvmaze: Tvmaze, library: Library) -> None:
    library.documents["/lookup/shows"] = lambda request: (
        response(b"", 301, location="/shows/300")
        if request.params == {"imdb": "tt1111111"}
        else None
    )
    found = await tvmaze.find(RecordKind.SHOW, {"tvdb": "5", "imdb": "tt1111111"})
    assert found is not None
    assert (found.id, found.ids["tvdb"]) == ("300", "7777")
    assert [(r.path, r.params) for r in library.requests] == [
        ("/lookup/shows", {"thetvdb": "5"}),
        ("/lookup/shows", {"imdb": "tt1111111"}),
        ("/shows/300", {}),
    ]
    assert await tvmaze.find(RecordKind.SHOW, {"tmdb": "5"}) is None
    assert await tvmaze.find(RecordKind.MOVIE, {"imdb": "tt1111111"}) is None


async def test_ratings_and_pictures_by_any_id(tvmaze: Tvmaze, library: Library) -> None:
    library.documents["/lookup/shows"] = response(b"", 301, location="/shows/300")
    for ids in ({"tvmaze": "300"}, {"tvdb": "7777"}):
        (rating,) = await tvmaze.ratings(RecordKind.SHOW, ids)
        assert rating.value == 7.9
        assert len(await tvmaze.artwork(RecordKind.SHOW, ids)) == 4
    assert await tvmaze.ratings(RecordKind.MOVIE, {"tvmaze": "300"}) == ()
    assert await tvmaze.artwork(RecordKind.PERSON, {"tvmaze": "300"}) == ()
    assert await tvmaze.artwork(RecordKind.SHOW, {"tmdb": "1"}) == ()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p>\n<p>Two<br/>three</p>", "One.\nTwo\nthree"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("<scr<b>ipt>x", "<script>x"),
        ("<a href='javascript:x'>link</a>", "link"),
        ("<p></p>", None),
        (None, None),
        ("<" * 1_000_000, "<" * 10_000),
    ],
)
def test_markup_becomes_text(html: str | None, text: str | None) -> None:
    assert plain(html) == text


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (response(b"{}", 401), ProviderFailed, "answers 401"),
        (response(b"[]"), ProviderFailed, "in a form that is not its own"),
        (response(b'{"id": 0}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"id": 1, "genres": null}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"id": 1, "_embedded": 5}'), ProviderFailed, "in a form that is not its own"),
        (response(b'{"id": ' + b"9" * 5000 + b"}"), ProviderFailed, "not its own"),
        (response(b'{"_embedded":' * 50_000), ProviderFailed, "in a form that is not its own"),
        (response(b"{}", 400), ProviderFailed, "answers 400"),
    ],
)
async def test_answers_that_cannot_be_used(
    tvmaze: Tvmaze, library: Library, answer: bytes, error: type[ProviderFailed], says: str
) -> None:
    library.documents["/shows/1"] = answer
    with pytest.raises(error, match=says) as failed:
        await tvmaze.show("1", ["en"])
    assert failed.value.provider == "tvmaze"


async def test_what_is_out_of_bounds_is_left_out(tvmaze: Tvmaze, library: Library) -> None:
    library.documents["/shows/1"] = {
        "id": 1, "name": "N" * 5000, "weight": -5, "runtime": 1e300, "rating": {"average": 11},
        "externals": {"thetvdb": 10**30, "imdb": "../../x"}, "genres": ["g"] * 5000,
        "officialSite": "javascript:alert(1)", "image": {"original": "https://evil.example/x.jpg"},
        "_embedded": {
            "seasons": [{"id": n + 1, "number": n} for n in range(-1, 1000)],
            "episodes": [{"id": 1, "season": 10**20, "number": 1},
                         {"id": 2, "season": 1, "number": -1},
                         {"id": 3, "season": 1, "number": 1}],
            "cast": [{"person": {"id": 1, "name": "A"}}] * 2000,
        },
    }  # fmt: skip
    library.documents["/shows/1"]["_embedded"]["seasons"][0]["id"] = 7  # type: ignore[index]
    show = await tvmaze.show("1", ["en"])
    assert show is not None
    assert len(show.title or "") == 500
    assert (show.popularity, show.runtime, show.ratings) == (None, None, ())
    assert (show.ids, show.homepage, show.pictures) == ({"tvmaze": "1"}, None, ())
    assert len(show.genres) == 1
    assert len(show.seasons) <= 200
    assert len(show.credits) == 300
    assert [e.id for s in show.seasons for e in s.episodes] == ["3"]
