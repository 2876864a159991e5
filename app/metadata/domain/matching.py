"""What is sought at providers, and how sure it is that something found is it."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from app.metadata.domain.records import Hit, RecordKind

THRESHOLD: Final = 0.75  # what is less sure waits for somebody


class Sought(Struct, frozen=True, kw_only=True):
    """A film or show as files and names tell of it: `titles`, the likeliest first, one at least;
    `runtime` in seconds; `ids` by source.
    """

    kind: RecordKind
    titles: tuple[str, ...]
    year: int | None = None
    runtime: float | None = None
    language: str | None = None
    ids: Mapping[str, str] = {}


class Match(Struct, frozen=True, kw_only=True):
    """Something found, and how sure it is that this is what was sought: from 0 to 1."""

    hit: Hit
    score: float
