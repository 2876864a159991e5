"""Which films the new videos of a batch are, by their names and what lies beside them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import field

from app.catalog.domain import (
    SOURCES,
    Details,
    TitleSource,
    differ,
)
from app.catalog.service.beside import Beside, Place, places_of
from app.catalog.service.confidence import Evidence, confidence
from app.catalog.service.finding import Named
from app.catalog.service.values import MOST_TITLE, details_values, title_of, titled
from app.catalog.service.versions import Holding, cut_of
from app.naming.domain import MovieName
from app.naming.service import normal_title, parse_movie
from app.scanning.domain import ScannedFile


class Candidate(Named, kw_only=True):
    """A film that some new files are; `sure` is how sure what its first file says is, and
    `confidences` that of each.
    """

    files: list[ScannedFile] = field(default_factory=list)
    names: dict[Any, MovieName] = field(default_factory=dict)
    sure: float
    confidences: dict[Any, float] = field(default_factory=dict)

    def take(self, file: ScannedFile, name: MovieName, other: "Candidate") -> None:
        """Make a file, read as `other`, one of the film's."""
        self.files.append(file)
        self.names[file.id] = name
        self.confidences[file.id] = other.sure
        if other is not self:
            self.learn(other)


def candidates_of(
    files: Sequence[ScannedFile],
    beside: Beside,
    others: Sequence[ScannedFile] = (),
    least: float = 0.0,
) -> list[Candidate]:
    """Group new files into films: those that share an id, or a title and year and no other id.

    `others` are videos that have their film already: a file next to them is not alone. What is
    less sure than `least` is no film.
    """
    names = {file.id: parse_movie(file.relative) for file in files}
    here: dict[Place, set[Any]] = defaultdict(set)
    for file in files:
        for place in places_of(file):
            here[place].add(_identity(names[file.id], file))
    for file in others:
        for place in here.keys() & {*places_of(file)}:
            here[place].add(_identity(parse_movie(file.relative), file))
    by_key: dict[Any, list[Candidate]] = defaultdict(list)
    found: list[Candidate] = []
    for file in files:
        details = beside.of(file, here)
        candidate = candidate_of(file, names[file.id], details)
        if candidate.sure < least:
            continue
        film = _alike(candidate, by_key) or candidate
        if film is candidate:
            found.append(film)
        film.take(file, names[file.id], candidate)
        for key in (*candidate.ids.items(), candidate.key):
            by_key[key].append(film)
    return found


def _alike(candidate: Candidate, by_key: Mapping[Any, Sequence[Candidate]]) -> Candidate | None:
    """By an id first, then by the title."""
    of_ids = [film for pair in candidate.ids.items() for film in by_key.get(pair, ())]
    of_title = [film for film in by_key.get(candidate.key, ()) if candidate.may_be(film)]
    alike = (f for f in (*of_ids, *of_title) if not differ(f.ids, candidate.ids))
    return next(alike, None)


def _identity(name: MovieName, file: ScannedFile) -> Any:
    """What tells films of one folder apart."""
    return key_of(name, file), name.year


def key_of(name: MovieName, file: ScannedFile) -> str:
    """Under which key the same film is found again.

    A name without meaning ("movie.mkv") and one of an episode are nobody else's: such files are
    films of their own, by their place, and the parts of one lie in one folder.
    """
    if name.title is None or name.is_episode:
        place = file.relative if name.part is None else file.dir
        return f"/{place}".casefold()[-MOST_TITLE:]
    return title_key(name.title)


def title_key(title: str) -> str:
    """Under which key films of one title meet."""
    return (normal_title(title) or title.casefold())[:MOST_TITLE]


def candidate_of(file: ScannedFile, name: MovieName, details: Details | None) -> Candidate:
    """What one file says, with what is said beside it."""
    said = details or Details()
    named = name.title is not None and not name.is_episode
    title = said.title or (name.title if named else None) or title_of(file.name)
    source = TitleSource.NAME if named else TitleSource.FILE
    ids = {e.source: e.value for e in name.ids if e.source in SOURCES} | dict(said.ids)
    title_from = TitleSource.NFO if said.title else source
    year = said.year or name.year
    evidence = Evidence(
        said_by=title_from, ids=bool(ids), year=True if year else None, misplaced=name.is_episode
    )
    return Candidate(
        title=title[:MOST_TITLE],
        title_from=title_from,
        key=key_of(name, file),
        name_year=name.year,
        years=frozenset(year for year in (said.year, name.year) if year is not None),
        ids=ids,
        details=details,
        sure=confidence(evidence),
    )


def holdings_of(films: Sequence[Candidate]) -> list[Holding]:
    """Films with their new files, and which copies those are."""
    return [
        Holding(
            item_id=film.id,
            files=film.files,
            cuts={f.id: cut_of(film.names[f.id], film.confidences[f.id]) for f in film.files},
        )
        for film in films
    ]


def movie_values(candidate: Candidate) -> dict[str, Any]:
    """The columns of a new film."""
    values = {
        **titled(candidate.title),
        "title_from": candidate.title_from.value,
        "title_key": candidate.key,
        "name_year": candidate.name_year,
        "year": candidate.year,
    }
    return values | (details_values(candidate.details) if candidate.details else {})
