"""Genres, credits, external ids and collections."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NewType, TypeVar
from uuid import UUID

from msgspec import Struct, structs

from app.catalog.domain.names import MOST_SLUG as MOST_SLUG
from app.catalog.domain.names import slug as slug
from app.core.speaking import spoken
from app.items.domain import ItemId, ItemKind
from app.libraries.domain import LibraryId
from app.people.domain import PersonId

GenreId = NewType("GenreId", UUID)
NetworkId = NewType("NetworkId", UUID)
CollectionId = NewType("CollectionId", UUID)


class Genre(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A genre; `slug` is its name in lower case with dashes."""

    id: GenreId
    name: str
    slug: str


class Network(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Who broadcasts a show; `slug` is its name in lower case with dashes."""

    id: NetworkId
    name: str
    slug: str


class Label(StrEnum):
    """The kinds of names that many items share."""

    GENRE = "genre"
    NETWORK = "network"
    KEYWORD = "keyword"
    STUDIO = "studio"


class Labels(Struct, frozen=True, kw_only=True):
    """Those of one item, the most telling first."""

    genres: tuple[Genre, ...] = ()
    networks: tuple[Network, ...] = ()


class Translation(Struct, frozen=True, kw_only=True):
    """What is said of an item in one language, a BCP 47 tag."""

    language: str
    title: str | None = None
    overview: str | None = None
    tagline: str | None = None


SPOKEN: Final = ("title", "overview", "tagline")
S = TypeVar("S", bound=Struct)


class Telling(Struct, frozen=True, kw_only=True):
    """What is said of an item in other languages, by their tags, and in which language its own
    texts are: that of its library where `language` is None.
    """

    texts: Mapping[str, Mapping[str, str]]
    language: str | None = None
    original_language: str | None = None
    library_language: str


def in_language(item: S, told: Telling, asked: str) -> S:
    """An item with each of its texts as `spoken` finds it for who asks for a language."""
    said = {
        name: _text_in(asked, told, item, name) for name in SPOKEN if name in item.__struct_fields__
    }
    return structs.replace(item, **said)


def _text_in(asked: str, told: Telling, item: Struct, name: str) -> str | None:
    own, original = getattr(item, name), told.original_language
    if name == "title":
        own = own or getattr(item, "name", None)  # "Season 1"
    texts = {tag: text for tag, one in told.texts.items() if (text := one.get(name))}
    if name == "title" and original and (title := getattr(item, "original_title", None)):
        texts.setdefault(original, title)
    return spoken(asked, told.library_language, original, (told.language, own), texts) or own


class CreditKind(StrEnum):
    """In front of the camera, in a single episode, or behind it."""

    CAST = "cast"
    GUEST = "guest"
    CREW = "crew"


class Credit(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A person's part in an item: a character, or a job such as "Director". `position` counts from
    0 within the item's credits of a kind, without gaps.
    """

    id: UUID
    item_id: ItemId
    person_id: PersonId
    kind: CreditKind
    character: str | None = None
    job: str | None = None
    position: int = 0
    department: str | None = None


class PersonCredit(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What a person did for a film or show: one line for each kind of credit and job.

    `episodes` is for how many episodes of a show; None where they were named for nothing smaller
    than the whole. The character is that of most of them.
    """

    item: tuple[ItemKind, ItemId]
    kind: CreditKind
    job: str | None = None
    character: str | None = None
    department: str | None = None
    episodes: int | None = None


class ExternalId(Struct, frozen=True, kw_only=True):
    """The id of an item elsewhere: source "imdb", value "tt0133093"."""

    source: str
    value: str


class Collection(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Films that belong together."""

    id: CollectionId
    name: str
    overview: str | None = None


COUNTED: Final = ("libraries", "max_age", "missing")


class ContentQuery(Struct, frozen=True, kw_only=True):
    """What one can ask of lists of any content. `watcher` is whose `watched` is meant."""

    libraries: tuple[LibraryId, ...] | None = None
    genres: tuple[GenreId, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    rating_from: float | None = None
    votes_from: int | None = None
    watched: bool | None = None
    watcher: UUID | None = None
    added_since: datetime | None = None
    max_age: int | None = None
    missing: bool = False
    descending: bool = False
    seed: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether it asks for more than libraries, an age and whether files are missing: of all
        else nobody keeps how many there are. How they are ordered is no matter.
        """
        free = {*COUNTED, "descending", "seed", "sort"}
        return any(
            getattr(self, field.name) != field.default
            for field in structs.fields(self)
            if field.name not in free
        )


class Person(Struct, frozen=True, kw_only=True):
    """A person as an NFO file names one."""

    name: str
    character: str | None = None
    job: str | None = None
    portrait_url: str | None = None


class Picture(Struct, frozen=True, kw_only=True):
    """A picture as an NFO file names one: its aspect ("poster", "fanart"), its address, and whose
    season it is when it is one's.
    """

    aspect: str
    url: str
    season: int | None = None


class TitleSource(StrEnum):
    """Who said a title, the least trusted first."""

    FILE = "file"
    TAGS = "tags"
    NAME = "name"
    PROVIDER = "provider"
    NFO = "nfo"
    HAND = "hand"

    @property
    def weaker(self) -> tuple["TitleSource", ...]:
        """Those whose title this one replaces."""
        everyone = tuple(TitleSource)
        return everyone[: everyone.index(self)]


class Likeness(Struct, frozen=True, kw_only=True):
    """What a film or show is compared with a file by; `runtime` in seconds."""

    id: ItemId
    title: str
    title_key: str
    year: int | None
    runtime: int | None


class Details(Struct, frozen=True, kw_only=True):
    """What is said of a movie, show, season or episode by a file beside it or inside it; all of it
    optional. Dates are as ISO 8601 writes them, `status` is in the words of the file, and
    `release_date` of television is the day it was first aired.
    """

    title: str | None = None
    original_title: str | None = None
    sort_title: str | None = None
    year: int | None = None
    release_date: str | None = None
    overview: str | None = None
    tagline: str | None = None
    runtime: int | None = None
    certification: str | None = None
    rating: float | None = None
    votes: int | None = None
    genres: tuple[str, ...] = ()
    cast: tuple[Person, ...] = ()
    crew: tuple[Person, ...] = ()
    collection: str | None = None
    collection_overview: str | None = None
    ids: Mapping[str, str] = {}
    pictures: tuple[Picture, ...] = ()
    trailer_url: str | None = None
    networks: tuple[str, ...] = ()
    status: str | None = None
    season: int | None = None
    episode: int | None = None
    absolute: int | None = None
    last_air_date: str | None = None
    guests: tuple[Person, ...] = ()
    season_titles: Mapping[int, str] = {}


_MAPPINGS: Final = ("ids", "season_titles")


def merged(said: Iterable[Details]) -> Details:
    """What several files, one at least, say of one thing: the first that says it is believed."""
    first, *others = said
    if not others:
        return first
    found: dict[str, Any] = {}
    for details in (first, *others):
        values = {n: v for n in Details.__struct_fields__ if _says(v := getattr(details, n))}
        # These two belong to what another field says, and are not taken without it.
        if "rating" in found:
            values.pop("votes", None)
        if found.get("collection") not in {None, details.collection}:
            values.pop("collection_overview", None)
        joined = {n: {**values.pop(n, {}), **found.get(n, {})} for n in _MAPPINGS}
        found = {**values, **found, **joined}
    return Details(**found)


def _says(value: object) -> bool:
    """Season 0 is one: a number is said whatever it is."""
    return bool(value) or isinstance(value, (int, float))


class Naming(Struct, frozen=True, kw_only=True):
    """By what a film or show is found again: `title_key` and `name_year` as the names of its files
    say them, whatever is said elsewhere; `year` as it is shown.
    """

    id: ItemId
    title_key: str
    name_year: int | None
    year: int | None

    @property
    def years(self) -> frozenset[int]:
        """Every year that is said of it."""
        return frozenset(y for y in (self.name_year, self.year) if y is not None)


def same_years(
    one: tuple[int | None, frozenset[int]], other: tuple[int | None, frozenset[int]]
) -> bool:
    """Whether what has one title can be one film or show, by (year in the name, all years said).

    Without a year in either name nothing may contradict; else one year has to be common to both,
    so that "Dune" is neither that of 1984 nor that of 2021.
    """
    if one[0] is None and other[0] is None:
        return not (one[1] and other[1]) or bool(one[1] & other[1])
    return bool(one[1] & other[1])


def differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two sets of ids cannot be of one thing: remakes share titles, even years."""
    return any(other.get(source, value) != value for source, value in one.items())


MOST_SEASON: Final = 9999
MOST_NUMBER: Final = 30_000  # of an episode, in its season or through all of them
SOURCES: Final = frozenset(
    {
        *("tmdb", "imdb", "tvdb", "trakt", "anidb", "tvmaze", "wikidata"),
        *("anilist", "mal", "kitsu", "simkl", "letterboxd"),
    }
)
"""Whose ids say which film it is; one of its collection ("tmdbSet") would make them all one."""


def popularity_of(rating: float | None, votes: int | None) -> float | None:
    """How much a film is talked of, until a provider says: its rating, weighed by the order of
    magnitude of its votes. 8.0 by a million voters is 48, by a hundred 16; unknown without either.
    """
    if rating is None:
        return None
    return round(rating * math.log10(max(votes or 0, 1) + 1), 3)
