"""What lies beside episodes and in the folders of shows: NFO files and pictures."""

from typing import Any

import pytest

from app.libraries.domain import LibraryKind, ScanErrorCode, ScanKind
from tests.scanning.stage import Stage
from tests.shows.test_import import scanned

SHOW = """<tvshow><title>The Show</title><year>2011</year><plot>About it.</plot><mpaa>TV-14</mpaa>
  <status>Returning Series</status><studio>HBO</studio><genre>Drama</genre>
  <uniqueid type="tvdb" default="true">12</uniqueid><namedseason number="1">Book One</namedseason>
  <thumb aspect="poster" type="season" season="1">https://a.test/s1.jpg</thumb>
  <thumb aspect="poster">https://a.test/show.jpg</thumb><premiered>2011-04-17</premiered></tvshow>"""
KODI = """<episodedetails><title>Winter</title><season>1</season><episode>1</episode>
  <aired>2011-04-17</aired><plot>It comes.</plot><mpaa>TV-MA</mpaa>
  <actor><name>Ann</name><role>Queen</role></actor><director>Dan</director></episodedetails>
<episodedetails><title>The Road</title><season>1</season><episode>2</episode>
  <aired>2011-04-24</aired></episodedetails>"""
END = "</episodedetails>"
JELLYFIN = """<?xml version="1.0"?><episodedetails><title>Third</title><season>1</season>
  <episode>3</episode><actor><name>Gus</name><type>GuestStar</type></actor></episodedetails>"""


async def test_nfo_files(stage: Stage) -> None:
    stage.put("Show/tvshow.nfo", SHOW)
    stage.put("Show/Season 1/Show S01E01-E02.nfo", KODI)
    stage.put("Show/Season 1/Show S01E03.nfo", JELLYFIN)
    stage.put("Show/Season 1/season.nfo", "<season><plot>The first.</plot></season>")
    await scanned(stage, "Show/Season 1/Show S01E01-E02.mkv", "Show/Season 1/Show S01E03.mkv")
    rows = await stage.rows(
        "select title, title_from, overview, release_date from episodes order by 1"
    )
    assert [(r["title"], r["title_from"], r["overview"]) for r in rows] == [
        ("The Road", "nfo", None),
        ("Third", "nfo", None),
        ("Winter", "nfo", "It comes."),
    ]
    (show,) = await stage.rows("select title, year, status, overview from shows")
    assert tuple(show) == ("The Show", 2011, "continuing", "About it.")
    (season,) = await stage.rows("select title, overview from seasons")
    assert tuple(season) == ("Book One", "The first.")
    ratings = await stage.rows(
        "select i.kind, i.certification, i.age from items i order by i.kind, i.age, i.id"
    )
    assert [tuple(r) for r in ratings] == [
        ("episode", "TV-14", 14),
        ("episode", "TV-14", 14),
        ("episode", "TV-MA", 17),
        ("season", "TV-14", 14),
        ("show", "TV-14", 14),
    ]
    people = await stage.rows(
        "select p.name, c.kind from credits c join people p on p.id = c.person_id order by 1"
    )
    assert [tuple(r) for r in people] == [("Ann", "cast"), ("Dan", "crew"), ("Gus", "guest")]
    names = await stage.rows(
        "select n.name from networks n join item_networks on network_id = n.id"
    )
    assert [r["name"] for r in names] == ["HBO"]
    pictures = await stage.rows(
        "select i.kind, a.url from artwork a join items i on i.id = a.item_id order by 1"
    )
    assert [tuple(r) for r in pictures] == [
        ("season", "https://a.test/s1.jpg"),
        ("show", "https://a.test/show.jpg"),
    ]


async def test_the_show_is_known_where_only_a_season_is_new(stage: Stage) -> None:
    stage.put("Show/tvshow.nfo", SHOW)
    await scanned(stage, "Other/Other S01E01.mkv")
    await scanned(stage, "Show/Season 2/Show S02E01.mkv")
    rows = await stage.rows("select title, year from shows where title like '%Show'")
    assert [tuple(r) for r in rows] == [("The Show", 2011)]
    await scanned(stage, "Show/Season 3/Show S03E01.mkv")
    ages = await stage.rows("select age from items where kind = 'episode' order by id")
    assert [r["age"] for r in ages] == [None, 14, 14]


async def test_a_show_that_is_rated_later(stage: Stage) -> None:
    stage.put(
        "Show/Season 1/Show S01E02.nfo", "<episodedetails><mpaa>TV-MA</mpaa></episodedetails>"
    )
    await scanned(stage, "Show/Season 1/Show S01E01.mkv", "Show/Season 1/Show S01E02.mkv")
    stage.put("Show/tvshow.nfo", SHOW)
    await scanned(stage)
    rows = await stage.rows(
        "select number, age from episodes e join items i on i.id = e.id order by number"
    )
    assert [tuple(r) for r in rows] == [(1, 14), (2, 17)]
    stage.put("Show/tvshow.nfo", SHOW.replace("TV-14", "TV-PG"))
    await scanned(stage)
    rows = await stage.rows("select kind, age from items order by kind, age")
    assert [tuple(r) for r in rows] == [
        ("episode", 10),
        ("episode", 17),
        ("season", 10),
        ("show", 10),
    ]


async def test_an_nfo_file_that_comes_later(stage: Stage) -> None:
    await scanned(stage, "Show/Season 1/Show S01E01 - Name.mkv")
    ids = await stage.rows("select id from items order by id")
    stage.put(
        "Show/Season 1/Show S01E01 - Name.nfo",
        KODI.split("</episodedetails>", maxsplit=1)[0] + "</episodedetails>",
    )
    stage.put("Show/tvshow.nfo", SHOW)
    await scanned(stage)
    assert await stage.rows("select id from items order by id") == ids
    assert (await stage.shows())["The Show"]["S01E01"][0] == "Winter"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><tvshow>&a;</tvshow>", ScanErrorCode.NFO),
        ("<tvshow><title>", ScanErrorCode.NFO),
        ("<movie><title>Film</title></movie>", ScanErrorCode.NFO),
        ("<tvshow>" + "<a>" * 3000, ScanErrorCode.NFO),
    ],
)
async def test_hostile_nfo_files(stage: Stage, content: str, code: Any) -> None:
    stage.put("Show/tvshow.nfo", content)
    stage.put("Show/Season 1/Show S01E01.nfo", content)
    scan = await scanned(stage, "Show/Season 1/Show S01E01.mkv")
    assert [error.code for error in scan.errors] == [code, code]
    assert await stage.episodes() == {"Show": ["S01E01"]}


async def test_a_link_out_of_the_library_is_not_read(stage: Stage) -> None:
    secret = stage.root.parent / "tvshow.nfo"
    secret.write_text(SHOW)
    (stage.root / "Show/Season 1").mkdir(parents=True)
    (stage.root / "Show/tvshow.nfo").symlink_to(secret)
    stage.put("Show/Season 1/Show S01E01.mkv")
    await stage.make(kind=LibraryKind.SHOWS)
    await stage.scan(ScanKind.INCREMENTAL, "Show/Season 1")
    assert list(await stage.shows()) == ["Show"]


async def test_pictures(stage: Stage) -> None:
    await scanned(
        stage,
        "Show/poster.jpg",
        "Show/fanart.jpg",
        "Show/season01-poster.jpg",
        "Show/season-specials-poster.jpg",
        "Show/season02-banner.jpg",
        "Show/Season 1/Show S01E01.mkv",
        "Show/Season 1/Show S01E01-thumb.jpg",
        "Show/Season 1/Show S01E02.mkv",
        "Show/Season 1/Show S01E02.jpg",
        "Show/Season 2/Show S02E01.mkv",
        "Show/Season 2/poster.jpg",
        "Show/Specials/Show S00E01.mkv",
    )
    assert await pictures(stage) == [
        ("show", None, None, "backdrop", "fanart.jpg"),
        ("show", None, None, "poster", "poster.jpg"),
        ("season", 0, None, "poster", "season-specials-poster.jpg"),
        ("season", 1, None, "poster", "season01-poster.jpg"),
        ("season", 2, None, "banner", "season02-banner.jpg"),
        ("season", 2, None, "poster", "poster.jpg"),
        ("episode", 1, 1, "thumb", "Show S01E01-thumb.jpg"),
        ("episode", 1, 2, "thumb", "Show S01E02.jpg"),
    ]
    await scanned(
        stage, "Show/Season 3/Show S03E01.mkv", "Show/season03-poster.jpg", "Show/logo.png"
    )
    found = await pictures(stage)
    assert ("season", 3, None, "poster", "season03-poster.jpg") in found
    assert ("show", None, None, "logo", "logo.png") in found
    assert len(found) == 10


async def pictures(stage: Stage) -> list[tuple[Any, ...]]:
    rows = await stage.rows(
        """select i.kind, coalesce(s.number, e.season) as season, e.number, a.kind as what, f.name
             from artwork a join items i on i.id = a.item_id
             join library_files f on f.id = a.file_id
             left join seasons s on s.id = i.id left join episodes e on e.id = i.id
            order by array_position(array['show', 'season', 'episode'], i.kind), 2, 3, 4"""
    )
    return [tuple(r) for r in rows]
