"""Persons, as credits name them."""

import unicodedata
from collections.abc import Collection, Mapping
from typing import Final, NewType, Protocol
from uuid import UUID

from msgspec import Struct

from app.core.access import Scope

PersonId = NewType("PersonId", UUID)
MOST_KEY: Final = 400


class Person(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Somebody who took part in a film or show."""

    id: PersonId
    name: str
    portrait_url: str | None = None


class NamedPerson(Struct, frozen=True, kw_only=True):
    """A person as a provider's credits name them; `ids` by source."""

    name: str
    ids: Mapping[str, str] = {}
    portrait_url: str | None = None
    provider: str | None = None


class CreditGate(Protocol):
    """Who knows in what persons took part: a person has neither library nor age rating."""

    async def credited(self, scope: Scope, ids: Collection[UUID]) -> Collection[UUID]:
        """Those among `ids` who took part in something that the viewer may see."""
        ...


def person_key(name: str) -> str:
    """Under which key the same name, differently written, is one person.

    Bounded, because compatibility forms can be 18 times as long and an index entry may not be.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())[:MOST_KEY]
