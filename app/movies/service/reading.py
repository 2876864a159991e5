"""What lies beside the videos of a batch: NFO files, read and parsed outside of the transaction."""

import asyncio
import os
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from app.catalog.domain import Details
from app.catalog.service import MOST_NFO_BYTES, BadNfo, parse_nfo
from app.core.files import open_regular
from app.libraries.domain import FileKind, ScanError
from app.scanning.domain import Batch, ScannedFile, Standing

Place = tuple[str, str]  # root and directory
GENERIC: Final = ("movie", "film")  # the one that counts first


class Beside(Struct):
    """By directory: details by the NFO's stem (casefolded), and which of it is news."""

    details: dict[Place, dict[str, Details]] = field(default_factory=lambda: defaultdict(dict))
    news: set[Place] = field(default_factory=set)
    problems: list[ScanError] = field(default_factory=list)

    def of(self, file: ScannedFile, *, alone: bool) -> Details | None:
        """The details that are about this video; a `movie.nfo` counts where it is `alone`."""
        here: Mapping[str, Details] = self.details.get((file.root, file.dir), {})
        own = here.get(stem_of(file.name))
        if own is None and alone:
            own = next((here[name] for name in GENERIC if name in here), None)
            if own is None and len(here) == 1:
                own = next(iter(here.values()))
        return own


def stem_of(name: str) -> str:
    """A file name without its extension, to compare: systems write accents differently."""
    return unicodedata.normalize("NFC", name.rpartition(".")[0]).casefold()


async def read_beside(batch: Batch) -> Beside:
    """Read the NFO files of directories in which videos or NFO files are news."""
    beside = Beside()
    changed = {
        (f.root, f.dir)
        for f in batch.files
        if f.standing is not Standing.SAME and f.kind in (FileKind.VIDEO, FileKind.NFO)
    }
    wanted = [f for f in batch.files if f.kind is FileKind.NFO and (f.root, f.dir) in changed]
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
                details = parse_nfo(stream.read(MOST_NFO_BYTES + 1))
        except OSError as error:
            beside.problems.append(ScanError(file.path, f"Cannot be read: {error.strerror}."))
        except BadNfo as error:
            beside.problems.append(ScanError(file.path, str(error)))
        else:
            beside.details[file.root, file.dir][stem_of(file.name)] = details
