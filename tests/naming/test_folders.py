"""What folders add to the name of a file."""

import pytest

from app.naming.domain import ExternalId
from app.naming.service import parse_movie


@pytest.mark.parametrize(
    "path",
    [
        "The Third Man (1949)/the-third-man.mkv",
        "The Third Man (1949)/0d9f8e7c6b5a49382716.mkv",
        "The Third Man (1949)/movie.mkv",
        "The.Third.Man.1949.720p.BluRay.x264-GRP/grp-ttm.720p.mkv",
        "The Third Man (1949)/BDMV/STREAM/00800.m2ts",
        "The Third Man (1949)/VIDEO_TS/VTS_01_1.VOB",
        "The Third Man (1949)/CD1/ttm.avi",
        "Movies/T/The Third Man (1949)/1080p/ttm.mkv",
        "1949/The Third Man.mkv",
        "Carol Reed Collection/The Third Man (1949).mkv",
        "Downloads/Noir 1080p/The.Third.Man.1949.mkv",
        "The Third Man (1949)/grp-the.third.man.1949.720p.mkv",
        "/srv/media/Movies/The Third Man (1949).mkv",
    ],
)
def test_title_and_year_come_from_where_they_are(path: str) -> None:
    name = parse_movie(path)
    assert (name.title, name.year) == ("The Third Man", 1949)


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("The Third Man (1949) {tmdb-1092}/ttm.mkv", [("tmdb", "1092")]),
        ("The Third Man (1949) [tmdbid=1092]/ttm.mkv", [("tmdb", "1092")]),
        ("The Third Man (1949) [imdbid-tt0041959]/ttm.mkv", [("imdb", "tt0041959")]),
        ("The Third Man (1949) {imdb-tt0041959}/ttm.mkv", [("imdb", "tt0041959")]),
        ("The Third Man (1949) {tvdb-333}.mkv", [("tvdb", "333")]),
        ("The.Third.Man.1949.tt0041959.720p.mkv", [("imdb", "tt0041959")]),
        (
            "The Third Man {tmdb-1092}/The Third Man (1949) {imdb-tt0041959}.mkv",
            [("imdb", "tt0041959"), ("tmdb", "1092")],
        ),
        ("The Third Man (1949).mkv", []),
        ("Ghetto1234567 (1949).mkv", []),
    ],
)
def test_ids(path: str, ids: list[tuple[str, str]]) -> None:
    assert parse_movie(path).ids == tuple(ExternalId(source=s, value=v) for s, v in ids)


def test_the_file_wins_over_a_folder_with_another_film() -> None:
    name = parse_movie("The Third Man (1949)/Odd Man Out (1947).mkv")
    assert (name.title, name.year) == ("Odd Man Out", 1947)


def test_a_collection_is_no_film() -> None:
    name = parse_movie("Police Academy Collection (1984-1994)/Police Academy.mkv")
    assert (name.title, name.year) == ("Police Academy", None)


def test_release_words_of_the_folder_complete_those_of_the_file() -> None:
    name = parse_movie("The.Third.Man.1949.REMUX.1080p.BluRay-GRP/The.Third.Man.1949.mkv")
    assert (name.release.resolution, name.release.release_group) == (1080, "GRP")


def test_edition_of_the_folder() -> None:
    path = "The Third Man (1949) {edition-British Cut}/The Third Man (1949).mkv"
    assert parse_movie(path).edition == "British Cut"


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("The Third Man (1949) cd1.avi", 1),
        ("The Third Man (1949) - CD 2.avi", 2),
        ("The.Third.Man.1949.CD1of2.DVDRip.avi", 1),
        ("The Third Man (1949) part3.mkv", 3),
        ("The Third Man (1949) pt2.mkv", 2),
        ("The Third Man (1949) - part b.mkv", 2),
        ("The Third Man (1949) disc 4.mkv", 4),
        ("The Third Man (1949)/Disc 2/ttm.avi", 2),
        ("The Third Man (1949)/The Third Man part 2.mkv", None),
        ("The Third Man Part 2 (1949).mkv", None),
        ("The Third Man Part III (1949).mkv", None),
    ],
)
def test_part(path: str, part: int | None) -> None:
    assert parse_movie(path).part == part


@pytest.mark.parametrize(
    ("path", "title", "part"),
    [
        ("Der Dritte Mann/cd1.avi", "Der Dritte Mann", 1),
        ("Der Dritte Mann (1949)/Teil 2.avi", "Der Dritte Mann", 2),
        ("Der Dritte Mann/Teil 2/film.avi", "Der Dritte Mann", 2),
        ("Il terzo uomo/Il terzo uomo - parte2.avi", "Il terzo uomo", 2),
        ("Le Troisième Homme/Disque 1/film.avi", "Le Troisième Homme", 1),
        ("Третий человек/Диск 2/фильм.avi", "Третий человек", 2),
        ("Películas/El tercer hombre/película.mkv", "El tercer hombre", None),
        ("Filmy/Trzeci człowiek/film.mkv", "Trzeci człowiek", None),
        ("The Third Man/title_t00.mkv", "The Third Man", None),
        ("Filmy/film.mkv", "film", None),
        ("Фильмы/фильм.mkv", "фильм", None),
        ("The Third Man Part 2 (1949).mkv", "The Third Man Part 2", None),
        ("El tercer hombre Parte 2 (1949).mkv", "El tercer hombre Parte 2", None),
    ],
)
def test_shelves_parts_and_nameless_files_in_many_languages(
    path: str, title: str | None, part: int | None
) -> None:
    name = parse_movie(path)
    assert (name.title, name.part) == (title, part)
