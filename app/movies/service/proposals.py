"""What files without a film may be: films of the library that are like them, and new ones."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct, structs

from app.catalog.domain import Likeness, TitleSource
from app.catalog.repository import CatalogRepository
from app.catalog.service.confidence import (
    LEAST,
    MOST_CANDIDATES,
    Evidence,
    by_ids,
    confidence,
    likeness,
    measured,
)
from app.catalog.service.embedded import embedded_details
from app.core.access import EVERYTHING
from app.items.domain import ItemId, ItemKind
from app.libraries.domain import FileId, Library, PlacedFile
from app.movies.repository import MovieRepository
from app.movies.service.candidates import title_key
from app.naming.domain import MovieName
from app.naming.service import parse_movie
from app.scanning.domain import Candidate, Reading, Reason, ScannedFile

MOST_TITLES: Final = 4


class Guess(Struct, frozen=True, kw_only=True):
    """A title that something of a file says."""

    title: str
    year: int | None
    said_by: TitleSource
    ids: Mapping[str, str]
    misplaced: bool
    length: float | None

    @property
    def key(self) -> str:
        return title_key(self.title)

    def like(self, agreement: float, *, year: bool | None) -> float:
        """How sure it is for a title that agrees so far."""
        evidence = Evidence(
            said_by=self.said_by, title=agreement, year=year, misplaced=self.misplaced
        )
        return confidence(evidence)


class Proposals:
    """For many files at once."""

    def __init__(self, movies: MovieRepository, catalog: CatalogRepository) -> None:
        self._movies, self._catalog = movies, catalog

    async def of(
        self, library: Library, files: Sequence[PlacedFile]
    ) -> Mapping[FileId, Sequence[Candidate]]:
        """The surest first, ten at most of each file."""
        said = {file.id: _guesses(file) for file in files}
        keys = {guess.key for guesses in said.values() for guess in guesses}
        known = await self._movies.alike(library.id, keys) if keys else []
        found = {i: _best(_likely(guesses, known)) for i, guesses in said.items()}
        shown = {c.item_id for some in found.values() for c in some if c.item_id is not None}
        ids = await self._catalog.external_ids_of(EVERYTHING, shown) if shown else {}
        theirs = {i: {e.source: e.value for e in of_item} for i, of_item in ids.items()}
        return {
            i: _best([*_checked(some, said[i], theirs), *_new(said[i], known)])
            for i, some in found.items()
        }


def reading_of(file: PlacedFile) -> Reading:
    """What a name was read as, and why that is no film."""
    name = parse_movie(ScannedFile.of(file).relative)
    reason = Reason.DOUBTFUL
    if name.is_episode:
        reason = Reason.MISPLACED
    elif name.title is None:
        reason = Reason.NO_MEANING
    return Reading(reason=reason, title=name.title, year=name.year)


def _guesses(file: PlacedFile) -> list[Guess]:
    name: MovieName = parse_movie(ScannedFile.of(file).relative)
    said = embedded_details(file.media) if file.media is not None else None
    titles = [(t, name.year, TitleSource.NAME) for t in (name.title, *name.alternative_titles) if t]
    if said is not None and said.title:
        titles.append((said.title, said.year or name.year, TitleSource.TAGS))
    ids = dict(said.ids) if said is not None else {}
    ids |= {e.source: e.value for e in name.ids}
    return [
        Guess(
            title=title,
            year=year,
            said_by=source,
            ids=ids,
            misplaced=name.is_episode,
            length=file.media.duration if file.media is not None else None,
        )
        for title, year, source in titles[:MOST_TITLES]
    ]


def _likely(guesses: Sequence[Guess], known: Sequence[Likeness]) -> list[Candidate]:
    """Films that are there, each by the guess that fits it best."""
    found = []
    for film in known:
        sure = max((_fit(guess, film) for guess in guesses), default=0.0)
        if sure >= LEAST:
            found.append(_candidate(sure, film.title, film.year, ItemId(film.id)))
    return found


def _fit(guess: Guess, film: Likeness) -> float:
    agreement = likeness(guess.key, film.title_key)
    year = guess.year == film.year if guess.year and film.year else None
    return measured(guess.like(agreement, year=year), film.runtime, guess.length)


def _checked(
    some: Sequence[Candidate], guesses: Sequence[Guess], ids: Mapping[ItemId, Mapping[str, str]]
) -> list[Candidate]:
    """An id that they share is certainty; one that differs makes them others."""
    mine = guesses[0].ids if guesses else {}
    found = []
    for candidate in some:
        theirs = ids.get(candidate.item_id, {}) if candidate.item_id else {}
        sure = by_ids(candidate.confidence, mine, theirs)
        found.append(structs.replace(candidate, confidence=sure))
    return found


def _new(guesses: Sequence[Guess], known: Sequence[Likeness]) -> list[Candidate]:
    """Films that are not there under this title and year."""
    there = {(film.title_key, film.year) for film in known}
    found: dict[tuple[str, int | None], Candidate] = {}
    for guess in guesses:
        sure = guess.like(1.0, year=True if guess.year else None)
        if (guess.key, guess.year) not in there:
            found.setdefault(
                (guess.key, guess.year), _candidate(sure, guess.title, guess.year, None)
            )
    return list(found.values())


def _candidate(sure: float, title: str, year: int | None, item_id: ItemId | None) -> Candidate:
    return Candidate(confidence=sure, kind=ItemKind.MOVIE, item_id=item_id, title=title, year=year)


def _best(some: Sequence[Candidate]) -> list[Candidate]:
    """The surest first; of equals what is there already."""
    return sorted(some, key=lambda c: (-c.confidence, c.item_id is None, c.title))[:MOST_CANDIDATES]
