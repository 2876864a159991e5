"""TheTVDB's published contract: what is read of its answers is in them, full or all null."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import fields

from app.metadata.providers.tvdb import parts, reading, wire

CONTRACTS = Path(__file__).parents[4] / "shared" / "contracts"
CONTRACT = Path(os.environ.get("REVENGE_CONTRACTS", CONTRACTS)) / "tvdb-openapi" / "swagger.yml"
READ: dict[str, tuple[type[msgspec.Struct], set[str]]] = {
    "SeriesExtendedRecord": (wire.Series, set()),
    "MovieExtendedRecord": (wire.Movie, set()),
    "SeasonExtendedRecord": (wire.Season, set()),
    # Lists tell it, whole records do not.
    "EpisodeExtendedRecord": (wire.Episode, {"absoluteNumber"}),
    "PeopleExtendedRecord": (wire.Person, set()),
    "SearchResult": (wire.SearchResult, set()),
    "SearchByRemoteIdResult": (wire.Remote, set()),
    "Character": (wire.Character, set()),
    "ArtworkExtendedRecord": (wire.Artwork, set()),
    "ContentRating": (wire.ContentRating, set()),
    "RemoteID": (wire.RemoteId, set()),
    "Translation": (wire.Translation, set()),
    "TranslationExtended": (wire.Translations, set()),
    "Trailer": (wire.Trailer, set()),
    "Release": (wire.Release, set()),
    "Language": (wire.Language, set()),
    "Links": (wire.Links, set()),
    "CompanyType": (wire.CompanyType, set()),
    "Companies": (wire.Companies, set()),
    # Answers have the type of each, which the contract leaves out.
    "Company": (wire.Company, {"companyType"}),
    "ListBaseRecord": (wire.OfList, set()),
}
ANSWERS: Any = wire.Answer  # which type it is of is not known beforehand
SIMPLE = {"string": "7", "integer": 7, "number": 7.5, "boolean": True}

pytestmark = pytest.mark.skipif(not CONTRACT.is_file(), reason=f"no contract at {CONTRACT}")


@pytest.fixture(scope="module")
def schemas() -> dict[str, dict[str, str]]:
    """What the fields of each schema are said to be, by name."""
    text = CONTRACT.read_text(encoding="utf-8").partition("\n  schemas:\n")[2]
    found: dict[str, dict[str, str]] = {}
    for name, schema in re.findall(r"^    (\w+):\n((?:      .*\n|\s*\n)*)", text, re.MULTILINE):
        said = re.findall(r"^        (\w+):\n((?:          .*\n)*)", schema, re.MULTILINE)
        found[name] = dict(said)
    return found


def filled(schemas: dict[str, dict[str, str]], name: str, depth: int = 3) -> Any:
    """A document of this schema."""
    if name == "TranslationSimple":
        return {"eng": "7"}
    return {field: _value(schemas, said, depth) for field, said in schemas[name].items()}


def _value(schemas: dict[str, dict[str, str]], said: str, depth: int) -> Any:
    of = re.search(r"#/components/schemas/(\w+)", said)
    types = re.findall(r"type: (\w+)", said)
    if of is not None:
        one = filled(schemas, of[1], depth - 1) if depth else None
    else:
        one = next((SIMPLE[kind] for kind in types if kind in SIMPLE), {})
    if "items:" in said or "array" in types:
        return [one] if one is not None else []
    return one


def records(found: Any) -> Iterable[Any]:
    """Whatever is made of it."""
    match found:
        case wire.Series():
            yield reading.show(found, ["en"])
        case wire.Movie():
            yield reading.movie(found, ["en"])
        case wire.Season():
            yield reading.season(found, 1, (), ["en"])
        case wire.Episode():
            yield reading.episode(found, parts.texts(found.translations), ["en"])
        case wire.Person():
            yield reading.person(found, ["en"])


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_there(schemas: dict[str, dict[str, str]], name: str) -> None:
    kind, unsaid = READ[name]
    assert {field.encode_name for field in fields(kind)} - unsaid <= set(schemas[name])


@pytest.mark.parametrize("name", READ)
def test_documents_of_the_contract_are_read(schemas: dict[str, dict[str, str]], name: str) -> None:
    kind, answers = READ[name][0], ANSWERS
    full = filled(schemas, name)
    empty = {key: value if key in {"id", "tvdb_id"} else None for key, value in full.items()}
    for document in (full, empty):
        body = msgspec.json.encode({"status": "success", "data": document})
        answer = msgspec.json.decode(body, type=answers[kind], strict=False)
        assert isinstance(answer.data, kind)
        for record in records(answer.data):
            assert record.ids["tvdb"] == "7"
