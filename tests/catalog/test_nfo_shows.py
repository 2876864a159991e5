"""What the NFO files of shows, seasons and episodes say, as each program writes them."""

from typing import Any

import pytest

from app.catalog.domain import Details, Person, Picture, TitleSource, merged
from app.catalog.service import (
    parse_episode_nfo,
    parse_nfo,
    parse_season_nfo,
    parse_show_nfo,
)

KODI_SHOW = """\ufeff<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<tvshow>
    <title>The Harbour</title><originaltitle>Hamnen</originaltitle>
    <showtitle>The Harbour</showtitle><sorttitle>Harbour, The</sorttitle>
    <ratings>
        <rating name="imdb" max="10"><value>6.0</value><votes>10</votes></rating>
        <rating name="tmdb" max="10" default="true"><value>8.25</value><votes>1200</votes></rating>
    </ratings>
    <userrating>10</userrating><top250>0</top250>
    <season>-1</season><episode>24</episode>
    <displayseason>-1</displayseason><displayepisode>-1</displayepisode>
    <outline></outline><plot>Boats come.\nBoats go.</plot><tagline>All at sea</tagline>
    <runtime>45</runtime>
    <thumb spoof="" cache="" aspect="poster" preview="https://i.test/p/s">https://i.test/p</thumb>
    <thumb aspect="poster" type="season" season="1">https://i.test/s1</thumb>
    <thumb aspect="poster" type="season" season="0">https://i.test/s0</thumb>
    <thumb aspect="banner" type="season" season="-1">https://i.test/all</thumb>
    <thumb aspect="poster" type="season">https://i.test/none</thumb>
    <fanart><thumb colors="" preview="https://i.test/f/s">https://i.test/f</thumb></fanart>
    <mpaa>TV-14</mpaa>
    <episodeguide><url cache="auth.json">https://api.test/1</url></episodeguide>
    <id>4242</id>
    <uniqueid type="tmdb" default="true">4242</uniqueid><uniqueid type="imdb">tt7654321</uniqueid>
    <genre>Drama</genre><genre>Sea / Crime</genre>
    <premiered>2011-02-03</premiered><year>2011</year>
    <status>Ended</status><code></code><aired>2011-02-03</aired>
    <studio>BBC One</studio><studio>A&amp;E / SVT1</studio><trailer></trailer>
    <actor><name>Ann Ash</name><role>The pilot</role><order>1</order>
        <thumb>https://i.test/ann</thumb></actor>
    <actor><name>Bo Birk</name><role>The cook</role><order>0</order></actor>
    <namedseason number="0">Extras\u202e</namedseason><namedseason number="1">Low tide</namedseason>
    <namedseason number="2"></namedseason><namedseason number="two">High tide</namedseason>
    <resume><position>0.0</position><total>0.0</total></resume>
    <art><poster>https://i.test/p</poster>
        <season num="-1"><poster>https://i.test/all2</poster></season>
        <season num="2"><poster>https://i.test/s2</poster><banner>https://i.test/b2</banner></season>
    </art>
</tvshow>
"""

KODI_EPISODE = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<episodedetails>
    <title>{title}</title><showtitle>The Harbour</showtitle>
    <ratings><rating name="tmdb" max="10" default="true"><value>7</value><votes>3</votes></rating>
    </ratings>
    <season>1</season><episode>{number}</episode>
    <displayseason>-1</displayseason><displayepisode>5</displayepisode>
    <plot>Fog.</plot><runtime>44</runtime>
    <thumb aspect="thumb">https://i.test/t{number}</thumb>
    <uniqueid type="tvdb" default="true">90{number}</uniqueid>
    <genre>Drama</genre><credits>Will One</credits><director>Dee Two</director>
    <premiered>2011-02-03</premiered><year>2011</year><aired>2012-03-0{number}</aired>
    <studio>BBC One</studio>
    <actor><name>Ann Ash</name><role>The pilot</role><order>0</order></actor>
</episodedetails>
"""

JELLYFIN_EPISODE = """\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<episodedetails>
  <plot><![CDATA[Gulls & <b>more</b> gulls.]]></plot>
  <lockdata>false</lockdata><dateadded>2024-05-06 07:08:09</dateadded><title>Gulls</title>
  <director>Dee Two</director><writer>Will One</writer><credits>Will One</credits>
  <rating>7.4</rating><year>2012</year><imdbid>tt1111111</imdbid><tvdbid>905</tvdbid>
  <runtime>44</runtime>
  <art><poster>/media/shows/harbour/gulls-thumb.jpg</poster></art>
  <actor><name>Gus Guest</name><role>A stranger</role><type>GuestStar</type></actor>
  <actor><name>Ann Ash</name><role>The pilot</role><type>Actor</type>
    <sortorder>1</sortorder></actor>
  <actor><name>Pia Prod</name><type>Producer</type></actor>
  <showtitle>The Harbour</showtitle><episode>5</episode><season>0</season>
  <aired>2012-03-05</aired><airsbefore_season>2</airsbefore_season>
  <absolute_number>17</absolute_number>
  <fileinfo><streamdetails><video><codec>h264</codec></video></streamdetails></fileinfo>
</episodedetails>"""

SONARR_SHOW = (
    "<tvshow><title>The Harbour</title><rating>8.1</rating><plot>Boats.</plot><mpaa>TV-14</mpaa>"
    '<id>78901</id><uniqueid type="tvdb" default="true">78901</uniqueid>'
    '<uniqueid type="tvmaze">55</uniqueid><genre>Drama</genre><tag>hd</tag><status>Ended</status>'
    "<premiered>2011-02-03</premiered><enddate>2014-05-06</enddate><studio>BBC One</studio>"
    "<actor><name>Ann Ash</name><role>The pilot</role></actor></tvshow>\r\n"
    "https://www.thetvdb.com/?tab=series&id=1"
)

SEASON = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<!--created on 2024-05-06 - tinyMediaManager 5-->
<season>
  <seasonnumber>0</seasonnumber><title>Extras</title><showtitle>The Harbour</showtitle>
  <sorttitle>Season 00</sorttitle><year/><plot>What was left.</plot>
  <thumb aspect="poster">https://i.test/s0</thumb>
  <fanart><thumb>https://i.test/f0</thumb></fanart>
  <tvdbid>78901</tvdbid><uniqueid type="tmdb">4242</uniqueid><premiered>2011-12-24</premiered>
</season>"""


def test_a_show_as_kodi_writes_it() -> None:
    assert parse_show_nfo(KODI_SHOW.encode()) == Details(
        title="The Harbour",
        original_title="Hamnen",
        sort_title="Harbour, The",
        year=2011,
        release_date="2011-02-03",
        overview="Boats come.\nBoats go.",
        tagline="All at sea",
        runtime=45 * 60,
        certification="TV-14",
        rating=8.25,
        votes=1200,
        genres=("Drama", "Sea", "Crime"),
        cast=(
            Person(name="Bo Birk", character="The cook"),
            Person(name="Ann Ash", character="The pilot", portrait_url="https://i.test/ann"),
        ),
        ids={"tmdb": "4242", "imdb": "tt7654321"},
        pictures=(
            Picture(aspect="poster", url="https://i.test/p"),
            Picture(aspect="fanart", url="https://i.test/f"),
            Picture(aspect="poster", url="https://i.test/s1", season=1),
            Picture(aspect="poster", url="https://i.test/s0", season=0),
            Picture(aspect="poster", url="https://i.test/s2", season=2),
            Picture(aspect="banner", url="https://i.test/b2", season=2),
        ),
        networks=("BBC One", "A&E", "SVT1"),
        status="Ended",
        season_titles={0: "Extras", 1: "Low tide"},
    )


def test_a_show_as_sonarr_writes_it() -> None:
    found = parse_show_nfo(SONARR_SHOW.encode())
    assert found.ids == {"tvdb": "78901", "tvmaze": "55"}
    assert (found.release_date, found.last_air_date, found.year) == (
        "2011-02-03",
        "2014-05-06",
        2011,
    )
    assert (found.status, found.networks, found.rating) == ("Ended", ("BBC One",), 8.1)


def test_a_network_by_its_own_name_is_believed_before_a_studio() -> None:
    found = parse_show_nfo(
        b"<tvshow><studio>Maker, Inc.</studio><network>HBO</network><network>hbo</network>"
        b"<network>Canal+</network></tvshow>"
    )
    assert found.networks == ("HBO", "Canal+")
    alone = parse_show_nfo(b"<tvshow><studio>Maker, Inc.</studio><studio>B</studio></tvshow>")
    assert alone.networks == ("Maker, Inc.", "B")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("<id>78901</id>", {"tvdb": "78901"}),
        ("<id>tt7654321</id>", {"imdb": "tt7654321"}),
        ("<id>4242</id><uniqueid type='tmdb'>4242</uniqueid>", {"tmdb": "4242"}),
        ("<imdb_id>tt7654321</imdb_id><id>7</id>", {"imdb": "tt7654321", "tvdb": "7"}),
        ("<tvmazeid>5</tvmazeid><anidbid>6</anidbid>", {"tvmaze": "5", "anidb": "6"}),
        ("<id>-1</id><id></id><tvdbid>1 2</tvdbid>", {}),
    ],
)
def test_ids_of_shows(text: str, ids: dict[str, str]) -> None:
    assert parse_show_nfo(f"<tvshow>{text}</tvshow>".encode()).ids == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("https://www.thetvdb.com/?tab=series&id=78901", {"tvdb": "78901"}),
        ("<tvshow/>\nhttps://thetvdb.com/index.php?tab=series&id=7&lid=9", {"tvdb": "7"}),
        ("https://thetvdb.com/dereferrer/series/78901", {"tvdb": "78901"}),
        ("https://www.themoviedb.org/tv/4242-harbour", {"tmdb": "4242"}),
        ("https://www.tvmaze.com/shows/55/the-harbour", {"tvmaze": "55"}),
        ("https://anidb.net/anime/66", {"anidb": "66"}),
        ("<tvshow></tvshow>\nhttps://www.imdb.com/title/tt7654321/", {"imdb": "tt7654321"}),
        ("<tvshow><id>3</id></tvshow> https://www.imdb.com/title/tt7654321/", {"tvdb": "3"}),
        ("<tvshow/> https://thetvdb.com/series/24 https://www.themoviedb.org/movie/5", {}),
    ],
)
def test_addresses_of_shows(text: str, ids: dict[str, str]) -> None:
    assert parse_show_nfo(text.encode()).ids == ids


def test_a_film_stays_a_film() -> None:
    found = parse_nfo(
        b"<movie><id>603</id><studio>Maker</studio><season>1</season><showtitle>S</showtitle>"
        b"<actor><name>Ann</name><type>GuestStar</type></actor><status>Ended</status></movie>"
        b"https://www.themoviedb.org/tv/5"
    )
    assert found == Details(cast=(Person(name="Ann"),))


def test_an_episode_as_jellyfin_writes_it() -> None:
    (found,) = parse_episode_nfo(JELLYFIN_EPISODE.encode())
    assert found == Details(
        title="Gulls",
        overview="Gulls & <b>more</b> gulls.",
        year=2012,
        release_date="2012-03-05",
        runtime=44 * 60,
        rating=7.4,
        cast=(Person(name="Ann Ash", character="The pilot"),),
        guests=(Person(name="Gus Guest", character="A stranger"),),
        crew=(
            Person(name="Dee Two", job="Director"),
            Person(name="Will One", job="Writer"),
            Person(name="Pia Prod", job="Producer"),
        ),
        ids={"imdb": "tt1111111", "tvdb": "905"},
        season=0,
        episode=5,
        absolute=17,
    )


def _titles(text: str) -> list[tuple[Any, ...]]:
    return [(e.season, e.episode, e.title) for e in parse_episode_nfo(text.encode())]


def test_several_episodes_as_kodi_writes_them() -> None:
    one, two = (
        KODI_EPISODE.format(title="Fog", number=1),
        KODI_EPISODE.format(title="Ice", number=2),
    )
    fog, ice = parse_episode_nfo(f"{one}{two}https://www.imdb.com/title/tt7654321/\n".encode())
    assert (fog.season, fog.episode, fog.title) == (1, 1, "Fog")
    assert (ice.season, ice.episode, ice.title) == (1, 2, "Ice")
    assert (ice.release_date, ice.year, ice.absolute) == ("2012-03-02", 2012, None)
    assert fog.ids == {"tvdb": "901"}
    assert [(p.aspect, p.season) for p in fog.pictures] == [("thumb", None)]
    assert fog.networks == ()
    assert [p.name for p in fog.cast] == ["Ann Ash"]
    assert fog.guests == ()


@pytest.mark.parametrize(
    "form",
    [
        "{0}{1}",
        "{0}\n<!-- between --> stray text {1}",
        "<xbmcmultiepisode>{0}{1}</xbmcmultiepisode>",
        '<?xml version="1.0"?>\n{0}<?xml version="1.0" encoding="UTF-8"?>{1}',
        "NOTES of the group\n{0}\r\n{1}\r\nhttps://www.thetvdb.com/?tab=series&id=78901",
        "{0}<unknown><episodedetails/></unknown>{1}",
    ],
)
def test_several_episodes_in_every_form(form: str) -> None:
    block = (
        "<episodedetails><season>2</season><episode>{}</episode><title>{}</title></episodedetails>"
    )
    text = form.format(block.format(3, "Third"), block.format(4, "Fourth"))
    assert _titles(text) == [(2, 3, "Third"), (2, 4, "Fourth")]


def test_an_address_alone_says_nothing_of_an_episode() -> None:
    assert parse_episode_nfo(b"https://www.imdb.com/title/tt7654321/") == ()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("<season>0</season><episode>0</episode>", (0, 0, None)),
        ("<season>2024</season><episode>366</episode>", (2024, 366, None)),
        ("<season>-1</season><episode>-1</episode>", (None, None, None)),
        ("<season>10000</season><episode>30001</episode>", (None, None, None)),
        ("<season>1e3</season><episode>1-2</episode>", (None, None, None)),
        (f"<season>{'9' * 5000}</season><absolute_number>0</absolute_number>", (None, None, None)),
        ("<absolute_number>1061</absolute_number>", (None, None, 1061)),
    ],
)
def test_numbers_of_episodes(text: str, numbers: tuple[int | None, ...]) -> None:
    (found,) = parse_episode_nfo(f"<episodedetails>{text}</episodedetails>".encode())
    assert (found.season, found.episode, found.absolute) == numbers


@pytest.mark.parametrize("aired", ["0000-00-00", "2012-02-30", "9999-01-01", "soon", "1600-01-01"])
def test_absurd_dates(aired: str) -> None:
    text = f"<episodedetails><aired>{aired}</aired><premiered>2012-03-05</premiered>"
    (found,) = parse_episode_nfo(f"{text}</episodedetails>".encode())
    assert found.release_date == "2012-03-05"
    show = parse_show_nfo(f"<tvshow><enddate>{aired}</enddate></tvshow>".encode())
    assert show.last_air_date is None


def test_a_season() -> None:
    assert parse_season_nfo(SEASON.encode()) == Details(
        title="Extras",
        sort_title="Season 00",
        overview="What was left.",
        release_date="2011-12-24",
        year=2011,
        season=0,
        pictures=(
            Picture(aspect="poster", url="https://i.test/s0"),
            Picture(aspect="fanart", url="https://i.test/f0"),
        ),
    )


def test_nought_is_kept_when_files_are_merged() -> None:
    one = Details(season=0, season_titles={0: "Extras", 1: "One"}, ids={"imdb": "tt0000001"})
    other = Details(
        season=3, episode=0, season_titles={1: "First", 2: "Two"}, networks=("HBO",), rating=0.0,
        votes=4,
    )  # fmt: skip
    assert merged([one, other, Details(rating=9.0, votes=1)]) == Details(
        season=0,
        episode=0,
        season_titles={0: "Extras", 1: "One", 2: "Two"},
        networks=("HBO",),
        ids={"imdb": "tt0000001"},
        rating=0.0,
        votes=4,
    )


def test_everything_is_bounded() -> None:
    names = "".join(f'<namedseason number="{n}">{"s" * 400}</namedseason>' for n in range(900))
    thumbs = "".join(
        f'<thumb type="season" season="{n}">https://i.test/{n}</thumb><thumb>https://i.test/{n}</thumb>'
        for n in range(900)
    )
    networks = "".join(f"<network>{n}{'n' * 900}</network>" for n in range(90))
    show = parse_show_nfo(f"<tvshow>{networks}<status>{'x' * 99}</status></tvshow>".encode())
    assert (len(show.networks), len(show.networks[0]), len(show.status or "")) == (20, 100, 40)
    show = parse_show_nfo(f"<tvshow>{thumbs}</tvshow>".encode())
    assert [sum(p.season is None for p in show.pictures), len(show.pictures)] == [50, 550]
    show = parse_show_nfo(f"<tvshow>{names}</tvshow>".encode())
    assert len(show.season_titles) == 500
    assert {len(title) for title in show.season_titles.values()} == {300}
    guests = "<actor><name>g{}</name><type>GuestStar</type></actor>"
    text = "".join(guests.format(n) for n in range(900))
    (episode,) = parse_episode_nfo(f"<episodedetails>{text}</episodedetails>".encode())
    assert (len(episode.guests), episode.cast) == (200, ())
    assert len(parse_episode_nfo(b"<episodedetails/>" * 900)) == 100


def test_sources_of_titles_are_common_to_all() -> None:
    assert TitleSource.NFO.weaker == (
        TitleSource.FILE,
        TitleSource.TAGS,
        TitleSource.NAME,
        TitleSource.PROVIDER,
    )
