"""TMDb's answers, as far as anybody reads them. Source: developer.themoviedb.org/reference."""

from typing import Annotated

from msgspec import Meta, Struct, field

Number = Annotated[int, Meta(ge=0, le=100_000)]  # of a season or an episode


class Named(Struct):
    """A genre, keyword, company or network."""

    id: int
    name: str = ""
    logo_path: str | None = None
    origin_country: str | None = None


class Country(Struct):
    iso_3166_1: str = ""


class Image(Struct):
    file_path: str = ""
    iso_639_1: str | None = None
    width: int | None = None
    height: int | None = None
    vote_average: float = 0.0


class Images(Struct):
    posters: list[Image] = []
    backdrops: list[Image] = []
    logos: list[Image] = []
    stills: list[Image] = []
    profiles: list[Image] = []


class Role(Struct):
    character: str | None = None


class Job(Struct):
    job: str | None = None


class Member(Struct):
    """A member of cast or crew; `roles` and `jobs` where several episodes are told together."""

    id: int
    name: str = ""
    character: str | None = None
    job: str | None = None
    department: str | None = None
    profile_path: str | None = None
    roles: list[Role] = []
    jobs: list[Job] = []


class Credits(Struct):
    cast: list[Member] = []
    crew: list[Member] = []
    guest_stars: list[Member] = []


class Said(Struct):
    """What a translation says: movies have a title, all else a name."""

    title: str | None = None
    name: str | None = None
    overview: str | None = None
    tagline: str | None = None
    biography: str | None = None


class Translation(Struct):
    iso_639_1: str = ""
    iso_3166_1: str = ""
    data: Said = field(default_factory=Said)


class Translations(Struct):
    translations: list[Translation] = []


class Release(Struct):
    certification: str = ""
    type: int = 0


class Releases(Struct):
    """Of one country; shows have one `rating` there."""

    iso_3166_1: str = ""
    release_dates: list[Release] = []
    rating: str = ""


class ReleasesByCountry(Struct):
    results: list[Releases] = []


class ExternalIds(Struct):
    imdb_id: str | None = None
    tvdb_id: int | None = None
    wikidata_id: str | None = None


class Video(Struct):
    key: str = ""
    site: str = ""
    type: str = ""
    name: str | None = None
    iso_639_1: str | None = None


class Videos(Struct):
    results: list[Video] = []


class OtherTitle(Struct):
    title: str = ""


class OtherTitles(Struct):
    """Of movies under `titles`, of shows under `results`."""

    titles: list[OtherTitle] = []
    results: list[OtherTitle] = []


class Keywords(Struct):
    """Of movies under `keywords`, of shows under `results`."""

    keywords: list[Named] = []
    results: list[Named] = []


class Result(Struct):
    """What a search finds, and what lists hold: movies have titles, all else names."""

    id: int
    media_type: str | None = None
    title: str | None = None
    name: str | None = None
    original_title: str | None = None
    original_name: str | None = None
    original_language: str | None = None
    release_date: str | None = None
    first_air_date: str | None = None
    overview: str | None = None
    poster_path: str | None = None
    profile_path: str | None = None
    popularity: float | None = None
    vote_count: int | None = None


class Results(Struct):
    results: list[Result] = []


class Parts(Struct):
    """What somebody took part in."""

    cast: list[Result] = []
    crew: list[Result] = []


class Found(Struct):
    """What an id of elsewhere is."""

    movie_results: list[Result] = []
    tv_results: list[Result] = []
    person_results: list[Result] = []


class Episode(Struct):
    id: int
    season_number: Number = 0
    episode_number: Number = 0
    name: str | None = None
    overview: str | None = None
    air_date: str | None = None
    runtime: int | None = None
    still_path: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    crew: list[Member] = []
    guest_stars: list[Member] = []
    credits: Credits = field(default_factory=Credits)
    images: Images = field(default_factory=Images)
    translations: Translations = field(default_factory=Translations)
    external_ids: ExternalIds = field(default_factory=ExternalIds)


class Season(Struct):
    id: int
    season_number: Number = 0
    name: str | None = None
    overview: str | None = None
    air_date: str | None = None
    episode_count: int | None = None
    poster_path: str | None = None
    episodes: list[Episode] = []
    aggregate_credits: Credits = field(default_factory=Credits)
    images: Images = field(default_factory=Images)
    translations: Translations = field(default_factory=Translations)
    external_ids: ExternalIds = field(default_factory=ExternalIds)


class Title(Struct):
    """What movies and shows share."""

    id: int
    original_language: str | None = None
    overview: str | None = None
    tagline: str | None = None
    status: str | None = None
    homepage: str | None = None
    genres: list[Named] = []
    production_companies: list[Named] = []
    production_countries: list[Country] = []
    vote_average: float | None = None
    vote_count: int | None = None
    popularity: float | None = None
    poster_path: str | None = None
    backdrop_path: str | None = None
    images: Images = field(default_factory=Images)
    translations: Translations = field(default_factory=Translations)
    external_ids: ExternalIds = field(default_factory=ExternalIds)
    keywords: Keywords = field(default_factory=Keywords)
    videos: Videos = field(default_factory=Videos)
    alternative_titles: OtherTitles = field(default_factory=OtherTitles)
    similar: Results = field(default_factory=Results)
    recommendations: Results = field(default_factory=Results)


class Collection(Struct):
    """One that a movie names has no parts."""

    id: int
    name: str = ""
    overview: str | None = None
    poster_path: str | None = None
    parts: list[Result] = []
    images: Images = field(default_factory=Images)
    translations: Translations = field(default_factory=Translations)


class Movie(Title, kw_only=True):
    title: str = ""
    original_title: str | None = None
    release_date: str | None = None
    runtime: int | None = None
    imdb_id: str | None = None
    budget: int | None = None
    revenue: int | None = None
    belongs_to_collection: Collection | None = None
    credits: Credits = field(default_factory=Credits)
    release_dates: ReleasesByCountry = field(default_factory=ReleasesByCountry)


class Show(Title, kw_only=True):
    name: str = ""
    original_name: str | None = None
    first_air_date: str | None = None
    last_air_date: str | None = None
    next_episode_to_air: Episode | None = None
    episode_run_time: list[int] = []
    number_of_episodes: int | None = None
    seasons: list[Season] = []
    networks: list[Named] = []
    aggregate_credits: Credits = field(default_factory=Credits)
    content_ratings: ReleasesByCountry = field(default_factory=ReleasesByCountry)


class Person(Struct):
    id: int
    name: str = ""
    also_known_as: list[str] = []
    biography: str | None = None
    birthday: str | None = None
    deathday: str | None = None
    place_of_birth: str | None = None
    known_for_department: str | None = None
    homepage: str | None = None
    imdb_id: str | None = None
    popularity: float | None = None
    profile_path: str | None = None
    images: Images = field(default_factory=Images)
    translations: Translations = field(default_factory=Translations)
    external_ids: ExternalIds = field(default_factory=ExternalIds)
    combined_credits: Parts = field(default_factory=Parts)
