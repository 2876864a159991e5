"""What somebody is told who looks things up at providers by hand."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from app.metadata.domain.capabilities import Capability
from app.metadata.domain.records import Credit, Hit, Picture, Rating, RecordKind, SeasonRecord


class ProviderState(Struct, frozen=True, kw_only=True):
    """A provider as it is set up now; `missing` are keys of settings that it needs."""

    name: str
    label: str
    priority: int
    enabled: bool
    ready: bool
    missing: tuple[str, ...]
    can: tuple[Capability, ...]
    address: str
    rate: float
    burst: float


class Failure(Struct, frozen=True, kw_only=True):
    """A provider that could not be asked, and why."""

    provider: str
    message: str
    retry_after: float | None = None


class Found(Struct, frozen=True, kw_only=True):
    """What providers found, what fits best first, and who could not be asked."""

    hits: tuple[Hit, ...]
    failures: tuple[Failure, ...]


class Trial(Struct, frozen=True, kw_only=True):
    """How a provider answered; `seconds` is how long it took."""

    ok: bool
    message: str
    seconds: float


class Sheet(Struct, frozen=True, kw_only=True):
    """A record of any kind as one looks at it before choosing."""

    source: str
    kind: RecordKind
    id: str
    title: str
    original_title: str | None = None
    original_language: str | None = None
    release_date: date | None = None
    year: int | None = None
    overview: str | None = None
    tagline: str | None = None
    runtime: int | None = None
    status: str | None = None
    homepage: str | None = None
    genres: tuple[str, ...] = ()
    ids: Mapping[str, str] = {}
    ratings: tuple[Rating, ...] = ()
    credits: tuple[Credit, ...] = ()
    pictures: tuple[Picture, ...] = ()
    seasons: tuple[SeasonRecord, ...] = ()
    parts: tuple[Hit, ...] = ()
