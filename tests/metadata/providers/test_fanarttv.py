"""fanart.tv's pictures, from documents in its form (api.fanart.tv, version 3)."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.images.domain import ArtworkKind
from app.metadata.domain import ProviderFailed, ProviderRefused, RecordKind
from app.metadata.providers.fanarttv import SORTS, Fanarttv
from tests.support.outside import response
from tests.support.providers import Library, provider

CONTRACTS = Path(__file__).parents[4] / "shared" / "contracts"
RECORDED = Path(os.environ.get("REVENGE_CONTRACTS", CONTRACTS)) / "fanart-python-fanart"
HERE = "https://assets.fanart.tv/fanart"
MOVIE: dict[str, Any] = {
    "name": "The Long Harbour", "tmdb_id": "4711", "imdb_id": "tt0047110",
    "hdmovielogo": [
        {"id": "1", "url": f"{HERE}/logo-1.png", "lang": "de", "likes": "2"},
        {"id": "2", "url": f"{HERE}/logo-2.png", "lang": "en", "likes": "9"},
    ],
    "movieposter": [
        {"id": "3", "url": f"{HERE}/poster.jpg", "lang": "00", "likes": 4},
        {"id": "4", "url": "https://evil.example/fanart/poster.jpg", "lang": "en", "likes": "7"},
        {"id": "5", "url": "", "lang": "en", "likes": "7"},
        {"id": "6"},
    ],
    "moviebackground": [
        {"id": "7", "url": "http://assets.fanart.tv/fanart/old one (2).jpg", "lang": "",
         "likes": "many", "width": "2560", "height": 1440}],
    "moviedisc": [{"id": "8", "url": f"{HERE}/disc.png", "lang": "en", "likes": "0",
                   "disc": "1", "disc_type": "bluray"}],
    "hdmovieclearart": [{"id": "9", "url": f"{HERE}/art.png", "lang": "en", "likes": "1"}],
    "moviebanner": None,
    "moviesquare": [{"id": "10", "url": f"{HERE}/square.jpg", "lang": "en", "likes": "1"}],
    "moviebackground_count": 1,
}  # fmt: skip
SHOW: dict[str, Any] = {
    "name": "Tide Tables", "thetvdb_id": "7777",
    "hdtvlogo": [{"id": "1", "url": f"{HERE}/tv/logo.png", "lang": "en", "likes": "3"}],
    "showbackground": [
        {"id": "2", "url": f"{HERE}/tv/all.jpg", "lang": "", "likes": "3", "season": "all"},
        {"id": "3", "url": f"{HERE}/tv/two.jpg", "lang": None, "likes": "2", "season": "2"}],
    "seasonposter": [
        {"id": "4", "url": f"{HERE}/tv/s0.jpg", "lang": "en", "likes": "3", "season": "0"},
        {"id": "5", "url": f"{HERE}/tv/s1.jpg", "lang": "en", "likes": "2", "season": 1},
        {"id": "6", "url": f"{HERE}/tv/sall.jpg", "lang": "en", "likes": "1", "season": "all"}],
    "characterart": [{"id": "7", "url": f"{HERE}/tv/who.png", "lang": "en", "likes": "3"}],
}  # fmt: skip


@pytest.fixture
def library() -> Library:
    return Library({"/movies/4711": MOVIE, "/movies/tt0047110": MOVIE, "/tv/7777": SHOW})


@pytest.fixture
async def fanart(library: Library) -> AsyncIterator[Fanarttv]:
    async with provider(Fanarttv, library, api_key="project", client_key="mine") as (made, _):
        yield made


async def test_pictures_of_a_film(fanart: Fanarttv, library: Library) -> None:
    found = await fanart.artwork(RecordKind.MOVIE, {"tmdb": "4711", "imdb": "tt0047110"})
    assert library.paths() == ["/movies/4711"]
    assert [(p.kind, p.url, p.language, p.score) for p in found] == [
        (ArtworkKind.LOGO, f"{HERE}/logo-2.png", "en", 9),
        (ArtworkKind.LOGO, f"{HERE}/logo-1.png", "de", 2),
        (ArtworkKind.POSTER, f"{HERE}/poster.jpg", None, 4),
        (ArtworkKind.BACKDROP, f"{HERE}/old%20one%20(2).jpg", None, 0),
        (ArtworkKind.DISC, f"{HERE}/disc.png", "en", 0),
        (ArtworkKind.CLEARART, f"{HERE}/art.png", "en", 1),
    ]
    assert [(p.width, p.height) for p in found[:4]] == [
        (800, 310), (800, 310), (1000, 1426), (2560, 1440),
    ]  # fmt: skip


async def test_pictures_of_a_show_and_its_seasons(fanart: Fanarttv) -> None:
    found = await fanart.artwork(RecordKind.SHOW, {"tvdb": "7777"})
    assert [(p.kind, p.url.rpartition("/")[2], p.season) for p in found] == [
        (ArtworkKind.LOGO, "logo.png", None),
        (ArtworkKind.BACKDROP, "all.jpg", None),
        (ArtworkKind.BACKDROP, "two.jpg", 2),
        (ArtworkKind.POSTER, "s0.jpg", 0),
        (ArtworkKind.POSTER, "s1.jpg", 1),
    ]


async def test_a_film_is_known_by_its_id_at_imdb_too(fanart: Fanarttv, library: Library) -> None:
    assert await fanart.artwork(RecordKind.MOVIE, {"imdb": "tt0047110"})
    assert library.paths() == ["/movies/tt0047110"]


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        (RecordKind.SHOW, {"tmdb": "7777"}),
        (RecordKind.MOVIE, {"tvdb": "4711"}),
        (RecordKind.MOVIE, {"tmdb": "../tv/7777"}),
        (RecordKind.PERSON, {"tmdb": "4711", "tvdb": "7777"}),
        (RecordKind.SHOW, {}),
    ],
)
async def test_nothing_is_asked_without_a_fitting_id(
    fanart: Fanarttv, library: Library, kind: RecordKind, ids: dict[str, str]
) -> None:
    assert await fanart.artwork(kind, ids) == ()
    assert library.paths() == []


async def test_keys_are_headers(fanart: Fanarttv, library: Library) -> None:
    await fanart.artwork(RecordKind.MOVIE, {"tmdb": "4711"})
    async with provider(Fanarttv, library, api_key="project") as (alone, _):
        await alone.artwork(RecordKind.MOVIE, {"tmdb": "4711"})
    both, one = library.requests
    assert (both.headers["api-key"], both.headers["client-key"]) == ("project", "mine")
    assert (one.headers["api-key"], "client-key" in one.headers) == ("project", False)
    assert both.params == one.params == {}


@pytest.mark.parametrize("key", ["schlüssel", "a\nb"])
async def test_a_key_that_cannot_be_sent_is_refused(library: Library, key: str) -> None:
    async with provider(Fanarttv, library, api_key=key) as (made, _):
        with pytest.raises(ProviderRefused):
            await made.artwork(RecordKind.MOVIE, {"tmdb": "4711"})
    assert library.paths() == []


async def test_what_is_not_there_is_nothing_and_answers_are_kept(
    fanart: Fanarttv, library: Library
) -> None:
    library.documents["/tv/8"] = {"status": "error", "error message": "Not found"}
    assert await fanart.artwork(RecordKind.MOVIE, {"tmdb": "5"}) == ()
    assert await fanart.artwork(RecordKind.SHOW, {"tvdb": "8"}) == ()
    for _ in range(3):
        await fanart.artwork(RecordKind.SHOW, {"tvdb": "7777"})
    assert library.paths() == ["/movies/5", "/tv/8", "/tv/7777"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (response(b"{}", 401), ProviderRefused),
        (response(b'{"status":"error","error message":"Invalid API key"}'), ProviderRefused),
        (response(b'{"status":"error","error message":"Sorry"}'), ProviderFailed),
        (response(b"{}", 418), ProviderFailed),
        (response(b"[]"), ProviderFailed),
        (response(b'{"movieposter": ["no"]}'), ProviderFailed),
        (response(b'{"movieposter": {"url": 1}}'), ProviderFailed),
        (response(b'{"movieposter": [{"url": 1}]}'), ProviderFailed),
        (response(b"[" * 100_000), ProviderFailed),
    ],
)
async def test_answers_that_cannot_be_used(
    fanart: Fanarttv, library: Library, answer: bytes, error: type[ProviderFailed]
) -> None:
    library.documents["/movies/1"] = answer
    with pytest.raises(error) as failed:
        await fanart.artwork(RecordKind.MOVIE, {"tmdb": "1"})
    assert type(failed.value) is error
    assert failed.value.provider == "fanarttv"
    assert "project" not in failed.value.message


async def test_a_great_many_are_cut(fanart: Fanarttv, library: Library) -> None:
    many = [{"url": f"{HERE}/{n}.jpg", "likes": str(n)} for n in range(5000)]
    library.documents["/movies/1"] = {"movieposter": many}
    found = await fanart.artwork(RecordKind.MOVIE, {"tmdb": "1"})
    assert len(found) == 100
    assert found[0].score == 4999


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recordings in {RECORDED}")
@pytest.mark.parametrize(
    ("name", "kind", "ids"),
    [
        ("movie_thg", RecordKind.MOVIE, {"tmdb": "70160"}),
        ("tv_79349", RecordKind.SHOW, {"tvdb": "79349"}),
        ("tv_239761", RecordKind.SHOW, {"tvdb": "239761"}),
    ],
)
async def test_recorded_answers(
    fanart: Fanarttv, library: Library, name: str, kind: RecordKind, ids: dict[str, str]
) -> None:
    """They are older: all is below the name, which is the only difference."""
    document = msgspec.json.decode((RECORDED / f"{name}.json").read_bytes())
    (inner,) = document.values()
    path = "movies" if kind is RecordKind.MOVIE else "tv"
    library.documents[f"/{path}/{next(iter(ids.values()))}"] = inner
    found = await fanart.artwork(kind, ids)
    known = [one for sort in SORTS for one in inner.get(sort, ())]
    numbered = [
        one
        for sort, what in SORTS.items()
        for one in inner.get(sort, ())
        if not what.of_season or one["season"].isdigit()
    ]
    assert len(found) == len(numbered) > 0.9 * len(known)
    assert {p.score for p in found} == {float(one["likes"]) for one in numbered}
