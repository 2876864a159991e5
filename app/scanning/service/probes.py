"""The look inside files after a scan: in parallel, in children, a few at a time."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from msgspec import structs

from app.core.access import EVERYTHING
from app.core.errors import Unavailable
from app.core.jobs import Snooze
from app.core.jobs.run import Run
from app.core.metrics import Metrics
from app.core.tx import Tx
from app.items.domain import ItemId
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, Library, LibraryKind, MediaFile
from app.libraries.events import LibraryChanged
from app.libraries.repository import FileRepository
from app.media.domain import FailureReason, MediaInfo, Probe, Probed
from app.media.service.prober import Prober
from app.scanning.domain import ContentImporter

FILES_AT_ONCE: Final = 40
# These tell of the disk or of us, not of the file: they are no answer to keep.
ABSENT: Final = frozenset(
    {FailureReason.MISSING, FailureReason.VANISHED, FailureReason.UNAVAILABLE}
)
LONGEST: Final = 600.0


class Probing:
    """Looks inside the files of a library that wait for it."""

    def __init__(
        self, files: FileRepository, items: ItemRepository, prober: Prober, metrics: Metrics
    ) -> None:
        self._files, self._items, self._prober = files, items, prober
        self._metrics = metrics
        self.importers: Mapping[LibraryKind, ContentImporter] = {}

    async def probe(self, library: Library, run: Run) -> None:
        """Until nothing waits any more, or for ten minutes and then again, so others get a turn."""
        started, last = time.monotonic(), None
        while waiting := await self._files.unprobed(library.id, FILES_AT_ONCE, last):
            last = waiting[-1]  # each is asked once per job: what could not be reached still waits
            found = await self._files.by_ids(EVERYTHING, waiting)
            probes = await asyncio.gather(*(self._look(file) for file in found.values()))
            if probes and all(_reason(probe) is FailureReason.UNAVAILABLE for probe in probes):
                raise Unavailable("No probing process could be started.")
            told = {i: p for i, p in zip(found, probes, strict=True) if _reason(p) not in ABSENT}
            await self._keep(library, told, found, run)
            if time.monotonic() - started > LONGEST:
                raise Snooze(timedelta(0), "other jobs wait")

    async def _look(self, file: MediaFile) -> Probe:
        started = time.monotonic()
        result = await self._prober.probe(file.path)
        self._metrics.probe_duration.observe(time.monotonic() - started)
        outcome = "ok" if isinstance(result, Probed) else result.reason.value
        self._metrics.probes.labels(outcome).inc()
        return result

    async def _keep(
        self,
        library: Library,
        probes: Mapping[FileId, Probe],
        files: Mapping[FileId, MediaFile],
        run: Run,
    ) -> None:
        importer = self.importers.get(library.kind)
        found: dict[ItemId, list[MediaInfo]] = defaultdict(list)
        async with run.tx() as tx:
            infos: dict[FileId, MediaInfo] = {}
            for file_id, result in probes.items():
                kept = await self._files.probed(tx, file_id, result, files[file_id].size)
                if kept and isinstance(result, Probed):  # else it changed: the next scan asks again
                    infos[file_id] = result.info
            for file_id, info in (await self._whole(tx, infos)).items():
                for item_id in await self._items.describe_version(tx, file_id, _described(info)):
                    found[item_id].append(info)
            if importer and found:
                await importer.probed(tx, found)
            if found:
                tx.emit(LibraryChanged(library_id=library.id, updated=tuple(found)))

    async def _whole(self, tx: Tx, infos: Mapping[FileId, MediaInfo]) -> Mapping[FileId, MediaInfo]:
        """Of a version in parts only the first file speaks, and it is as long as all of them."""
        in_parts = await self._items.in_parts(tx, list(infos))
        if not in_parts:
            return infos
        others = {i for parts in in_parts for i in parts} - infos.keys()
        before = await self._files.by_ids(EVERYTHING, others)
        known = {i: file.media for i, file in before.items()} | dict(infos)
        told = dict(infos)
        for parts in in_parts:
            for part in parts:
                told.pop(part, None)
            lengths = [info.duration if (info := known.get(part)) else None for part in parts]
            if (first := known.get(parts[0])) is not None:
                total = sum(filter(None, lengths)) if all(lengths) else None
                told[parts[0]] = structs.replace(first, duration=total)
        return told


def _reason(probe: Probe) -> FailureReason | None:
    return None if isinstance(probe, Probed) else probe.reason


def _described(info: MediaInfo) -> dict[str, object]:
    main = info.main_video
    return {
        "duration": info.duration,
        "height": main.height if main else None,
        "resolution": info.resolution,
        "hdr": main.dynamic_range.value if main else None,
    }
