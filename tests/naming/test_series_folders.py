"""What the folders of a show add to the name of a file."""

import pytest

from app.naming.domain import ExternalId, SeriesFolder
from app.naming.service import parse_episode, parse_season_folder, parse_series_folder

TVDB = (ExternalId(source="tvdb", value="12"),)


@pytest.mark.parametrize(
    ("name", "season"),
    [
        ("Season 1", 1),
        ("Season 01", 1),
        ("season_2", 2),
        ("Season.3", 3),
        ("Season 1 (2011)", 1),
        ("Season 1 - Harry", 1),
        ("Season 2011", 2011),
        ("Season One", 1),
        ("Second Season", 2),
        ("2nd Season", 2),
        ("S01", 1),
        ("s1", 1),
        ("S2011", 2011),
        ("Series 2", 2),
        ("Book 1", 1),
        ("Volume 3", 3),
        ("Vol. 3", 3),
        ("Season 0", 0),
        ("S00", 0),
        ("Specials", 0),
        ("Extras", 0),
        ("OVA", 0),
        ("Staffel 2", 2),
        ("2. Staffel", 2),
        ("Saison 2", 2),
        ("Saison 02", 2),
        ("Temporada 2", 2),
        ("2ª Temporada", 2),
        ("Stagione 2", 2),
        ("Seizoen 2", 2),
        ("Säsong 2", 2),
        ("Sæson 2", 2),
        ("Sesong 2", 2),
        ("Sezon 2", 2),
        ("Сезон 2", 2),
        ("2 сезон", 2),
        ("シーズン2", 2),
        ("第2期", 2),
        ("第二季", 2),
        ("第2季", 2),
        ("시즌 2", 2),
        ("Épisodes spéciaux", 0),
        ("Especiales", 0),
        ("Spécial", 0),
        ("Odcinki specjalne", 0),
        ("番外編", 0),
        ("스페셜", 0),
        ("The Third Man Season 02", 2),
        ("The.Third.Man.S02.1080p.WEB-DL-GRP", 2),
        ("The Third Man", None),
        ("The Third Man (2010)", None),
        ("Season 1-3", None),
        ("Third Season of Harry Lime", None),
        ("Part 2", None),
        ("24", None),
        ("1080p", None),
        ("The Third Man S01E02", None),
        ("", None),
    ],
)
def test_season_folders(name: str, season: int | None) -> None:
    assert parse_season_folder(name) == season


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("The Third Man", SeriesFolder(title="The Third Man")),
        ("The Third Man (2010)", SeriesFolder(title="The Third Man", year=2010)),
        ("The Third Man [2010]", SeriesFolder(title="The Third Man", year=2010)),
        ("The.Third.Man.2010", SeriesFolder(title="The Third Man", year=2010)),
        (
            "The Third Man (2010) {tvdb-12}",
            SeriesFolder(title="The Third Man", year=2010, ids=TVDB),
        ),
        ("The Third Man [tvdbid-12]", SeriesFolder(title="The Third Man", ids=TVDB)),
        (
            "The Third Man (US) (2010)",
            SeriesFolder(title="The Third Man", year=2010, country="US"),
        ),
        ("The Third Man UK", SeriesFolder(title="The Third Man", country="GB")),
        ("Third Man, The (2010)", SeriesFolder(title="The Third Man", year=2010)),
        ("24", SeriesFolder(title="24")),
        ("1923", SeriesFolder(title="1923")),
        ("1923 (2022)", SeriesFolder(title="1923", year=2022)),
        ("9-1-1", SeriesFolder(title="9-1-1")),
        ("The 100", SeriesFolder(title="The 100")),
        ("Space 1999 (1975)", SeriesFolder(title="Space 1999", year=1975)),
    ],
)
def test_series_folders(name: str, expected: SeriesFolder) -> None:
    assert parse_series_folder(name) == expected


@pytest.mark.parametrize(
    "path",
    [
        "The Third Man (2010) {tvdb-12}/Season 01/S01E02.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/S01E02 - Harry.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/02.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/02 - Harry.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/02. Harry.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/E02.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/Episode 2.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/102 - Harry.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/1x02.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/The Third Man - 02.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/The Third Man - 102.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/the.third.man.102.mkv",
        "The Third Man (2010) {tvdb-12}/Season 01/The.Third.Man.S01E02.mkv",
        "The Third Man (2010) {tvdb-12}/S01E02.mkv",
        "The Third Man (2010) {tvdb-12}/Staffel 1/Folge 2.mkv",
        "The Third Man (2010) {tvdb-12}/Saison 1/Épisode 2.mkv",
        "TV Shows/The Third Man (2010) {tvdb-12}/Season 1/S01E02/S01E02.mkv",
        "/srv/media/TV/The Third Man (2010) {tvdb-12}/Season 1/1080p/S01E02.mkv",
    ],
)
def test_title_and_season_come_from_where_they_are(path: str) -> None:
    name = parse_episode(path)
    assert (name.title, name.year, name.ids) == ("The Third Man", 2010, TVDB)
    assert (name.season, name.episodes, name.absolute) == (1, (2,), ())


def test_specials_of_a_folder() -> None:
    name = parse_episode("The Third Man/Specials/Harry Lime.mkv")
    assert (name.title, name.season, name.episodes) == ("The Third Man", 0, ())
    assert name.is_special


def test_a_release_folder_numbers_a_file_without_meaning() -> None:
    path = "The.Third.Man.S01E02.720p.WEB-GRP/0d9f8e7c6b5a49382716.mkv"
    name = parse_episode(path)
    assert (name.title, name.season, name.episodes) == ("The Third Man", 1, (2,))
    assert name.release.release_group == "GRP"


def test_the_file_wins_over_a_folder_with_another_season() -> None:
    name = parse_episode("The Third Man/Season 2/The Third Man S03E04.mkv")
    assert (name.season, name.episodes) == (3, (4,))
