"""What is said of an item by providers, NFO files and people, and who said which of it."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from app.metadata.domain import Credit as SaidCredit
from app.metadata.domain import Picture, Rating, Video


class MetadataField(StrEnum):
    """What of an item one source is believed in, and people can lock."""

    TITLE = "title"
    ORIGINAL_TITLE = "original_title"
    OVERVIEW = "overview"
    TAGLINE = "tagline"
    RELEASE_DATE = "release_date"
    RUNTIME = "runtime"
    STATUS = "status"
    RATING = "rating"
    CERTIFICATION = "certification"
    GENRES = "genres"
    KEYWORDS = "keywords"
    STUDIOS = "studios"
    NETWORKS = "networks"
    CAST = "cast"
    CREW = "crew"
    GUESTS = "guests"
    COLLECTION = "collection"
    TRAILERS = "trailers"
    ARTWORK = "artwork"
    HOMEPAGE = "homepage"
    COUNTRIES = "countries"
    ALTERNATIVE_TITLES = "alternative_titles"
    RELATED = "related"
    EXTERNAL_IDS = "external_ids"


NFO: Final = "nfo"
HAND: Final = "hand"
"""Sources that are no provider: files beside the media, and people."""

# The columns of each field, in the tables of content and in that of metadata.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "sort_title"),
    "original_title": ("original_title", "original_language"),
    "overview": ("overview",),
    "tagline": ("tagline",),
    "release_date": ("release_date", "year"),
    "runtime": ("runtime",),
    "status": ("status", "last_air_date", "next_air_date"),
    "rating": ("rating", "votes", "popularity"),
    "certification": ("certifications",),
    "trailers": ("trailer_url", "videos"),
    "homepage": ("homepage",),
    "countries": ("countries",),
    "alternative_titles": ("alternative_titles",),
    "related": ("budget", "revenue"),
}


class MetadataState(StrEnum):
    """How far an item is with providers."""

    WAITING = "waiting"
    MATCHED = "matched"
    PARTIAL = "partial"
    UNMATCHED = "unmatched"
    FAILING = "failing"
    GONE = "gone"


class Provenance(Struct, frozen=True, kw_only=True):
    """Who said a field, and when that was news; a locked one nobody but people changes."""

    field: MetadataField
    source: str
    at: datetime | None = None
    locked: bool = False


class Certification(Struct, frozen=True, kw_only=True):
    """An age certification by the country that gave it, and the years that it stands for."""

    country: str
    certification: str
    age: int | None = None


class Guess(Struct, frozen=True, kw_only=True):
    """What an item may be at a provider, and how sure that is, from 0 to 1."""

    provider: str
    id: str
    title: str
    year: int | None = None
    confidence: float
    picture_url: str | None = None


class ItemMetadata(Struct, frozen=True, kw_only=True):
    """What an item has beside its own table."""

    original_language: str | None = None
    alternative_titles: tuple[str, ...] = ()
    ratings: tuple[Rating, ...] = ()
    certifications: tuple[Certification, ...] = ()
    trailers: tuple[Video, ...] = ()
    countries: tuple[str, ...] = ()
    homepage: str | None = None
    budget: int | None = None
    revenue: int | None = None
    provenance: tuple[Provenance, ...] = ()
    state: MetadataState = MetadataState.WAITING
    guesses: tuple[Guess, ...] = ()
    problem: str | None = None
    refreshed_at: datetime | None = None
    due_at: datetime | None = None


class RelatedKind(StrEnum):
    """Why a provider names something beside an item."""

    SIMILAR = "similar"
    RECOMMENDED = "recommended"


class Elsewhere(Struct, frozen=True, kw_only=True):
    """A film or show by its id at a source, whether it is in a library or not."""

    source: str
    value: str
    title: str
    year: int | None = None
    picture_url: str | None = None
    release_date: date | None = None


class Shown(Struct, frozen=True, kw_only=True):
    """Something elsewhere, and the (kind, id) of the item that it is here, if one is seen."""

    elsewhere: Elsewhere
    item: tuple[str, UUID] | None = None


class Organisation(Struct, frozen=True, kw_only=True):
    """A studio or a network as a source names it."""

    name: str
    logo_url: str | None = None
    country: str | None = None


class Keyword(Struct, frozen=True, kw_only=True):
    """What an item is about; `slug` is its name in lower case with dashes."""

    id: UUID
    name: str
    slug: str


class Studio(Struct, frozen=True, kw_only=True):
    """Who made an item; `country` as ISO 3166 writes it."""

    id: UUID
    name: str
    slug: str
    logo_url: str | None = None
    country: str | None = None


class Tags(Struct, frozen=True, kw_only=True):
    """Those of one item, the most telling first."""

    keywords: tuple[Keyword, ...] = ()
    studios: tuple[Studio, ...] = ()


class Told(Struct, frozen=True, kw_only=True):
    """What a source or several say of one item. `values` are columns of its table and of the table
    of metadata; what is not in `given`, which says by whom, is not said at all. What those said
    who are `silent` now, because they could not be asked, stays.
    """

    given: Mapping[str, str]
    values: Mapping[str, Any] = {}
    texts: Mapping[str, Mapping[str, str]] | None = None
    language: str | None = None
    certification: str | None = None
    genres: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    studios: tuple[Organisation, ...] = ()
    networks: tuple[Organisation, ...] = ()
    credits: tuple[SaidCredit, ...] = ()
    collection: Elsewhere | None = None
    related: Mapping[RelatedKind, tuple[Elsewhere, ...]] = {}
    ids: Mapping[str, str] = {}
    pictures: tuple[tuple[str, Picture], ...] = ()
    silent: frozenset[str] = frozenset()


class Held(Struct, frozen=True, kw_only=True):
    """The row of an item's metadata while it is written."""

    values: Mapping[str, Any]
    texts: Mapping[str, Mapping[str, str]]
    provenance: Mapping[str, Mapping[str, str]]
    locks: frozenset[str]

    def free(self, field: str, silent: frozenset[str] = frozenset()) -> bool:
        """Whether a provider may say it: people and files beside the media are believed more, and
        so is what somebody said who could not be asked now.
        """
        said = self.provenance.get(field)
        return field not in self.locks and (said is None or said["source"] not in {NFO, *silent})
