"""Which films the new videos of a batch are, by their names and what lies beside them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct, field

from app.catalog.domain import SOURCES, Details
from app.movies.domain import MovieId
from app.movies.service.reading import Beside, Place
from app.naming.domain import MovieName
from app.naming.service import normal_title, parse_movie, sort_title
from app.scanning.domain import ScannedFile

MOST_TITLE = 500


class Candidate(Struct, kw_only=True):
    """A film that some new files are; `movie_id` once it is found or made."""

    title: str
    key: str
    year: int | None
    ids: dict[str, str]
    details: Details | None
    files: list[ScannedFile] = field(default_factory=list)
    names: dict[Any, MovieName] = field(default_factory=dict)
    movie_id: MovieId | None = None

    @property
    def id(self) -> MovieId:
        assert self.movie_id is not None, "found or made by now"  # noqa: S101
        return self.movie_id


def candidates_of(
    files: Sequence[ScannedFile], beside: Beside, others: Sequence[ScannedFile] = ()
) -> list[Candidate]:
    """Group new files into films: those that share an id, or a title and year and no other id.

    `others` are videos that have their film already: a file next to them is not alone.
    """
    names = {file.id: parse_movie(file.relative) for file in files}
    here: dict[Place, set[str]] = defaultdict(set)
    for file in files:
        here[file.root, file.dir].add(_title_of(names[file.id], file))
    for file in others:
        if (file.root, file.dir) in here:
            here[file.root, file.dir].add(_title_of(parse_movie(file.relative), file))
    by_key: dict[Any, list[Candidate]] = defaultdict(list)
    found: list[Candidate] = []
    for file in files:
        alone = bool(file.dir) and len(here[file.root, file.dir]) == 1
        details = beside.of(file, alone=alone)
        candidate = _candidate(file, names[file.id], details)
        keys: list[Any] = [*candidate.ids.items(), (candidate.key, candidate.year)]
        alike = (c for key in keys for c in by_key[key] if not differ(c.ids, candidate.ids))
        film = next(alike, candidate)
        if film is candidate:
            found.append(film)
        film.files.append(file)
        film.names[file.id] = names[file.id]
        film.ids = {**candidate.ids, **film.ids}
        film.details = film.details or details
        for key in keys:
            by_key[key].append(film)
    return found


def differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two sets of ids cannot be one film's: remakes share titles, even years."""
    return any(other.get(source, value) != value for source, value in one.items())


def _title_of(name: MovieName, file: ScannedFile) -> str:
    return name.title or file.name.rpartition(".")[0] or file.name


def _candidate(file: ScannedFile, name: MovieName, details: Details | None) -> Candidate:
    said = details or Details()
    title = (said.title or _title_of(name, file))[:MOST_TITLE]
    year = said.year or name.year
    ids = {e.source: e.value for e in name.ids if e.source in SOURCES} | dict(said.ids)
    # The name's key first: a file without an NFO beside another copy of the film finds it by that.
    key = normal_title(_title_of(name, file)) or title.casefold()
    return Candidate(title=title, key=key[:MOST_TITLE], year=year, ids=ids, details=details)


def movie_values(candidate: Candidate) -> dict[str, Any]:
    """The columns of a new film."""
    values = {
        "title": candidate.title,
        "sort_title": sort_title(candidate.title)[:MOST_TITLE],
        "title_key": candidate.key,
        "year": candidate.year,
    }
    return values | (details_values(candidate.details) if candidate.details else {})


def details_values(details: Details) -> dict[str, Any]:
    """The columns that details say something about."""
    values: dict[str, Any] = {
        "original_title": details.original_title,
        "overview": details.overview,
        "tagline": details.tagline,
        "runtime": details.runtime,
        "rating": details.rating,
        "votes": details.votes,
        "trailer_url": details.trailer_url,
        "year": details.year,
    }
    if details.release_date:
        values["release_date"] = date.fromisoformat(details.release_date)
    if details.title:
        values["title"] = details.title[:MOST_TITLE]
        sorted_by = details.sort_title or details.title
        values["sort_title"] = sort_title(sorted_by)[:MOST_TITLE]
    return {name: value for name, value in values.items() if value is not None}
