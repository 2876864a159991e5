"""Keys of titles."""

import pytest

from app.naming.service import normal_title, sort_title


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Matrix", "matrix"),
        ("Ocean's Eleven", "Oceans Eleven"),
        ("Ocean’s Eleven", "Ocean's Eleven"),
        ("Amélie", "Amelie"),
        ("Fast & Furious", "Fast and Furious"),
        ("Spider-Man: No Way Home", "Spider Man No Way Home"),
        ("WALL·E", "WALL-E"),
        ("Straße", "STRASSE"),
        ("Sjöberg", "Sjoberg"),
        ("Трудно быть богом!", "трудно быть богом"),
        ("ｓｅｖｅｎ", "Seven"),
    ],
)
def test_spellings_of_one_title_meet(one: str, other: str) -> None:
    assert normal_title(one) == normal_title(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rocky II", "Rocky 2"),
        ("Rocky", "Rocky II"),
        ("千と千尋", "千と"),
        ("Брат", "Брат 2"),
        ("Up", "Down"),
    ],
)
def test_titles_of_different_films_do_not(one: str, other: str) -> None:
    assert normal_title(one) != normal_title(other)


def test_a_title_that_is_an_article_keeps_it() -> None:
    assert normal_title("The") == "the"


@pytest.mark.parametrize(
    ("title", "language", "key"),
    [
        ("The Matrix", None, "matrix, the"),
        ("The Matrix", "en", "matrix, the"),
        ("Die Blechtrommel", "de", "blechtrommel, die"),
        ("Die Hard", "en", "die hard"),
        ("L'Avventura", "it", "avventura, l"),
        ("Les Misérables", "fr", "miserables, les"),
        ("El Topo", "es-419", "topo, el"),
        ("De aanslag", "nl", "aanslag, de"),
        ("Å", "sv", "a"),
        ("???", None, "???"),
        ("", None, ""),
    ],
)
def test_sort_title(title: str, language: str | None, key: str) -> None:
    assert sort_title(title, language) == key


def test_order_of_sequels_under_byte_order() -> None:
    titles = ["Rocky", "Rocky 2", "Rocky 10", "The Rocky Story", "Ärger", "Zulu"]
    expected = ["Ärger", "Rocky", "Rocky 2", "Rocky 10", "The Rocky Story", "Zulu"]
    assert sorted(titles, key=lambda t: sort_title(t).encode()) == expected
