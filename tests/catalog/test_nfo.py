"""What NFO files say, and what is not believed."""

import contextlib
import time

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


def test_notes_around_addresses_and_xml() -> None:
    notes = "  <<< GROUP presents >>>  1 < 2\n https://www.imdb.com/title/tt0133093/ <end>"
    assert parse_nfo(notes.encode("cp1252")).ids == {"imdb": "tt0133093"}
    mixed = "notes\n<movie><title>Told</title></movie>\nhttps://www.imdb.com/title/tt0133093/?a>b"
    found = parse_nfo(mixed.encode())
    assert (found.title, found.ids) == ("Told", {"imdb": "tt0133093"})


def test_ids_of_other_films_in_texts_are_not_this_one() -> None:
    text = "<movie><plot>Follows tt0133093.</plot><set>S</set></movie>"
    assert parse_nfo(text.encode()).ids == {}


def test_the_id_of_a_collection_is_no_films() -> None:
    """All films of the collection would be one."""
    text = (
        '<movie><uniqueid type="tmdbSet">263</uniqueid><uniqueid type="imdb">tt0000002</uniqueid>'
        '<uniqueid type="imdb" default="true">tt0000001</uniqueid><id>tt0000003</id></movie>'
    )
    assert parse_nfo(text.encode()).ids == {"imdb": "tt0000001"}


@pytest.mark.parametrize(
    "text",
    [
        "<movie><tmdbid>١٢٣</tmdbid></movie>",
        "<movie><tmdbid>1 or 2</tmdbid></movie>",
        "<movie><imdbid>tt1</imdbid></movie>",
        "<movie><uniqueid type='home'>5</uniqueid></movie>",
    ],
)
def test_what_is_no_id(text: str) -> None:
    assert parse_nfo(text.encode()).ids == {}


BROKEN_DEFAULT = """<ratings><rating default='true'><value>x</value></rating>
    <rating max='5'><value>4</value><votes>9</votes></rating></ratings>"""


@pytest.mark.parametrize(
    ("text", "rating", "votes"),
    [
        ("<rating>7,5</rating><votes>1.234</votes>", 7.5, 1234),
        ("<rating>7.5</rating><votes>1 234 567</votes>", 7.5, 1_234_567),
        ("<rating>0.0</rating><votes>0</votes>", None, None),
        ("<ratings><rating><value>0</value><votes>0</votes></rating></ratings>", None, None),
        (BROKEN_DEFAULT, 8.0, 9),
        ("<ratings></ratings><rating>6</rating>", 6.0, None),
    ],
)
def test_ratings(text: str, rating: float | None, votes: int | None) -> None:
    found = parse_nfo(f"<movie>{text}</movie>".encode())
    assert (found.rating, found.votes) == (rating, votes)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("95", 5700),
        ("95 min", 5700),
        ("1h 35min", 5700),
        ("1 h", 3600),
        ("1:35:00", 5700),
        ("01:35", 5700),
        ("0", None),
        ("long", None),
        ("99999999999", None),
    ],
)
def test_runtimes(text: str, seconds: int | None) -> None:
    assert parse_nfo(f"<movie><runtime>{text}</runtime></movie>".encode()).runtime == seconds


def test_the_cast_in_its_own_order() -> None:
    actors = "".join(
        f"<actor><name>{name}</name><order>{order}</order></actor>"
        for name, order in (("Third", 2), ("First", 0), ("Second", 1))
    )
    found = parse_nfo(f"<movie>{actors}</movie>".encode())
    assert [person.name for person in found.cast] == ["First", "Second", "Third"]


def test_the_crew_by_name() -> None:
    text = (
        "<movie><director>Ann One, Ben Two, Jr.</director><credits>Cid / Dot</credits>"
        "<writer>Dot</writer><producer>Eve;Fay</producer></movie>"
    )
    assert [(p.job, p.name) for p in parse_nfo(text.encode()).crew] == [
        ("Director", "Ann One"),
        ("Director", "Ben Two, Jr."),
        ("Writer", "Cid"),
        ("Writer", "Dot"),
        ("Producer", "Eve"),
        ("Producer", "Fay"),
    ]


def test_pictures_of_every_form() -> None:
    text = (
        "<movie><thumb>https://a.test/1</thumb><thumb aspect='clearlogo'>https://a.test/2</thumb>"
        "<thumb aspect='set.poster'>https://a.test/3</thumb>"
        "<fanart><thumb preview='x'>https://a.test/4</thumb></fanart>"
        "<art><poster>https://a.test/1</poster><banner>https://a.test/5</banner>"
        "<fanart>/mnt/film/fanart.jpg</fanart></art></movie>"
    )
    assert [(p.aspect, p.url[-1]) for p in parse_nfo(text.encode()).pictures] == [
        ("poster", "1"),
        ("clearlogo", "2"),
        ("set.poster", "3"),
        ("fanart", "4"),
        ("banner", "5"),
    ]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (
            "plugin://plugin.video.youtube/?action=play_video&amp;videoid=abc-DEF_123",
            "https://www.youtube.com/watch?v=abc-DEF_123",
        ),
        (
            "plugin://plugin.video.youtube/play/?video_id=abcDEF12345",
            "https://www.youtube.com/watch?v=abcDEF12345",
        ),
        ("https://a.test/trailer.mp4", "https://a.test/trailer.mp4"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("plugin://plugin.video.other/?videoid=abcDEF12345", None),
    ],
)
def test_trailers(text: str, url: str | None) -> None:
    assert parse_nfo(f"<movie><trailer>{text}</trailer></movie>".encode()).trailer_url == url


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-16", "utf-16"),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "windows-1252"),
        ("iso-8859-1", "ISO-8859-1"),
        ("cp1252", "utf-8"),
        ("cp1252", "iso-8859-99"),
        ("cp1252", "unicode_escape"),
    ],
)
def test_encodings(encoding: str, declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><movie><title>Café Ünïon</title></movie>'
    found = parse_nfo(text.encode(encoding)).title
    assert found == "Café Ünïon" or (declared == "iso-8859-99" and found)


def test_spaces_of_every_kind_stay_between_words() -> None:
    text = (
        "<movie><title>Qui\u00a0est\u3000l\u00e0\n ?</title><plot>\u0645\u06cc\u200c\u062e</plot>"
    )
    found = parse_nfo((text + "</movie>").encode())
    assert found.title == "Qui est l\u00e0 ?"
    assert found.overview == "\u0645\u06cc\u200c\u062e"


def test_hostile_shapes_are_refused_quickly() -> None:
    started = time.perf_counter()
    for text in (
        "<movie>" + "<a>" * 70_000 + "</a>" * 70_000 + "</movie>",
        "<movie>" + "<actor><name>x</name></actor>" * 15_000 + "</movie>",
        "<movie " + " ".join(f'a{n}=""' for n in range(40_000)) + "/>",
        "<movie><set>" + "<name>x</name>" * 30_000 + "</set></movie>",
    ):
        with contextlib.suppress(BadNfo):
            parse_nfo(text.encode())
    assert time.perf_counter() - started < 10
