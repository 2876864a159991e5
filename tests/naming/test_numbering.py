"""Every way that people number seasons and episodes, on names made for it."""

from datetime import date

import pytest

from app.naming.service import looks_like_episode, parse_episode

CODES: list[tuple[str, int, tuple[int, ...]]] = [
    ("Third Man S01E02.mkv", 1, (2,)),
    ("Third.Man.s1e2.720p.mkv", 1, (2,)),
    ("Third Man S01.E02.mkv", 1, (2,)),
    ("Third Man S01 E02.mkv", 1, (2,)),
    ("Third_Man_S01_E02.mkv", 1, (2,)),
    ("Third Man - S01 - E02 - Harry.mkv", 1, (2,)),
    ("Third Man S01EP02.mkv", 1, (2,)),
    ("Third Man S01 Ep 02.mkv", 1, (2,)),
    ("Third Man S01xE02.mkv", 1, (2,)),
    ("Third Man S01x02.mkv", 1, (2,)),
    ("Third Man T01E02.mkv", 1, (2,)),
    ("Third Man S2019E01.mkv", 2019, (1,)),
    ("Third Man S01E1002.mkv", 1, (1002,)),
    ("Third Man 1x02.mkv", 1, (2,)),
    ("Third Man 01x02 - Harry.mkv", 1, (2,)),
    ("Third Man [1x02] Harry.mkv", 1, (2,)),
    ("Third Man (01x02).mkv", 1, (2,)),
    ("Third Man 2019x01.mkv", 2019, (1,)),
    ("Third Man S01E02-E04.mkv", 1, (2, 3, 4)),
    ("Third Man S01E02-04.mkv", 1, (2, 3, 4)),
    ("Third Man S01E02 - E04.mkv", 1, (2, 3, 4)),
    ("Third Man S01E02~E04.mkv", 1, (2, 3, 4)),
    ("Third Man S01E02E03.mkv", 1, (2, 3)),
    ("Third Man S01E02E03E04.mkv", 1, (2, 3, 4)),
    ("Third Man S01E02.E03.mkv", 1, (2, 3)),
    ("Third Man S01E02 E03.mkv", 1, (2, 3)),
    ("Third Man S01E02+03.mkv", 1, (2, 3)),
    ("Third Man S01E02+E03.mkv", 1, (2, 3)),
    ("Third Man S01E02&03.mkv", 1, (2, 3)),
    ("Third Man S01E02 & E04.mkv", 1, (2, 4)),
    ("Third Man S01E02-S01E04.mkv", 1, (2, 3, 4)),
    ("Third Man S01E02 to E04.mkv", 1, (2, 3, 4)),
    ("Third Man S01E02 and E03.mkv", 1, (2, 3)),
    ("Third Man 1x02-1x04.mkv", 1, (2, 3, 4)),
    ("Third Man 1x02-04.mkv", 1, (2, 3, 4)),
    ("Third Man 1x02x03.mkv", 1, (2, 3)),
    ("Third Man 1x02+03.mkv", 1, (2, 3)),
    ("Third Man S01E02v2.mkv", 1, (2,)),
    ("Third Man Season 1 Episode 2.mkv", 1, (2,)),
    ("Third.Man.Season.1.Episode.2.mkv", 1, (2,)),
    ("Third Man, Season 1, Episode 2.mkv", 1, (2,)),
    ("Third Man - Season 1 - Episode 2 - Harry.mkv", 1, (2,)),
    ("Third Man Season One Episode Two.mkv", 1, (2,)),
    ("Third Man Series 1 Episode 2.mkv", 1, (2,)),
    ("Third Man - Season 1 - 02.mkv", 1, (2,)),
    ("Third Man 2nd Season - 05.mkv", 2, (5,)),
    ("Third Man S2 - 05.mkv", 2, (5,)),
    ("[Group] Third Man S2 - 05 [1080p].mkv", 2, (5,)),
    ("Der dritte Mann Staffel 1 Folge 2.mkv", 1, (2,)),
    ("Der dritte Mann - 1. Staffel, 2. Folge.mkv", 1, (2,)),
    ("Le troisième homme Saison 1 Épisode 2.mkv", 1, (2,)),
    ("El tercer hombre Temporada 1 Capítulo 2.mkv", 1, (2,)),
    ("El tercer hombre [Cap.102].avi", 1, (2,)),
    ("El tercer hombre Temporada 1 [HDTV][Cap.102].avi", 1, (2,)),
    ("Il terzo uomo Stagione 1 Episodio 2.mkv", 1, (2,)),
    ("De derde man Seizoen 1 Aflevering 2.mkv", 1, (2,)),
    ("Den tredje mannen Säsong 1 Avsnitt 2.mkv", 1, (2,)),
    ("Trzeci człowiek Sezon 1 Odcinek 2.mkv", 1, (2,)),
    ("Третий человек 1 сезон 2 серия.mkv", 1, (2,)),
    ("Третий человек Сезон 1 Серия 2.mkv", 1, (2,)),
    ("Üçüncü Adam 1. Sezon 2. Bölüm.mkv", 1, (2,)),
    ("第三人 第1季 第2集.mkv", 1, (2,)),
    ("第三人第一季第十二集.mkv", 1, (12,)),
    ("세번째 사람 시즌 1 2화.mkv", 1, (2,)),
    ("Third Man S00E01.mkv", 0, (1,)),
]


@pytest.mark.parametrize(("path", "season", "episodes"), CODES)
def test_season_and_episodes(path: str, season: int, episodes: tuple[int, ...]) -> None:
    name = parse_episode(path)
    assert (name.season, name.episodes) == (season, episodes)
    assert name.title is not None
    assert name.is_special is (season == 0)
    assert looks_like_episode(path)


@pytest.mark.parametrize(
    ("path", "episodes"),
    [
        ("Third Man Ep. 12.mkv", (12,)),
        ("Third Man Episode 12.mkv", (12,)),
        ("Third.Man.E12.720p.mkv", (12,)),
        ("Third Man EP12v2.mkv", (12,)),
        ("Third Man #12.mkv", (12,)),
        ("Der dritte Mann Folge 3.mkv", (3,)),
        ("第三の男 第12話.mkv", (12,)),
        ("第三の男第12話「ハリー」.mkv", (12,)),
        ("제3의 사나이 제12화.mkv", (12,)),
        ("제3의 사나이 12화.mkv", (12,)),
        ("Третий человек 12 серия.mkv", (12,)),
    ],
)
def test_an_episode_without_a_season(path: str, episodes: tuple[int, ...]) -> None:
    name = parse_episode(path)
    assert (name.season, name.episodes, name.absolute) == (None, episodes, ())


@pytest.mark.parametrize(
    ("path", "episodes"),
    [
        ("Third Man E12-E14.mkv", (12, 13, 14)),
        ("Third Man E12-14.mkv", (12, 13, 14)),
        ("Third Man 01of13.mkv", (1,)),
        ("Third Man (1 of 3).mkv", (1,)),
        ("Third.Man.Part.3.1080p.mkv", (3,)),
        ("Third Man Part II.mkv", (2,)),
        ("Third Man Part Two.mkv", (2,)),
        ("Third Man Pt 3.mkv", (3,)),
        ("Third.Man.E12-E14.1080p-GRP.mkv", (12, 13, 14)),
        ("Third.Man.Part.Two.720p.HDTV.x264-GRP.mkv", (2,)),
    ],
)
def test_parts_are_of_the_only_season(path: str, episodes: tuple[int, ...]) -> None:
    name = parse_episode(path)
    assert (name.season, name.episodes) == (1, episodes)
    assert parse_episode(f"Third Man/Season 2/{path}").season == 2


@pytest.mark.parametrize(
    ("path", "absolute"),
    [
        ("[Group] Third Man - 12 [1080p].mkv", (12,)),
        ("[Group] Third Man - 12v2 [1080p][1A2B3C4D].mkv", (12,)),
        ("[Group]_Third_Man_-_12_[1A2B3C4D].mkv", (12,)),
        ("[Group]_Third_Man_12_(1280x720).mkv", (12,)),
        ("[Group][Third Man][12][1080p].mkv", (12,)),
        ("[Group][Third Man][12END][1080p].mkv", (12,)),
        ("【字幕组】【Third Man】【12】【1080p】.mkv", (12,)),
        ("Third Man - 12.mkv", (12,)),
        ("Third Man - 12 - Harry.mkv", (12,)),
        ("[Group] Third Man - 1012 [1080p].mkv", (1012,)),
        ("[Group] Third Man - 01-12 [1080p].mkv", tuple(range(1, 13))),
        ("[Group] Third Man - 01 ~ 12 [1080p].mkv", tuple(range(1, 13))),
        ("[Group][Third Man][01-12][1080p].mkv", tuple(range(1, 13))),
        ("[Group] Third Man 2 - 05 [720p].mkv", (5,)),
    ],
)
def test_absolute_numbers(path: str, absolute: tuple[int, ...]) -> None:
    name = parse_episode(path)
    assert (name.season, name.episodes, name.absolute) == (None, (), absolute)
    assert name.title is not None
    assert name.title.startswith("Third Man")


@pytest.mark.parametrize(
    "path",
    [
        "Third Man 2024.01.31.mkv",
        "Third.Man.2024.01.31.Harry.Lime.720p.mkv",
        "Third Man 2024-01-31.mkv",
        "Third Man - 2024-01-31 - Harry.mkv",
        "Third_Man_2024_01_31.mkv",
        "Third Man 2024 01 31 720p.mkv",
        "Third Man 20240131.mkv",
        "Third Man 31-01-2024.mkv",
        "Third Man 31.01.2024.mkv",
        "Third Man 01-31-2024.mkv",
        "Third Man 31 Jan 2024.mkv",
        "Third Man Jan 31 2024.mkv",
        "Third Man 31st January 2024.mkv",
        "Third Man 24.01.31.mkv",
    ],
)
def test_air_dates(path: str) -> None:
    name = parse_episode(path)
    assert name.air_date == date(2024, 1, 31)
    assert (name.title, name.season, name.episodes) == ("Third Man", None, ())


@pytest.mark.parametrize(
    ("path", "season", "seasons"),
    [
        ("Third Man S01", 1, ()),
        ("Third.Man.S01.1080p.BluRay-GRP", 1, ()),
        ("Third Man Season 1", 1, ()),
        ("Third Man Season One", 1, ()),
        ("Third Man 1st Season", 1, ()),
        ("Third Man Second Season", 2, ()),
        ("Third Man - Staffel 1", 1, ()),
        ("Third Man Saison 1 Complète", 1, ()),
        ("Third Man S01-S03", 1, (1, 2, 3)),
        ("Third Man S01-03", 1, (1, 2, 3)),
        ("Third Man S01+S02", 1, (1, 2)),
        ("Third Man Seasons 1-3", 1, (1, 2, 3)),
        ("Third Man Seasons 1 - 3", 1, (1, 2, 3)),
        ("Third Man Seasons 1 to 3", 1, (1, 2, 3)),
        ("Third Man Season 1, 2 & 3", 1, (1, 2, 3)),
        ("Third Man Complete Series 1080p", None, ()),
    ],
)
def test_packs(path: str, season: int | None, seasons: tuple[int, ...]) -> None:
    name = parse_episode(path)
    assert name.is_season_pack
    assert (name.title, name.season, name.seasons) == ("Third Man", season, seasons)
    assert name.episodes == ()
    assert looks_like_episode(path)


@pytest.mark.parametrize(
    ("path", "episodes"),
    [
        ("Third Man SP01.mkv", (1,)),
        ("Third Man Special 1.mkv", (1,)),
        ("[Group] Third Man OVA 2 [720p].mkv", (2,)),
        ("[Group] Third Man - OVA2 [720p].mkv", (2,)),
        ("[Group] Third Man NCOP1 [BD 1080p].mkv", (1,)),
        ("[Group] Third Man NCED [BD 1080p].mkv", ()),
        ("[Group] Third Man OVA [BD 1080p].mkv", ()),
    ],
)
def test_specials(path: str, episodes: tuple[int, ...]) -> None:
    name = parse_episode(path)
    assert name.is_special
    assert (name.title, name.episodes) == ("Third Man", episodes)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("Third Man S01E02a.mkv", 1),
        ("Third Man S01E02 pt2.mkv", 2),
        ("Third Man S01E02 cd1.mkv", 1),
        ("Third Man S01E02.mkv", None),
    ],
)
def test_parts_of_an_episode(path: str, part: int | None) -> None:
    name = parse_episode(path)
    assert (name.season, name.episodes, name.part) == (1, (2,), part)


@pytest.mark.parametrize(
    "path",
    [
        "The Third Man (1949).mkv",
        "The.Third.Man.1949.1080p.BluRay.x264-GRP.mkv",
        "Apollo 13 (1995).mkv",
        "Blade.Runner.2049.2017.2160p.mkv",
        "2001 A Space Odyssey (1968).mkv",
        "12 Angry Men (1957).mkv",
        "Kill.Bill.Vol.1.2003.1080p.mkv",
        "Dune Part Two (2024).mkv",
        "300.2006.1080p.BluRay.x264.mkv",
        "3.10.to.Yuma.2007.720p.BluRay.mkv",
        "U-571.2000.1080p.mkv",
    ],
)
def test_films_do_not_look_like_episodes(path: str) -> None:
    assert not looks_like_episode(path)
