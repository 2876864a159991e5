"""What lies beside the videos of a batch: NFO files, read and parsed outside of the transaction."""

import asyncio
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import Struct, field

from app.catalog.domain import Details
from app.catalog.service.nfo import MOST_BYTES, BadNfo, parse_nfo
from app.core.files import open_regular
from app.libraries.domain import FileKind, ScanError, ScanErrorCode
from app.naming.service import film_folder
from app.scanning.domain import Batch, ScannedFile, Standing

Place = tuple[str, str]  # root and directory
GENERIC: Final = ("movie", "film")  # the one that counts first
OF_SHOWS: Final = re.compile(r"tvshow|season(?:[\s._-]*(?:\d{1,4}|all|specials))?")


class Beside(Struct):
    """By directory: details by the NFO's stem (casefolded), and which of it is news."""

    details: dict[Place, dict[str, Details]] = field(default_factory=lambda: defaultdict(dict))
    news: set[Place] = field(default_factory=set)
    problems: list[ScanError] = field(default_factory=list)

    def of(self, file: ScannedFile, films: Mapping[Place, Collection[Any]]) -> Details | None:
        """The details that are about this video, beside it before those above its disc's folder;
        a `movie.nfo` counts where there is one film only.
        """
        said = (self._in(place, file, alone=is_alone(place, films)) for place in places_of(file))
        return next((details for details in said if details is not None), None)

    def _in(self, place: Place, file: ScannedFile, *, alone: bool) -> Details | None:
        here: Mapping[str, Details] = self.details.get(place, {})
        own = here.get(stem_of(file.name))
        if own is None and alone:
            own = next((here[name] for name in GENERIC if name in here), None)
            others = [details for stem, details in here.items() if not OF_SHOWS.fullmatch(stem)]
            if own is None and len(others) == 1:
                own = others[0]
        return own


def places_of(file: ScannedFile) -> tuple[Place, ...]:
    """Where a file lies; for one in the folder of a disc also the folder of its film."""
    film = film_folder(file.dir)
    here = (file.root, file.dir)
    return (here,) if film == file.dir else (here, (file.root, film))


def is_alone(place: Place, films: Mapping[Place, Collection[Any]]) -> bool:
    """Whether a folder belongs to one film."""
    return bool(place[1]) and len(films.get(place, ())) == 1


def stem_of(name: str) -> str:
    """A file name without its extension, to compare: systems write accents differently."""
    return unicodedata.normalize("NFC", name.rpartition(".")[0]).casefold()


async def read_beside(batch: Batch) -> Beside:
    """Read the NFO files of directories in which videos or NFO files are news."""
    beside = Beside()
    changed = {
        places_of(f)[-1]
        for f in batch.files
        if f.standing is not Standing.SAME and f.kind in (FileKind.VIDEO, FileKind.NFO)
    }
    nfos = (f for f in batch.files if f.kind is FileKind.NFO)
    wanted = [f for f in nfos if places_of(f)[-1] in changed]
    for file in wanted:
        if file.standing is not Standing.SAME:
            beside.news.add((file.root, file.dir))
    if wanted:
        await asyncio.to_thread(_read_all, wanted, beside)
    return beside


def _read_all(files: list[ScannedFile], beside: Beside) -> None:
    for file in files:
        try:
            with os.fdopen(open_regular(file.path), "rb") as stream:
                details = parse_nfo(stream.read(MOST_BYTES + 1))
        except OSError as error:
            beside.problems.append(ScanError(file.path, f"Cannot be read: {error.strerror}."))
        except BadNfo as error:
            beside.problems.append(ScanError(file.path, str(error), ScanErrorCode.NFO))
        else:
            beside.details[file.root, file.dir][stem_of(file.name)] = details
