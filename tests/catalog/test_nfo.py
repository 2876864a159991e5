"""What NFO files say, and what is not believed."""

import pytest

from app.catalog.domain import MOST_SLUG, slug
from app.catalog.service import MOST_NFO_BYTES, BadNfo, parse_nfo
from app.people.domain import MOST_KEY, person_key

FULL = """\ufeff<?xml version="1.0" encoding="UTF-8"?>
<movie>
  <Title>The Film</Title><originaltitle>Der Film</originaltitle><sorttitle>Film, The</sorttitle>
  <ratings><rating name="a" max="100"><value>50</value><votes>5</votes></rating>
    <rating name="b" max="100" default="true"><value>75</value><votes>1,234</votes></rating>
  </ratings>
  <outline>short</outline><plot>A\u0007 plot\nof two lines</plot><runtime>90 min</runtime>
  <mpaa>DE:FSK 12</mpaa><genre>Drama / War</genre><genre>drama</genre>
  <uniqueid type="IMDB">tt1234567</uniqueid><tmdbid>42</tmdbid><id>tt7654321</id>
  <set>Old Style</set><premiered>1999-12-31</premiered>
  <thumb aspect="poster">https://a.test/p.jpg</thumb><thumb>javascript:alert(1)</thumb>
  <fanart><thumb>http://a.test/f.jpg</thumb></fanart>
  <trailer>plugin://x</trailer>
  <actor><name>Ann</name><role>Queen</role><thumb>https://a.test/ann.jpg</thumb></actor>
  <actor><role>nobody</role></actor>
  <director>Dan</director><credits>Will / Wanda</credits><producer>Pat</producer>
</movie>
https://www.imdb.com/title/tt9999999/
"""


def test_everything_an_nfo_says() -> None:
    found = parse_nfo(FULL.replace("\u0007", "").encode())
    assert (found.title, found.original_title, found.sort_title) == (
        "The Film",
        "Der Film",
        "Film, The",
    )
    assert (found.rating, found.votes) == (7.5, 1234)
    assert found.overview == "A plot\nof two lines"
    assert (found.runtime, found.year, found.release_date) == (5400, 1999, "1999-12-31")
    assert found.certification == "DE:FSK 12"
    assert found.genres == ("Drama", "War")
    assert found.ids == {"imdb": "tt1234567", "tmdb": "42"}
    assert (found.collection, found.collection_overview) == ("Old Style", None)
    assert [(p.aspect, p.url) for p in found.pictures] == [
        ("poster", "https://a.test/p.jpg"),
        ("fanart", "http://a.test/f.jpg"),
    ]
    assert found.trailer_url is None
    assert [(p.name, p.character) for p in found.cast] == [("Ann", "Queen")]
    assert [(p.job, p.name) for p in found.crew] == [
        ("Director", "Dan"),
        ("Writer", "Will"),
        ("Writer", "Wanda"),
        ("Producer", "Pat"),
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("https://www.imdb.com/title/tt0133093/", {"imdb": "tt0133093"}),
        ("see https://www.themoviedb.org/movie/603-the-matrix", {"tmdb": "603"}),
        ("<movie></movie> https://www.themoviedb.org/movie/603", {"tmdb": "603"}),
    ],
)
def test_addresses_alone(text: str, ids: dict[str, str]) -> None:
    assert parse_nfo(text.encode()).ids == ids


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing here",
        "<",
        "<movie>",
        "<movie><a></b></movie>",
        "<!DOCTYPE a><movie/>",
        '<!DOCTYPE a [<!ENTITY x "y">]><movie>&x;</movie>',
        "<movie>&undefined;</movie>",
        "<movie>&#0;</movie>",
        "<movie>&#xD800;</movie>",
        "<movie>" + "<a>" * 100 + "</a>" * 100 + "</movie>",
        "<movie>" * 100_000,
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(BadNfo) as refused:
        parse_nfo(text.encode())
    assert str(refused.value).endswith(".")


def test_too_large() -> None:
    with pytest.raises(BadNfo, match="too large"):
        parse_nfo(b"<movie>" + b" " * MOST_NFO_BYTES + b"</movie>")


@pytest.mark.parametrize(
    "rating",
    [
        "<rating>nan</rating>",
        "<rating>inf</rating>",
        "<rating>-1</rating>",
        "<rating>11</rating>",
        "<rating>ten</rating>",
        "<ratings><rating max='nan'><value>-5</value></rating></ratings>",
    ],
)
def test_ratings_that_are_none(rating: str) -> None:
    assert parse_nfo(f"<movie>{rating}</movie>".encode()).rating is None


def test_bytes_that_are_no_utf8() -> None:
    found = parse_nfo(b"<movie><title>Caf\xe9</title></movie>")
    assert found.title is not None
    assert found.title.startswith("Caf")


def test_texts_are_bounded_and_clean() -> None:
    name, many = "n" * 5000, "<actor><name>x{}</name></actor>"
    text = f"<movie><title>a\u202eb\u200bc</title><actor><name>{name}</name></actor>"
    text += "".join(many.format(i) for i in range(900)) + "</movie>"
    found = parse_nfo(text.encode())
    assert found.title == "abc"
    assert len(found.cast) == 200
    assert len(found.cast[0].name) == 200


@pytest.mark.parametrize(
    ("one", "other"),
    [("Science-Fiction", "science fiction"), ("Café", "CAFE"), ("Film-Noir", "film  noir")],
)
def test_slugs(one: str, other: str) -> None:
    assert slug(one) == slug(other)


def test_keys_are_bounded() -> None:
    assert slug("!!!") == ""
    assert len(slug("ﷺ" * 200)) <= MOST_SLUG
    assert len(person_key("ﷺ" * 200)) <= MOST_KEY
    assert person_key(" Zoë  Saldaña ") == person_key("ZOE SALDANA")
