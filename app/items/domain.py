"""Items: what every movie, show, season and episode is, and the versions one can play."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Generic, NewType, TypeVar
from uuid import UUID

from msgspec import Struct, structs

from app.core.access import Scope
from app.core.errors import NotFound
from app.libraries.domain import FileId, LibraryId
from app.media.domain import DynamicRange
from app.naming.domain import Source

ItemId = NewType("ItemId", UUID)
VersionId = NewType("VersionId", UUID)
T = TypeVar("T")


class ItemKind(StrEnum):
    """What an item is; also the prefix of its id."""

    MOVIE = "movie"
    SHOW = "show"
    SEASON = "season"
    EPISODE = "episode"


PLAYABLE: Final = (ItemKind.MOVIE, ItemKind.EPISODE)


class ItemState(StrEnum):
    """Whether an item can be played."""

    AVAILABLE = "available"
    MISSING = "missing"


class Item(Struct, frozen=True, kw_only=True):
    """The row that a movie, show, season or episode shares its id with."""

    id: ItemId
    kind: ItemKind
    library_id: LibraryId
    parent_id: ItemId | None = None
    certification: str | None = None
    age: int | None = None
    state: ItemState = ItemState.AVAILABLE
    added_at: datetime


class Part(Struct, frozen=True, kw_only=True):
    """One file of a version; `part` counts from 1 where there are several."""

    file_id: FileId
    part: int | None
    missing: bool = False


class Version(Struct, frozen=True, kw_only=True):
    """Something one can choose to play. `duration` in seconds, `height` in pixels.

    `confidence`, from 0 to 1, is how sure it is that it belongs to its item; None before it was
    measured. `chosen` is somebody's choice, `is_default` what follows from all of them.
    """

    id: VersionId
    item_id: ItemId
    edition: str | None = None
    format_3d: str | None = None
    source: Source | None = None
    height: int | None = None
    resolution: str | None = None
    dynamic_range: DynamicRange | None = None
    duration: float | None = None
    confidence: float | None = None
    chosen: bool = False
    is_default: bool = False
    parts: tuple[Part, ...] = ()


class Held(Struct, Generic[T], frozen=True):
    """What an item has, with what decides who may see it."""

    library_id: LibraryId
    age: int | None
    value: T


def admitted(scope: Scope, found: Mapping[ItemId, Held[T]]) -> dict[ItemId, T]:
    """What those items have that the viewer may see."""
    if scope.unlimited:
        return {i: h.value for i, h in found.items()}
    return {i: h.value for i, h in found.items() if scope.admits(h.library_id, h.age)}


class VersionFacts(Struct, frozen=True, kw_only=True):
    """What a look inside its files says of a version; None is unknown."""

    duration: float | None = None
    height: int | None = None
    resolution: str | None = None
    hdr: str | None = None


def ranked(versions: Iterable[Version]) -> tuple[Version, ...]:
    """Versions in the order of choice: what somebody chose, the plain film before editions, the
    bigger picture first.
    """
    ordered = sorted(
        versions,
        key=lambda v: (
            not v.chosen,
            v.format_3d is not None,
            v.edition is not None,
            -(v.height or 0),
            v.id,
        ),
    )
    return tuple(
        structs.replace(version, is_default=index == 0) for index, version in enumerate(ordered)
    )


def playable(versions: Sequence[Version]) -> tuple[Version, ...]:
    """The versions whose files are all there; all of them where that is none."""
    whole = [v for v in versions if not any(part.missing for part in v.parts)]
    return ranked(whole) if whole else tuple(versions)


class ItemNotFound(NotFound):
    """There is no such item, or the viewer may not see it."""

    def __init__(self) -> None:
        super().__init__("There is no such item.", field="id")


# Age ratings as the years they stand for; what is not here counts as unrated.
AGES: dict[str, int] = {
    "g": 0, "tv-y": 0, "tv-g": 0, "u": 0, "uc": 0, "al": 0, "fsk 0": 0, "fsk-0": 0, "0": 0,
    "e": 0, "l": 0, "btl": 0, "tv-y7": 7, "6": 6, "fsk 6": 6, "fsk-6": 6, "7": 7,
    "pg": 8, "tv-pg": 10, "9": 9, "10": 10, "11": 11, "12": 12, "12a": 12, "fsk 12": 12,
    "fsk-12": 12, "pg-13": 13, "tv-14": 14, "m": 15, "14": 14, "15": 15, "16": 16,
    "fsk 16": 16, "fsk-16": 16, "ma15+": 15, "r": 17, "tv-ma": 17, "17": 17,
    "18": 18, "18a": 18, "r18": 18, "r18+": 18, "fsk 18": 18, "fsk-18": 18, "nc-17": 18, "x": 18,
    "ua": 12, "tv-y7-fv": 7,
}  # fmt: skip
# Marks of which the age is a part: "K-16", "R15+", "VM14", "-12", "UA 13+", "M/18".
MARK: Final = re.compile(r"(?:[a-z]{1,4}/|[a-z]{0,4}[- ]?)([0-9]{1,2})(?:\+|[a-z]{1,2})?")
MOST_AGE: Final = 21


def age_of(certification: str | None) -> int | None:
    """The years a certification stands for ("PG-13" is 13, "Rated R" 17), None when unknown."""
    if not certification:
        return None
    text = certification.strip().casefold().removeprefix("rated ").replace("u/a", "ua")
    country, separator, rest = text.partition(":")
    key = rest.strip() if separator and len(country) <= 3 else text.strip()
    known = _age_of_mark(key)
    return _age_of_mark(key.split("/")[0].strip()) if known is None else known


def _age_of_mark(mark: str) -> int | None:
    known = AGES.get(mark, AGES.get(mark.rstrip("+")))
    if known is None and (found := MARK.fullmatch(mark)) and int(found[1]) <= MOST_AGE:
        return int(found[1])
    return known
