"""The look inside files after a scan: in parallel, in children, a few at a time."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from app.core.jobs import Snooze
from app.core.jobs.run import Run
from app.core.metrics import Metrics
from app.items.domain import ItemId
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, Library, LibraryKind, MediaFile, ProbeState
from app.libraries.events import LibraryChanged
from app.libraries.repository import FileRepository
from app.media.domain import MediaInfo, Probe, Probed
from app.media.service.prober import Prober
from app.scanning.domain import ContentImporter

FILES_AT_ONCE: Final = 40
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
        started = time.monotonic()
        while waiting := await self._files.unprobed(library.id, FILES_AT_ONCE):
            found = await self._files.by_ids(waiting)
            probes = await asyncio.gather(*(self._look(file) for file in found.values()))
            await self._keep(library, dict(zip(found, probes, strict=True)), found, run)
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
        infos: dict[ItemId, list[MediaInfo]] = defaultdict(list)
        changed: dict[ItemId, None] = {}
        async with run.tx() as tx:
            for file_id, result in probes.items():
                kept = await self._files.probed(tx, file_id, result, files[file_id].size)
                if not kept and files[file_id].probe is ProbeState.PENDING:
                    continue  # it changed while we looked: the next scan asks again
                if isinstance(result, Probed):
                    described = _described(result.info)
                    for item_id in await self._items.describe_version(tx, file_id, described):
                        infos[item_id].append(result.info)
                        changed[item_id] = None
            if importer and infos:
                await importer.probed(tx, infos)
            if changed:
                tx.emit(LibraryChanged(library_id=library.id, updated=tuple(changed)))


def _described(info: MediaInfo) -> dict[str, object]:
    main = info.main_video
    return {
        "duration": info.duration,
        "height": main.height if main else None,
        "resolution": info.resolution,
        "hdr": main.dynamic_range.value if main else None,
    }
