"""What several providers say of one thing, and which of them is believed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from app.metadata.domain.lookups import Failure
from app.metadata.domain.records import Hit, Picture, Rating, Text

R = TypeVar("R")
EVERYTHING: Final = "*"
FIELDS: Final = frozenset(
    {
        *("title", "original_title", "overview", "tagline", "release_date", "runtime", "status"),
        *("rating", "popularity", "certification", "genres", "keywords", "studios", "networks"),
        *("cast", "crew", "guests", "collection", "trailers", "artwork", "homepage", "countries"),
        *("alternative_titles", "related", "episodes"),
    }
)
"""What a library's items have that providers can say; a priority may name one."""


class Priority(Struct, frozen=True):
    """Who is believed first, in general (`EVERYTHING`) and for single fields. Who is not named
    comes after, as the chain has them.
    """

    fields: Mapping[str, tuple[str, ...]] = {}

    @classmethod
    def parse(cls, text: str) -> "Priority":
        """Names in general, and after a field's name those for it: "tvdb, tmdb; overview: tmdb".
        What is none of that is passed over.
        """
        found: dict[str, tuple[str, ...]] = {}
        for part in text.split(";"):
            field, separator, names = part.rpartition(":")
            where = field.strip() if separator else EVERYTHING
            order = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
            if order and (where == EVERYTHING or where in FIELDS):
                found[where] = order
        return cls(found)

    def sorted(self, field: str, of: Sequence[R], name: Any) -> list[R]:
        """`of` by their names, as `name(one)` says them."""
        order = (*self.fields.get(field, ()), *self.fields.get(EVERYTHING, ()))
        if not order:
            return list(of)
        rank = {who: place for place, who in reversed(list(enumerate(order)))}
        return sorted(of, key=lambda one: rank.get(name(one), len(order)))


class Wish(Struct, frozen=True, kw_only=True):
    """How something is asked for: `languages`, that of the library first; `anew` takes no answer
    that was kept.
    """

    languages: tuple[str, ...]
    priority: Priority = Priority()
    anew: bool = False

    @property
    def language(self) -> str:
        return self.languages[0]


class Gathered(Struct, Generic[R], frozen=True, kw_only=True):
    """The records of providers, in the order of the chain, and who could not be asked. `lost` have
    nothing of the id that they were asked by. `ids` are all that is known by now. `recommended` is
    what somebody names beside it, where no record does.
    """

    records: tuple[R, ...] = ()
    ratings: tuple[Rating, ...] = ()
    pictures: tuple[tuple[str, Picture], ...] = ()
    recommended: tuple[str, tuple[Hit, ...]] | None = None
    ids: Mapping[str, str] = {}
    failures: tuple[Failure, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def gone(self) -> bool:
        """Whether everybody who was asked has lost it."""
        return bool(self.lost) and not self.records and not self.failures


class Merged(Struct, Generic[R], frozen=True, kw_only=True):
    """What all say together: a record with the believed value of each field, in `language` where
    that could be had; `given` is who said which.
    """

    record: R
    language: str | None
    texts: tuple[Text, ...] = ()
    ratings: tuple[Rating, ...] = ()
    pictures: tuple[tuple[str, Picture], ...] = ()
    ids: Mapping[str, str] = {}
    given: Mapping[str, str] = {}
