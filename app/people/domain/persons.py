"""Persons as they are shown, named and asked for."""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Final, NewType, Protocol
from uuid import UUID

from msgspec import Struct

from app.core.tx import Tx

PersonId = NewType("PersonId", UUID)
MOST_KEY: Final = 400
MOST_WORDS: Final = 8
PUNCTUATION: Final = "-‐'’`.,;:!?&/\\\"()[]_·"
"""What parts the words of a name, beside spaces."""
_APART: Final = str.maketrans(dict.fromkeys(PUNCTUATION, " "))


class Person(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Somebody who took part in a film or show. `locked` are fields that refreshes leave alone."""

    id: PersonId
    name: str
    portrait_url: str | None = None
    birth_date: date | None = None
    death_date: date | None = None
    birth_place: str | None = None
    department: str | None = None
    homepage: str | None = None
    also_known_as: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()


class SearchedPerson(Struct, frozen=True, kw_only=True):
    """Somebody by their names, bounded."""

    id: PersonId
    name: str
    also_known_as: tuple[str, ...]
    birth_place: str | None
    birth_date: date | None
    department: str | None
    popularity: float | None


class Biography(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What is told of a person: as it is by default, and in languages (BCP 47)."""

    own: str | None = None
    by_language: Mapping[str, str] = {}


class NamedPerson(Struct, frozen=True, kw_only=True):
    """A person as credits name one. Where their ids are of several persons, the one that is theirs
    at `provider`, who names them, counts before the others.
    """

    name: str
    ids: Mapping[str, str] = {}
    portrait_url: str | None = None
    provider: str | None = None


class PersonSort(StrEnum):
    """What persons are listed by."""

    NAME = "name"
    POPULARITY = "popularity"


class PersonQuery(Struct, frozen=True, kw_only=True):
    """Which persons to list: those whose names have a word that begins with each of these."""

    words: tuple[str, ...] = ()
    sort: PersonSort = PersonSort.NAME


class PersonReferences(Protocol):
    """What refers to persons, and is another's once two turn out to be one."""

    async def move_person(self, tx: Tx, gone: Collection[UUID], kept: UUID) -> None:
        """What these persons have is another's now, without anything being there twice."""
        ...


def person_key(name: str) -> str:
    """Under which key the same name, differently written, is one person.

    Bounded, because compatibility forms can be 18 times as long and an index entry may not be.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())[:MOST_KEY]


def name_words(text: str) -> tuple[str, ...]:
    """What somebody looks for in names, as words of keys; the first eight."""
    plain = person_key(text).translate(_APART)
    printable = "".join(c if c.isprintable() else " " for c in plain)
    return tuple(dict.fromkeys(printable.split()))[:MOST_WORDS]
