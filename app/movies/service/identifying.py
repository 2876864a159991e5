"""What single files are, when their names did not say it: by what is in them, or by hand."""

from collections.abc import Callable, Mapping, Sequence

from app.catalog.domain import SOURCES, Details, TitleSource, differ
from app.catalog.service.confidence import SURE, Evidence, confidence
from app.catalog.service.embedded import embedded_details
from app.catalog.service.values import MOST_TITLE
from app.catalog.service.versions import place_files
from app.core.errors import Invalid
from app.core.tx import Tx
from app.items.domain import ItemKind
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, Library, PlacedFile
from app.media.domain import MediaInfo
from app.movies.service.candidates import Candidate, candidate_of, holdings_of, title_key
from app.movies.service.finding import FilmFinder
from app.movies.service.proposals import Proposals, reading_of
from app.naming.domain import MovieName
from app.naming.service import parse_movie
from app.scanning.domain import Candidate as Proposal
from app.scanning.domain import Imported, Reading, ScannedFile, Target


class MovieIdentifier:
    """The Identifier of movie libraries."""

    def __init__(
        self,
        items: ItemRepository,
        finder: FilmFinder,
        proposals: Proposals,
        threshold: Callable[[], float],
    ) -> None:
        self._items, self._finder, self._proposals = items, finder, proposals
        self._threshold = threshold

    async def adopt(
        self, tx: Tx, library: Library, found: Sequence[tuple[ScannedFile, MediaInfo]]
    ) -> Imported:
        """Make films of files by their embedded titles and ids."""
        films: list[Candidate] = []
        of_id: dict[tuple[str, str], Candidate] = {}
        for file, info in found:
            name = parse_movie(file.relative)
            said = _embedded(file, name, embedded_details(info))
            if said.sure < self._threshold():
                continue
            alike = (of_id[pair] for pair in said.ids.items() if pair in of_id)
            film = next((f for f in alike if not differ(f.ids, said.ids)), said)
            if film is said:
                films.append(film)
            film.take(file, name, said)
            of_id |= dict.fromkeys(film.ids.items(), film)
        await self._finder.find(tx, library.id, films)
        return await self._place(tx, library, films)

    async def identify(
        self, tx: Tx, library: Library, files: Sequence[ScannedFile], target: Target
    ) -> Imported:
        """Make these files versions of one film. Raises Invalid for what is none."""
        if target.kind is not ItemKind.MOVIE:
            raise Invalid("These files are in a library of films.", field="target")
        film = _said(target)
        if target.items:
            film.item_id = target.items[0]
        else:
            await self._finder.find(tx, library.id, [film])
            if film.item_id is not None:
                await self._finder.join(tx, [film])
        for file in files:
            film.take(file, parse_movie(file.relative), film)
        return await self._place(tx, library, [film])

    async def _place(self, tx: Tx, library: Library, films: Sequence[Candidate]) -> Imported:
        """Make films where there is none yet, and the files their versions."""
        added = [film for film in films if film.item_id is None]
        joined = {film.id for film in films if film.item_id is not None}
        await self._finder.add(tx, library.id, added)
        await place_files(tx, self._items, holdings_of(films), joined)
        return Imported(
            added=tuple(sorted(film.id for film in added)), updated=tuple(sorted(joined))
        )

    async def read(self, files: Sequence[PlacedFile]) -> Mapping[FileId, Reading]:
        """What the names of these files were read as."""
        return {file.id: reading_of(file) for file in files}

    async def candidates(
        self, library: Library, files: Sequence[PlacedFile]
    ) -> Mapping[FileId, Sequence[Proposal]]:
        """Films of the library that these files may be, and new ones."""
        return await self._proposals.of(library, files)


def _embedded(file: ScannedFile, name: MovieName, said: Details) -> Candidate:
    """What a file itself says, where its name says too little. It is nobody else's."""
    film = candidate_of(file, name, None)
    ids = dict(said.ids)
    if not said.title and not ids:
        return film
    film.title = (said.title or film.title)[:MOST_TITLE]
    film.title_from = TitleSource.TAGS if said.title else film.title_from
    film.ids, film.details = ids, said
    film.years = frozenset(year for year in (said.year, name.year) if year is not None)
    film.sure = confidence(
        Evidence(
            said_by=film.title_from,
            ids=bool(ids),
            year=True if film.years else None,
            misplaced=name.is_episode,
        )
    )
    return film


def _said(target: Target) -> Candidate:
    """What somebody says by hand is believed as an NFO file is."""
    title = (target.title or "")[:MOST_TITLE]
    return Candidate(
        title=title,
        title_from=TitleSource.NFO,
        key=title_key(title),
        name_year=target.year,
        years=frozenset({target.year} if target.year is not None else ()),
        ids={source: value for source, value in target.ids.items() if source in SOURCES},
        details=None,
        sure=SURE,
    )
