"""TVmaze's answers, as far as anybody reads them. Source: www.tvmaze.com/api, and how clients of
it test what is embedded: nothing embedded is an empty list, and the jobs of an episode's crew have
a name of their own.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

Id = Annotated[int, Meta(ge=1, lt=10**12)]


class Country(Struct):
    name: str | None = None
    code: str | None = None


class Network(Struct):
    """Of a television channel, or of the web."""

    id: int | None = None
    name: str | None = None
    country: Country | None = None


class Score(Struct):
    average: float | None = None


class Image(Struct):
    original: str | None = None
    medium: str | None = None


class Size(Struct):
    url: str | None = None
    width: int | None = None
    height: int | None = None


class Sizes(Struct):
    original: Size | None = None


class Artwork(Struct):
    """One of a show's pictures; `main` is the one that its record names."""

    type: str | None = None
    main: bool = False
    resolutions: Sizes | None = None


class Externals(Struct):
    thetvdb: int | None = None
    imdb: str | None = None


class Person(Struct):
    id: Id
    name: str | None = None
    country: Country | None = None
    birthday: str | None = None
    deathday: str | None = None
    image: Image | None = None


class Character(Struct):
    name: str | None = None


class Member(Struct, rename="camel"):
    """Of cast: with a character. Of crew: with a job, which has two names."""

    person: Person
    character: Character | None = None
    type: str | None = None
    guest_crew_type: str | None = None


class Guests(Struct):
    guestcast: list[Member] = []
    guestcrew: list[Member] = []


class Episode(Struct):
    """Specials have no number; `season` is the one that they were shown in."""

    id: Id
    season: int | None = None
    number: int | None = None
    name: str | None = None
    airdate: str | None = None
    runtime: float | None = None
    rating: Score | None = None
    image: Image | None = None
    summary: str | None = None
    embedded: Guests | list[object] | None = field(name="_embedded", default=None)

    @property
    def guests(self) -> Guests:
        """Who took part in this one alone."""
        return self.embedded if isinstance(self.embedded, Guests) else Guests()


class Season(Struct, rename="camel"):
    id: Id
    number: int | None = None
    name: str | None = None
    episode_order: int | None = None
    premiere_date: str | None = None
    image: Image | None = None
    summary: str | None = None


class Alias(Struct):
    name: str | None = None


class All(Struct):
    """What belongs to a show."""

    seasons: list[Season] = []
    episodes: list[Episode] = []
    cast: list[Member] = []
    crew: list[Member] = []
    images: list[Artwork] = []
    akas: list[Alias] = []
    nextepisode: Episode | None = None


class Show(Struct, rename="camel"):
    id: Id
    name: str | None = None
    language: str | None = None
    genres: list[str] = []
    status: str | None = None
    runtime: float | None = None
    average_runtime: float | None = None
    premiered: str | None = None
    ended: str | None = None
    official_site: str | None = None
    rating: Score | None = None
    weight: int | None = None
    network: Network | None = None
    web_channel: Network | None = None
    externals: Externals | None = None
    image: Image | None = None
    summary: str | None = None
    embedded: All | list[object] | None = field(name="_embedded", default=None)

    @property
    def all(self) -> All:
        """What was asked for beside it."""
        return self.embedded if isinstance(self.embedded, All) else All()


class Found(Struct):
    """A show or a person that a search found."""

    show: Show | None = None
    person: Person | None = None
