"""Files of libraries of films and shows side by side, identified: each kind knows its own."""

from collections.abc import Mapping, Sequence

from app.core.tx import Tx
from app.items.domain import ItemKind
from app.libraries.domain import FileId, Library, LibraryKind, PlacedFile
from app.media.domain import MediaInfo
from app.naming.service import looks_like_episode
from app.scanning.domain import Candidate, Identifier, Imported, Reading, ScannedFile, Target


def identifiers_of(films: Identifier, shows: Identifier) -> dict[LibraryKind, Identifier]:
    """Who identifies files of each kind of library."""
    return {
        LibraryKind.MOVIES: films,
        LibraryKind.SHOWS: shows,
        LibraryKind.MIXED: MixedIdentifier(films, shows),
    }


class MixedIdentifier:
    """The Identifier of mixed libraries; a target says its kind, a file by its name."""

    def __init__(self, films: Identifier, shows: Identifier) -> None:
        self._films, self._shows = films, shows

    async def adopt(
        self, tx: Tx, library: Library, found: Sequence[tuple[ScannedFile, MediaInfo]]
    ) -> Imported:
        """What is no episode may be a film."""
        films = [(f, info) for f, info in found if not looks_like_episode(f.relative)]
        return await self._films.adopt(tx, library, films) if films else Imported()

    async def identify(
        self, tx: Tx, library: Library, files: Sequence[ScannedFile], target: Target
    ) -> Imported:
        """Whatever it is said to be."""
        its = self._films if target.kind is ItemKind.MOVIE else self._shows
        return await its.identify(tx, library, files, target)

    async def read(self, files: Sequence[PlacedFile]) -> Mapping[FileId, Reading]:
        """What the names of these files were read as."""
        films, episodes = _parted(files)
        return {**await self._films.read(films), **await self._shows.read(episodes)}

    async def candidates(
        self, library: Library, files: Sequence[PlacedFile]
    ) -> Mapping[FileId, Sequence[Candidate]]:
        """What these files may be."""
        films, episodes = _parted(files)
        return {
            **await self._films.candidates(library, films),
            **await self._shows.candidates(library, episodes),
        }


def _parted(files: Sequence[PlacedFile]) -> tuple[list[PlacedFile], list[PlacedFile]]:
    episodes = [f for f in files if looks_like_episode(ScannedFile.of(f).relative)]
    return [f for f in files if f not in episodes], episodes
