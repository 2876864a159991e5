"""Kitsu's answers, as far as anybody reads them. Source: hummingbird-me/api-docs; mappings and
categories, which it leaves out, from tests of public clients.
"""

from msgspec import Struct, field


class Images(Struct):
    original: str | None = None
    large: str | None = None


class Attributes(Struct, rename="camel"):
    """What a resource says of itself: an anime, an episode, a mapping or a category. Lengths in
    minutes; `average_rating` is up to 100; `rating_frequencies` are numbers of votes.
    """

    titles: dict[str, str | None] | None = None
    canonical_title: str | None = None
    abbreviated_titles: list[str | None] | None = None
    description: str | None = None
    synopsis: str | None = None
    subtype: str | None = None
    status: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    next_release: str | None = None
    episode_count: int | None = None
    episode_length: int | None = None
    total_length: int | None = None
    average_rating: float | None = None
    rating_frequencies: dict[str, int | None] | None = None
    user_count: int | None = None
    poster_image: Images | None = None
    cover_image: Images | None = None
    youtube_video_id: str | None = None
    season_number: int | None = None
    number: int | None = None
    air_date: str | None = None
    length: int | None = None
    thumbnail: Images | None = None
    external_site: str | None = None
    external_id: str | int | None = None
    title: str | None = None


class Resource(Struct):
    id: str | int | None = None
    type: str | None = None
    attributes: Attributes = field(default_factory=Attributes)


class Meta(Struct):
    count: int | None = None


class Problem(Struct):
    status: str | int | None = None


class One(Struct):
    data: Resource | None = None
    included: list[Resource] | None = None
    errors: list[Problem] | None = None


class Many(Struct):
    data: list[Resource] | None = None
    included: list[Resource] | None = None
    meta: Meta | None = None
    errors: list[Problem] | None = None
