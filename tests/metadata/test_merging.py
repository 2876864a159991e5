"""What several providers say, made one."""

from typing import Any

import pytest

from app.catalog.domain.said import MetadataField
from app.metadata.domain import (
    FIELDS,
    Credit,
    Gathered,
    MovieRecord,
    Part,
    Priority,
    Rating,
    Text,
    Wish,
)
from app.metadata.service import merged

ONE = MovieRecord(
    source="tmdb",
    id="1",
    ids={"tmdb": "1", "imdb": "tt1"},
    title="Glass",
    language="en",
    overview="Rain.",
    genres=("Drama",),
    certifications={"US": "R"},
    ratings=(Rating(source="tmdb", value=6.0, votes=10),),
    credits=(Credit(name="Mo", part=Part.CAST),),
    texts=(Text(language="de", title="Glas"),),
)
TWO = MovieRecord(
    source="omdb",
    id="tt1",
    ids={"imdb": "tt2"},
    title="Glass!",
    language="en",
    overview="Much rain.",
    tagline="Wet.",
    runtime=5400,
    genres=("War",),
    certifications={"US": "PG", "DE": "12"},
    ratings=(Rating(source="imdb", value=7.0), Rating(source="tmdb", value=1.0)),
    credits=(
        Credit(name="Other", part=Part.CAST),
        Credit(name="Kim", part=Part.CREW, job="Director"),
    ),
    texts=(Text(language="de", title="Scheibe", overview="Regen."),),
)


def one(*records: MovieRecord, priority: str = "", languages: tuple[str, ...] = ("en",)) -> Any:
    wish = Wish(languages=languages, priority=Priority.parse(priority))
    return merged(Gathered(records=records), wish)


def test_the_first_that_says_a_field_is_believed() -> None:
    found = one(ONE, TWO)
    assert (found.record.title, found.record.overview, found.record.tagline) == (
        "Glass", "Rain.", "Wet.",
    )  # fmt: skip
    assert found.given["overview"] == "tmdb"
    assert found.given["tagline"] == "omdb"
    assert found.given["runtime"] == "omdb"
    assert found.record.genres == ("Drama",)


def test_credits_are_of_one_provider_for_each_part() -> None:
    found = one(ONE, TWO)
    assert [credit.name for credit in found.record.credits] == ["Mo", "Kim"]
    assert (found.given["cast"], found.given["crew"]) == ("tmdb", "omdb")


def test_what_says_whose_it_is_is_put_together() -> None:
    found = one(ONE, TWO)
    assert found.ids == {"tmdb": "1", "imdb": "tt1"}
    assert found.record.certifications == {"US": "R", "DE": "12"}
    assert [(r.source, r.value) for r in found.ratings] == [("tmdb", 6.0), ("imdb", 7.0)]


def test_a_priority_for_all_and_for_one_field() -> None:
    found = one(ONE, TWO, priority="omdb; overview: tmdb; rating: imdb")
    assert found.record.title == "Glass!"
    assert found.record.overview == "Rain."
    assert found.ratings[0].source == "imdb"
    assert found.given["rating"] == "imdb"


def test_texts_are_those_of_the_wished_language_and_the_others_beside() -> None:
    found = one(ONE, TWO, languages=("de", "en"))
    assert (found.record.title, found.record.overview, found.language) == ("Glas", "Regen.", "de")
    assert [(t.language, t.title, t.overview) for t in found.texts] == [("en", "Glass", "Rain.")]


@pytest.mark.parametrize(
    ("wished", "title", "language"),
    [("de-AT", "Glas", "de"), ("fr", "Glass", "en"), ("en-GB", "Glass", "en")],
)
def test_a_language_that_nobody_has(wished: str, title: str, language: str) -> None:
    found = one(ONE, languages=(wished,))
    assert (found.record.title, found.language) == (title, language)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("tvdb, tmdb", {"*": ("tvdb", "tmdb")}),
        ("tvdb; overview: tmdb ,tvdb", {"*": ("tvdb",), "overview": ("tmdb", "tvdb")}),
        ("nonsense: tmdb; : ; ,", {}),
    ],
)
def test_priorities_as_they_are_written(text: str, fields: dict[str, Any]) -> None:
    assert Priority.parse(text).fields == fields


def test_fields_are_those_of_the_catalogue() -> None:
    names = {field.value for field in MetadataField} - {"external_ids"}
    assert names == FIELDS - {"episodes", "popularity"}
