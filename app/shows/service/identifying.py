"""What single files of libraries of shows are, said by hand, and what they may be."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from app.catalog.domain import SOURCES, Likeness, TitleSource
from app.catalog.service.confidence import (
    LEAST,
    MOST_CANDIDATES,
    SURE,
    Evidence,
    by_ids,
    confidence,
    likeness,
    measured,
)
from app.catalog.service.finding import Finder
from app.catalog.service.values import MOST_TITLE
from app.catalog.service.versions import Holding, cut_of, place_files
from app.core.access import EVERYTHING
from app.core.errors import Invalid
from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.libraries.domain import FileId, Library, PlacedFile
from app.media.domain import MediaInfo
from app.naming.domain import EpisodeName
from app.naming.service import parse_episode
from app.scanning.domain import Candidate, Imported, Reading, Reason, ScannedFile, Target
from app.shows.service.finding import ShowFinderNeeds
from app.shows.service.importer import ShowImporter
from app.shows.service.numbers import Slot
from app.shows.service.series import EpisodeFile, Series, show_values, title_key
from app.shows.service.shelves import Rating
from app.shows.service.work import Work


class ShowIdentifier:
    """The Identifier of libraries of shows."""

    def __init__(self, needs: ShowFinderNeeds, importer: ShowImporter) -> None:
        self._items, self._shows = needs.item_repository, needs.show_repository
        self._catalog, self._placer = needs.catalog_repository, importer.placer
        self._finder = Finder(
            ItemKind.SHOW, self._shows, self._items, needs.catalog_repository, needs.clock
        )

    async def adopt(
        self,
        tx: Tx,  # noqa: ARG002 - as the protocol has it
        library: Library,  # noqa: ARG002
        found: Sequence[tuple[ScannedFile, MediaInfo]],  # noqa: ARG002
    ) -> Imported:
        """Nothing: which episode a file holds is not written inside of it."""
        return Imported()

    async def identify(
        self, tx: Tx, library: Library, files: Sequence[ScannedFile], target: Target
    ) -> Imported:
        """Make each of these files hold these episodes. Raises Invalid for a film."""
        if target.kind is not ItemKind.EPISODE:
            raise Invalid("These files are in a library of shows.", field="target")
        if target.items:
            return await self._at(tx, files, target.items)
        show = _said(target)
        if show.item_id is None:
            await self._finder.find(tx, library.id, [show])
            show.added = show.item_id is None
            if show.added:
                await self._finder.add(tx, library.id, [(show, show_values(show))])
        slots = _slots(target)
        show.files += [EpisodeFile(f, parse_episode(f.relative), (), slots) for f in files]
        placing = await self._placer.find(tx, [show], _nothing_known(files), ())
        item = (await self._items.within(tx, [show.id]))[show.id]
        ratings = {show.id: Rating(item.certification, item.age)}
        await self._placer.write(tx, library.id, placing, ratings, {})
        await self._shows.reorder(tx, [show.id])
        made = {show.id} if show.added else set()
        added = {*made, *placing.new_seasons, *placing.new_episodes}
        updated = {show.id, *(p.id for p in placing.joined)} - added
        return Imported(added=tuple(sorted(added)), updated=tuple(sorted(updated)))

    async def _at(self, tx: Tx, files: Sequence[ScannedFile], items: Sequence[ItemId]) -> Imported:
        """Episodes that are there."""
        cuts = {f.id: cut_of(parse_episode(f.relative), SURE) for f in files}
        holdings = [Holding(item_id=item_id, files=files, cuts=cuts) for item_id in items]
        await place_files(tx, self._items, holdings, items)
        return Imported(updated=tuple(sorted(items)))

    async def read(self, files: Sequence[PlacedFile]) -> Mapping[FileId, Reading]:
        """What the names of these files were read as."""
        return {file.id: _reading(parse_episode(_path(file))) for file in files}

    async def candidates(
        self, library: Library, files: Sequence[PlacedFile]
    ) -> Mapping[FileId, Sequence[Candidate]]:
        """Shows of the library that are like what these names say, and new ones."""
        names = {file.id: parse_episode(_path(file)) for file in files}
        keys = {_key(n) for n in names.values() if n.title is not None}
        known = await self._shows.alike(library.id, keys) if keys else []
        found = {file.id: _best(_likely(file, names[file.id], known)) for file in files}
        shown = {c.show_id for some in found.values() for c in some if c.show_id is not None}
        ids = await self._catalog.external_ids_of(EVERYTHING, shown) if shown else {}
        theirs = {i: {e.source: e.value for e in of_item} for i, of_item in ids.items()}
        return {
            i: _best([*_checked(some, names[i], theirs), *_new(names[i], known)])
            for i, some in found.items()
        }


def _path(file: PlacedFile) -> str:
    return ScannedFile.of(file).relative


def _key(name: EpisodeName) -> str:
    return title_key(name.title or "", name.country)


def _reading(name: EpisodeName) -> Reading:
    reason = Reason.DOUBTFUL if name.is_numbered else Reason.NO_NUMBER
    if name.title is None and not name.is_numbered:
        reason = Reason.NO_MEANING
    return Reading(
        reason=reason,
        title=name.title,
        year=name.year,
        season=name.season,
        episodes=name.episodes or name.absolute,
    )


def _likely(file: PlacedFile, name: EpisodeName, known: Sequence[Likeness]) -> list[Candidate]:
    """Shows that are there, by what their titles, years and lengths have in common with a file."""
    if name.title is None:
        return []
    length = file.media.duration if file.media is not None else None
    each = length / max(1, len(name.episodes or name.absolute)) if length else None
    return [
        structs.replace(found, confidence=measured(found.confidence, show.runtime, each))
        for show in known
        if (found := _candidate(name, show, likeness(_key(name), show.title_key))).confidence
        >= LEAST
    ]


def _checked(
    some: Sequence[Candidate], name: EpisodeName, ids: Mapping[ItemId, Mapping[str, str]]
) -> list[Candidate]:
    mine = {e.source: e.value for e in name.ids}
    return [
        structs.replace(c, confidence=by_ids(c.confidence, mine, ids.get(c.show_id, {})))
        for c in some
        if c.show_id is not None
    ]


def _new(name: EpisodeName, known: Sequence[Likeness]) -> list[Candidate]:
    """A show that is not there under this title and year."""
    there = {(show.title_key, show.year) for show in known}
    if name.title is None or (_key(name), name.year) in there:
        return []
    return [_candidate(name, None, 1.0)]


def _best(some: Sequence[Candidate]) -> list[Candidate]:
    """The surest first; of equals what is there already."""
    likely = [c for c in some if c.confidence >= LEAST]
    return sorted(likely, key=lambda c: (-c.confidence, c.show_id is None))[:MOST_CANDIDATES]


def _candidate(name: EpisodeName, show: Likeness | None, agreement: float) -> Candidate:
    """An episode of this show, or of a new one."""
    year = show.year if show is not None else name.year
    same_year = name.year == year if name.year and year else None
    evidence = Evidence(
        said_by=TitleSource.NAME, title=agreement, year=same_year, numbered=name.is_numbered
    )
    return Candidate(
        confidence=confidence(evidence),
        kind=ItemKind.EPISODE,
        show_id=show.id if show is not None else None,
        title=show.title if show is not None else name.title or "",
        year=year,
        season=name.season,
        episodes=name.episodes or name.absolute,
    )


def _said(target: Target) -> Series:
    """What somebody says by hand is believed as an NFO file is."""
    title = (target.title or "")[:MOST_TITLE]
    return Series(
        title=title,
        title_from=TitleSource.NFO,
        key=title_key(title, None),
        name_year=target.year,
        years=frozenset({target.year} if target.year is not None else ()),
        ids={source: value for source, value in target.ids.items() if source in SOURCES},
        details=None,
        item_id=target.show_id,
        by_hand=True,
    )


def _slots(target: Target) -> tuple[Slot, ...]:
    if target.episodes:
        return tuple(Slot(season=target.season, number=n) for n in dict.fromkeys(target.episodes))
    if target.absolute:
        return tuple(Slot(absolute=n) for n in dict.fromkeys(target.absolute))
    return (Slot(day=target.air_date),)


def _nothing_known(files: Sequence[ScannedFile]) -> Work:
    return Work(videos=files, episodes={}, of_file={}, touched=(), stays={}, came={})
