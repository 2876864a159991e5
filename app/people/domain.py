"""Persons, as credits name them."""

import unicodedata
from typing import NewType
from uuid import UUID

from msgspec import Struct

PersonId = NewType("PersonId", UUID)


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who took part in a film or show."""

    id: PersonId
    name: str
    portrait_url: str | None = None


def person_key(name: str) -> str:
    """Under which key the same name, differently written, is one person."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
