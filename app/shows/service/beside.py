"""What lies beside the videos of a batch: NFO files, pictures in the series' folders, other videos
there. Read outside of the transaction.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from msgspec import Struct, field

from app.catalog.domain import Details
from app.catalog.service import (
    MOST_NFO_BYTES,
    BadNfo,
    parse_episode_nfo,
    parse_season_nfo,
    parse_show_nfo,
)
from app.catalog.service.beside import Place, stem_of
from app.core.files import open_regular
from app.libraries.domain import FileId, FileKind, ScanError, ScanErrorCode
from app.libraries.repository import KnownFile, KnownFiles
from app.naming.domain import Role
from app.naming.service import is_series_folder, series_folder
from app.scanning.domain import Batch, ScannedFile, Standing

SHOW_NFO: Final = "tvshow"
SEASON_NFO: Final = "season"
NEIGHBOURS: Final = 20  # of one series: they only say whose folder it is
Stem = tuple[str, str, str]  # root, directory, name without extension
T = TypeVar("T")


class Beside(Struct):
    """By directory what its `tvshow.nfo` and `season.nfo` say, by stem what an episode's does, and
    which of these is news. `files` are those of the batch and, of series' folders outside of it,
    what is known there; `neighbours` are known videos of the same series by their folder.
    """

    files: tuple[ScannedFile, ...]
    neighbours: dict[Place, list[FileId]]
    shows: dict[Place, Details] = field(default_factory=dict)
    seasons: dict[Place, Details] = field(default_factory=dict)
    episodes: dict[Stem, tuple[Details, ...]] = field(default_factory=dict)
    news: set[Place | Stem] = field(default_factory=set)
    problems: list[ScanError] = field(default_factory=list)


def place_of(file: ScannedFile) -> Place:
    """Where a file lies."""
    return file.root, file.dir


def series_place(file: ScannedFile) -> Place:
    """The folder of a file's series, or what holds it."""
    return file.root, series_folder(file.dir)


def has_series_folder(file: ScannedFile) -> bool:
    """Whether that folder is one of a series."""
    return is_series_folder(file.dir, series_folder(file.dir))


def own_stem(file: ScannedFile) -> Stem:
    """By what a video and what lies beside it belong together."""
    return file.root, file.dir, stem_of(file.name)


async def read_beside(batch: Batch, known: KnownFiles) -> Beside:
    """Complete a batch, and read the NFO files that are news or belong to new videos."""
    others, neighbours = await _outside(batch, known)
    beside = Beside(files=(*batch.files, *others), neighbours=neighbours)
    wanted = _wanted(beside.files)
    here = {place_of(file) for file in beside.files}
    known_nfos = {place_of(f) for f in wanted if stem_of(f.name) == SHOW_NFO}
    unseen = {series_place(f) for f in _changed(batch.files)} - here - known_nfos
    await asyncio.to_thread(_read_all, wanted, unseen, beside)
    return beside


async def inhabited(batch: Batch, known: KnownFiles) -> set[Place]:
    """The folders of series in which videos stay that were known there before."""
    _, neighbours = await _outside(batch, known)
    staying = [f for f in batch.videos(Standing.SAME) if has_series_folder(f)]
    return {*neighbours, *(series_place(file) for file in staying)}


async def _outside(
    batch: Batch, known: KnownFiles
) -> tuple[list[ScannedFile], dict[Place, list[FileId]]]:
    """What lies in series' folders outside of the batch, and a few videos of the same series."""
    folders = {file.root: file.folder_id for file in batch.files}
    here: dict[str, set[str]] = defaultdict(set)
    series: dict[str, set[str]] = defaultdict(set)
    for file in batch.files:
        here[file.root].add(file.dir)
        if has_series_folder(file):
            series[file.root].add(series_folder(file.dir))
    others: list[ScannedFile] = []
    neighbours: dict[Place, list[FileId]] = defaultdict(list)
    for root, tops in series.items():
        absent = sorted(tops - here[root])
        if absent:
            rows = await known.in_dirs(folders[root], absent)
            others += [_scanned(row, root, folders[root]) for row in rows if not row.missing]
        if tops:
            near = await known.some_below(
                folders[root], sorted(tops), sorted(here[root]), NEIGHBOURS
            )
            for top, file_id in near:
                neighbours[root, top].append(file_id)
    return others, neighbours


def _scanned(row: KnownFile, root: str, folder_id: UUID) -> ScannedFile:
    return ScannedFile(
        id=row.id,
        folder_id=folder_id,
        root=root,
        dir=row.dir,
        name=row.name,
        kind=row.kind,
        role=Role(row.role) if row.kind is FileKind.VIDEO else Role.FEATURE,
        size=row.size,
        standing=Standing.SAME,
    )


def _changed(files: Iterable[ScannedFile]) -> list[ScannedFile]:
    kinds = (FileKind.VIDEO, FileKind.NFO)
    return [f for f in files if f.standing is not Standing.SAME and f.kind in kinds]


def _wanted(files: Sequence[ScannedFile]) -> list[ScannedFile]:
    """NFO files that are news; those of shows and seasons of which something is, and of episodes
    whose video is.
    """
    changed = _changed(files)
    series, places = {series_place(f) for f in changed}, {place_of(f) for f in changed}
    videos = {own_stem(f) for f in files if f.kind is FileKind.VIDEO}
    fresh = {own_stem(f) for f in changed}

    def counts(file: ScannedFile) -> bool:
        stem = stem_of(file.name)
        if stem == SHOW_NFO:
            return series_place(file) in series
        if stem == SEASON_NFO:
            return place_of(file) in places
        return own_stem(file) in fresh and own_stem(file) in videos

    return [file for file in files if file.kind is FileKind.NFO and counts(file)]


def _read_all(files: Sequence[ScannedFile], unseen: Collection[Place], beside: Beside) -> None:
    for file in files:
        stem, place = stem_of(file.name), place_of(file)
        if file.standing is not Standing.SAME:
            beside.news.add(place if stem == SHOW_NFO else own_stem(file))
        if stem == SHOW_NFO:
            _keep(beside, file.path, parse_show_nfo, beside.shows, place)
        elif stem == SEASON_NFO:
            _keep(beside, file.path, parse_season_nfo, beside.seasons, place)
        else:
            _keep(beside, file.path, parse_episode_nfo, beside.episodes, own_stem(file))
    for root, directory in unseen:
        path = f"{root}/{directory}/{SHOW_NFO}.nfo"
        if _is_inside(root, path):
            _keep(beside, path, parse_show_nfo, beside.shows, (root, directory))


def _keep(
    beside: Beside, path: str, parse: Callable[[bytes], T], found: dict[Any, T], key: Any
) -> None:
    try:
        with os.fdopen(open_regular(path), "rb") as stream:
            found[key] = parse(stream.read(MOST_NFO_BYTES + 1))
    except OSError as error:
        beside.problems.append(ScanError(path, f"Cannot be read: {error.strerror}."))
    except BadNfo as error:
        beside.problems.append(ScanError(path, str(error), ScanErrorCode.NFO))


def _is_inside(root: str, path: str) -> bool:
    """Whether a file that no walk has seen is there, and really lies below the root."""
    try:
        real = os.path.realpath(path, strict=True)
    except OSError:
        return False
    return real.startswith(os.path.realpath(root).rstrip("/") + "/")
