"""Titles of series that look like numbers or release words, and names that were bent."""

import pytest

from app.naming.service import looks_like_episode, parse_episode

TITLES = [
    "24", "The 100", "1899", "60 Minutes", "Babylon 5", "Area 51", "Room 104", "Hawaii Five-0",
    "2 Broke Girls", "Part of Me", "Book of Fear", "Series of Events", "Special Forces",
    "Season of Love", "Real Time", "French Village", "The German Doctor", "Complete Savages",
    "HD Life", "Max Headroom", "Line of Duty", "Sword Art II", "Кухня", "ドラマの夜",
]  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize(
    "form",
    [
        "{} S01E02 720p HDTV x264-GRP.mkv",
        "{} - S01E02 - The Fog.mkv",
        "{} 1x02 The Fog.mkv",
        "{} Season 1 Episode 2.mkv",
        "{} Staffel 1 Folge 2.mkv",
        "{} (2015)/Season 1/S01E02.mkv",
        "{} (2015)/Season 1/02 - The Fog.mkv",
        "{} (2015)/Season 1/102.mkv",
    ],
)
def test_titles_stay_whole(title: str, form: str) -> None:
    name = parse_episode(form.format(title))
    assert (name.title, name.season, name.episodes) == (title, 1, (2,))


@pytest.mark.parametrize("title", sorted(set(TITLES) - {"1899"}))
def test_titles_of_anime_stay_whole(title: str) -> None:
    name = parse_episode(f"[Group] {title} - 12 [1080p][1A2B3C4D].mkv")
    assert (name.title, name.absolute) == (title, (12,))
    assert name.release.release_group == "Group"
    assert looks_like_episode(f"[Group] {title} - 12 [1080p].mkv")


@pytest.mark.parametrize(
    ("path", "season", "episodes"),
    [
        ("third.man.102.hdtv-lol.mkv", 1, (2,)),
        ("third.man.1102.hdtv-lol.mkv", 11, (2,)),
        ("Third.Man.103.104.720p.HDTV.x264-GRP.mkv", 1, (3, 4)),
        ("Third.Man.10708.hdtv-lol.mkv", 1, (7, 8)),
        ("Third Man - 6.01 - Harry.mkv", 6, (1,)),
        ("Third Man Episode 1.22.mkv", 1, (22,)),
        ("grp-third.mans01e02.720p.mkv", 1, (2,)),
        ("Third Man (S4-24).mkv", 4, (24,)),
        ("PRG-462x.p027.20E10S.naM.drihT.mkv", 1, (2,)),
    ],
)
def test_numbers_without_signs(path: str, season: int, episodes: tuple[int, ...]) -> None:
    name = parse_episode(path)
    assert (name.season, name.episodes) == (season, episodes)


@pytest.mark.parametrize(
    "path",
    [
        "Third Man 2013 40 45 HDTV.mkv",
        "Third.Man.1950.10.14.HDTV.mkv",
        "Third Man - 1949-10-14.mkv",
        "Third Man 9999-12-31.mkv",
        "Third Man 01-02-2014.mkv",
        "e1PaWVrAMefB.mkv",
        "_unpack_e9NQkMkhjMzNQyaJJTjZ.mkv",
        "0d9f8e7c6b5a4938271605f4e3d2c1b0.mkv",
        "Xv3Lq9Zt7Rk2Wp8Yn4Bc6Dm.mkv",
    ],
)
def test_what_cannot_be_told_is_not_guessed(path: str) -> None:
    name = parse_episode(path)
    assert not name.is_numbered
    assert name.year is None


@pytest.mark.parametrize(
    ("path", "title", "year", "country"),
    [
        ("Third Man US S01E02.mkv", "Third Man", None, "US"),
        ("Third Man (UK) - S01E02.mkv", "Third Man", None, "GB"),
        ("Third Man (US) (2010) - S01E02.mkv", "Third Man", 2010, "US"),
        ("Third.Man.2010.S01E02.mkv", "Third Man", 2010, None),
        ("Third Man S01E02 Summer of 1985 720p.mkv", "Third Man", None, None),
        ("Third Man (1993-2004)/Season 1/S01E02.mkv", "Third Man", 1993, None),
        ("THIRD MAN US S01E02.mkv", "THIRD MAN US", None, None),
    ],
)
def test_year_and_country(path: str, title: str, year: int | None, country: str | None) -> None:
    name = parse_episode(path)
    assert (name.title, name.year, name.country) == (title, year, country)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("Third Man - S01E02 - Harry Lime.mkv", "Harry Lime"),
        ("Third.Man.S01E02.Harry.Lime.720p.HDTV.x264-GRP.mkv", "Harry Lime"),
        ("Third Man - 1x02 - Harry, the Friend [720p].mkv", "Harry, the Friend"),
        ("Third Man 2024-01-31 Harry Lime 720p.mkv", "Harry Lime"),
        ("Third Man S01E02.mkv", None),
        ("Third.Man.S01E02.720p.HDTV.x264-GRP.mkv", None),
    ],
)
def test_titles_of_episodes(path: str, title: str | None) -> None:
    assert parse_episode(path).episode_title == title


@pytest.mark.parametrize(
    "path",
    [
        "[组][第三人/Third Man][12][1080p].mkv",
        "[组][10月新番][第三人][Third Man][12][1080p].mkv",
        "[Group] 第三人 第二季 / Third Man - 12 [1080p].mkv",
        "第三人[第12集][国语].Third.Man.S01.2015.1080p.WEB-DL.H264-GRP",
    ],
)
def test_the_second_title_of_east_asian_releases(path: str) -> None:
    name = parse_episode(path)
    assert name.title == "Third Man"
    assert (name.absolute or name.episodes) == (12,)


def test_a_folder_of_one_episode_numbers_its_file() -> None:
    name = parse_episode("Third.Man.S02E05.1080p.WEB-DL.H264-GRP/160725_02.mkv")
    assert (name.title, name.season, name.episodes) == ("Third Man", 2, (5,))
