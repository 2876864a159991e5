"""OMDb's answers, as far as anybody reads them: texts all of them, "N/A" where there is none.

Source: www.omdbapi.com, and the recordings in the tests of its public clients.
"""

from msgspec import Struct, field


class Answer(Struct, rename="pascal"):
    """What all answers share: whether there is one, and if not, why."""

    response: str | None = None
    error: str | None = None


class Score(Struct, rename="pascal"):
    """What one source gives: "8.7/10", "88%" or "73/100"."""

    source: str | None = None
    value: str | None = None


class Title(Answer, rename="pascal"):
    """A film, a show or an episode; what a list holds of it is less."""

    title: str | None = None
    year: str | None = None
    rated: str | None = None
    released: str | None = None
    runtime: str | None = None
    genre: str | None = None
    director: str | None = None
    writer: str | None = None
    actors: str | None = None
    plot: str | None = None
    language: str | None = None
    country: str | None = None
    poster: str | None = None
    ratings: list[Score] | None = None
    metascore: str | None = None
    type: str | None = None
    production: str | None = None
    website: str | None = None
    season: str | int | None = None
    episode: str | int | None = None
    imdb_id: str | None = field(name="imdbID", default=None)
    imdb_rating: str | None = field(name="imdbRating", default=None)
    imdb_votes: str | None = field(name="imdbVotes", default=None)
    total_seasons: str | int | None = field(name="totalSeasons", default=None)


class Results(Answer, rename="pascal"):
    """What a search finds: ten at a time."""

    search: list[Title] | None = None


class Season(Answer, rename="pascal"):
    """The episodes of a season."""

    episodes: list[Title] | None = None
