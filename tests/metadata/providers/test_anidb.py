"""AniDB's films and shows, from XML in the form of wiki.anidb.net/HTTP_API_Definition."""

import gzip
from collections.abc import AsyncIterator
from datetime import date
from typing import Final

import pytest
from msgspec import structs

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    Artwork,
    ExternalIds,
    MovieDetails,
    MovieSearch,
    Part,
    ProviderFailed,
    ProviderRefused,
    Ratings,
    Recommendations,
    RecordKind,
    SeasonDetails,
    ShowDetails,
    ShowSearch,
)
from app.metadata.providers.anidb import Anidb
from app.metadata.providers.anidb.client import SPEC
from tests.support.outside import response
from tests.support.providers import Library, Request, provider

PICTURES = "https://cdn.anidb.net/images/main"
SHOW: Final = """<?xml version="1.0" encoding="UTF-8"?>
<anime id="471" restricted="false">
  <type>TV Series</type><episodecount>12</episodecount>
  <startdate>2021-04-03</startdate><enddate>2021-06-19</enddate>
  <titles>
    <title xml:lang="x-jat" type="main">Nagai Minato</title>
    <title xml:lang="en" type="official">The Harbour`s Length</title>
    <title xml:lang="ja" type="official">長い港</title>
    <title xml:lang="de" type="official">Der lange Hafen</title>
    <title xml:lang="en" type="short">THL</title>
    <title xml:lang="ja" type="kana">ながいみなと</title>
  </titles>
  <similaranime>
    <anime id="480" approval="5" total="6">Tidal</anime>
    <anime id="481" approval="1" total="6">Mountain</anime>
    <anime id="x" approval="1" total="1">Nothing</anime>
  </similaranime>
  <url>https://harbour.example/</url>
  <creators>
    <name id="31" type="Direction">Kita Ren</name>
    <name id="32" type="Animation Work">Studio Lighthouse</name>
    <name id="33" type="Character Design">Abe Rei</name>
  </creators>
  <description>http://anidb.net/ch5 [Umi] waits.

[i]Nobody[/i] comes; it`s late.</description>
  <ratings><permanent count="812">7.25</permanent><temporary count="9">9.9</temporary></ratings>
  <picture>1234.jpg</picture>
  <resources>
    <resource type="2"><externalentity><identifier>4711</identifier></externalentity></resource>
    <resource type="43"><externalentity>
      <identifier>tt0047110</identifier></externalentity></resource>
    <resource type="44"><externalentity>
      <identifier>555</identifier><identifier>tv</identifier></externalentity></resource>
  </resources>
  <tags>
    <tag id="1" weight="600" localspoiler="false" globalspoiler="false"><name>ships</name></tag>
    <tag id="2" weight="400" localspoiler="false" globalspoiler="false">
      <name>daily life</name></tag>
    <tag id="3" weight="400" localspoiler="true" globalspoiler="false"><name>death</name></tag>
    <tag id="4" weight="0" localspoiler="false" globalspoiler="false"><name>dynamic</name></tag>
  </tags>
  <characters>
    <character id="7" type="appears in"><name>Gull</name><seiyuu id="61">Oki Yo</seiyuu></character>
    <character id="6" type="main character in">
      <name>Umi</name><seiyuu id="60" picture="77.jpg">Hara Umi</seiyuu></character>
    <character id="8" type="main character in"><name>Buoy</name></character>
  </characters>
  <episodes>
    <episode id="9002"><epno type="1">2</epno><length>24</length><airdate>2021-04-10</airdate>
      <title xml:lang="ja">上げ潮</title></episode>
    <episode id="9001"><epno type="1">1</epno><length>25</length><airdate>2021-04-03</airdate>
      <rating votes="12">8.50</rating><summary>It begins.</summary>
      <title xml:lang="ja">引き潮</title><title xml:lang="en">Ebb</title>
      <title xml:lang="x-jat">Hikishio</title></episode>
    <episode id="9101"><epno type="2">S1</epno><length>5</length>
      <title xml:lang="en">Extra</title></episode>
    <episode id="9201"><epno type="3">C1</epno><length>2</length></episode>
    <episode id="9003"><epno type="1">?</epno></episode>
    <episode id="bad"><epno type="1">4</epno></episode>
  </episodes>
</anime>"""
FILM: Final = (
    SHOW.replace("TV Series", "Movie")
    .replace("<length>25</length>", "<length>101</length>")
    .replace(
        "<identifier>4711</identifier>",
        "<identifier>1</identifier></externalentity><externalentity><identifier>2</identifier>",
    )
)


class Quick(Anidb):
    """AniDB as often as one likes."""

    spec = structs.replace(SPEC, rate=1000, burst=1000)


def packed(xml: str | bytes) -> bytes:
    body = xml if isinstance(xml, bytes) else xml.encode()
    return response(gzip.compress(body), content_encoding="gzip", content_type="text/xml")


def of(xml: str) -> Library:
    return Library({"/httpapi": packed(xml)})


@pytest.fixture
def library() -> Library:
    return of(SHOW)


@pytest.fixture
async def anidb(library: Library) -> AsyncIterator[Anidb]:
    async with provider(Quick, library, client_name="harbour") as (made, _):
        yield made


def test_what_it_can_do() -> None:
    can = (
        MovieSearch, MovieDetails, ShowSearch, ShowDetails, SeasonDetails, Artwork, Ratings,
        Recommendations,
    )  # fmt: skip
    made = Anidb.__new__(Anidb)
    assert [p for p in can if not isinstance(made, p)] == []
    assert not isinstance(made, ExternalIds)


async def test_a_show(anidb: Anidb, library: Library) -> None:
    show = await anidb.show("471", ["en", "ja", "de"])
    assert show is not None
    (request,) = library.requests
    assert request.params == {
        "request": "anime", "client": "harbour", "clientver": "1", "protover": "1", "aid": "471",
    }  # fmt: skip
    assert request.headers["accept-encoding"] == "gzip"
    assert show.ids == {"anidb": "471", "mal": "4711", "imdb": "tt0047110", "tmdb": "555"}
    assert (show.title, show.language) == ("The Harbour's Length", "en")
    assert (show.original_title, show.original_language) == ("長い港", "ja")
    assert show.alternative_titles == ("Nagai Minato", "長い港", "Der lange Hafen", "THL")
    assert {t.language: t.title for t in show.texts} == {
        "ja-Latn": "Nagai Minato", "en": "The Harbour's Length", "ja": "長い港",
        "de": "Der lange Hafen",
    }  # fmt: skip
    assert show.overview == "Umi waits.\nNobody comes; it's late."
    assert (show.release_date, show.year, show.runtime) == (date(2021, 4, 3), 2021, 25 * 60)
    assert (show.last_air_date, show.episode_count, show.anime) == (date(2021, 6, 19), 12, True)
    assert [(s.number, s.episode_count, s.episodes) for s in show.seasons] == [
        (0, 1, ()), (1, 2, ()),
    ]  # fmt: skip
    assert (show.genres, show.keywords) == (("Slice of Life",), ("ships",))
    assert [(s.name, s.ids) for s in show.studios] == [("Studio Lighthouse", {"anidb": "32"})]
    assert [(r.source, r.value, r.votes) for r in show.ratings] == [("anidb", 7.25, 812)]
    assert [(p.kind, p.url) for p in show.pictures] == [
        (ArtworkKind.POSTER, f"{PICTURES}/1234.jpg")
    ]
    assert show.homepage == "https://harbour.example/"
    assert [(c.name, c.part, c.character or c.job, c.ids) for c in show.credits] == [
        ("Hara Umi", Part.CAST, "Umi", {"anidb": "60"}),
        ("Oki Yo", Part.CAST, "Gull", {"anidb": "61"}),
        ("Kita Ren", Part.CREW, "Director", {"anidb": "31"}),
        ("Abe Rei", Part.CREW, "Character Design", {"anidb": "33"}),
    ]
    assert show.credits[0].portrait == f"{PICTURES}/77.jpg"
    assert [(h.id, h.title) for h in show.similar] == [("480", "Tidal")]
    assert await anidb.movie("471", ["en"]) is None, "a show is no film"


async def test_its_episodes_and_specials(anidb: Anidb, library: Library) -> None:
    season = await anidb.season("471", 1, ["en", "ja"])
    assert season is not None
    assert [(e.number, e.title, e.absolute) for e in season.episodes] == [
        (1, "Ebb", 1), (2, "上げ潮", 2),
    ]  # fmt: skip
    ebb = season.episodes[0]
    assert (ebb.id, ebb.ids, ebb.runtime) == ("9001", {"anidb": "9001"}, 25 * 60)
    assert (ebb.release_date, ebb.overview) == (date(2021, 4, 3), "It begins.")
    assert [(r.value, r.votes) for r in ebb.ratings] == [(8.5, 12)]
    assert {t.language: t.title for t in ebb.texts} == {
        "ja": "引き潮", "en": "Ebb", "ja-Latn": "Hikishio",
    }  # fmt: skip
    specials = await anidb.season("471", 0, ["en"])
    assert specials is not None
    assert [(e.season, e.number, e.title, e.absolute) for e in specials.episodes] == [
        (0, 1, "Extra", None)
    ]
    assert specials.id != season.id
    assert await anidb.season("471", 2, ["en"]) is None
    assert len(library.requests) == 1, "one answer tells it all"


async def test_a_film() -> None:
    async with provider(Quick, of(FILM), client_name="h", client_version="3") as (made, site):
        film = await made.movie("471", ["en"])
        assert film is not None
        assert (film.title, film.runtime) == ("The Harbour's Length", 101 * 60)
        assert film.ids == {"anidb": "471", "imdb": "tt0047110"}, "what is not surely the same"
        assert await made.show("471", ["en"]) is None
        assert await made.season("471", 1, ["en"]) is None
        assert "clientver=3" in site.asked[0].path


async def test_pictures_ratings_and_what_is_like_it(anidb: Anidb) -> None:
    ids = {"anidb": "471"}
    assert [p.kind for p in await anidb.artwork(RecordKind.SHOW, ids)] == [ArtworkKind.POSTER]
    assert [r.value for r in await anidb.ratings(RecordKind.SHOW, ids)] == [7.25]
    assert await anidb.ratings(RecordKind.SHOW, {"mal": "5"}) == ()
    assert await anidb.artwork(RecordKind.PERSON, ids) == ()
    assert [h.id for h in await anidb.recommendations(RecordKind.SHOW, "471")] == ["480"]


async def test_only_the_temporary_rating() -> None:
    xml = SHOW.replace('<permanent count="812">7.25</permanent>', "<permanent>N/A</permanent>")
    async with provider(Quick, of(xml), client_name="h") as (made, _):
        (rating,) = await made.ratings(RecordKind.SHOW, {"anidb": "471"})
        assert (rating.value, rating.votes) == (9.9, 9)


@pytest.mark.parametrize(
    "within",
    [
        "",
        "<titles/><type/><picture>../x</picture><ratings><permanent>nan</permanent></ratings>",
        "<characters><character><seiyuu/></character></characters><episodes><episode/></episodes>",
        "<tags><tag/></tags><resources><resource/></resources><creators><name/></creators>",
    ],
)
async def test_almost_nothing(within: str) -> None:
    xml = f'<anime id="471">{within}</anime>'
    async with provider(Quick, of(xml), client_name="h") as (made, _):
        show = await made.show("471", ["en"])
        assert show is not None
        assert (show.title, show.ids, show.pictures) == (None, {"anidb": "471"}, ())
        assert (show.ratings, show.credits, show.genres) == ((), (), ())


@pytest.mark.parametrize(
    "xml",
    [
        "<error>Anime not found</error>",
        '<error code="330">aid Missing or Invalid</error>',
    ],
)
async def test_what_is_not_there(xml: str) -> None:
    library = of(xml)
    async with provider(Quick, library, client_name="h") as (made, _):
        assert await made.show("5", ["en"]) is None
        assert await made.show("0", ["en"]) is None
        assert await made.show("5/../6", ["en"]) is None
        assert len(library.requests) == 1


@pytest.mark.parametrize("xml", ['<error code="500">banned</error>', "<error>Banned</error>"])
async def test_who_is_shut_out_does_not_ask(xml: str) -> None:
    library = of(xml)
    async with provider(Quick, library, client_name="h") as (made, _):
        for id_ in ("5", "6", "7"):
            with pytest.raises(ProviderFailed, match="has shut this server out") as failed:
                await made.show(id_, ["en"])
            assert failed.value.retry_after is not None
            assert failed.value.retry_after > 7000
        assert len(library.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ('<error code="302">client version missing or invalid</error>', ProviderRefused, "the key"),
        ('<error code="310">illegal input or access denied</error>', ProviderFailed, "an error"),
        ("", ProviderFailed, "not its own"),
        ("{}", ProviderFailed, "not its own"),
        ("<anime><type>TV Series</type></anime>", ProviderFailed, "not its own"),
        ('<anime id="../1"/>', ProviderFailed, "not its own"),
        ("<html><body>busy</body></html>", ProviderFailed, "not its own"),
        ('<anime id="1"><titles>', ProviderFailed, "not its own"),
        ('<!DOCTYPE a [<!ENTITY e "x">]><anime id="1">&e;</anime>', ProviderFailed, "not its own"),
        ('<?xml version="1.0" encoding="ebcdic-x"?><anime/>', ProviderFailed, "not its own"),
        ("<anime>" + "<a>" * 100_000, ProviderFailed, "not its own"),
        ("<anime>" + "<a/>" * 250_000 + "</anime>", ProviderFailed, "not its own"),
        ("<anime>" + " " * (9 << 20) + "</anime>", ProviderFailed, "not its own"),
    ],
)  # fmt: skip
async def test_answers_that_cannot_be_used(
    answer: str, error: type[ProviderFailed], says: str
) -> None:
    async with provider(Quick, of(answer), client_name="harbour") as (made, _):
        with pytest.raises(error, match=says) as failed:
            await made.show("1", ["en"])
        assert failed.value.provider == "anidb"
        assert "harbour" not in failed.value.message


async def test_it_is_asked_every_other_second() -> None:
    assert (Anidb.spec.rate, Anidb.spec.burst, Anidb.spec.attempts) == (0.5, 1, 2)


async def test_its_own_error_is_asked_once_more(library: Library) -> None:
    answers = iter([response(b"", 503), packed(SHOW)])

    def busy(_: Request) -> bytes:
        return next(answers)

    library.documents["/httpapi"] = busy
    async with provider(Quick, library, client_name="h") as (made, _):
        assert await made.show("471", ["en"]) is not None
