"""Watches the folders of all libraries, in one process of the cluster: who holds the lock."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Collection
from typing import Final
from uuid import UUID

import asyncpg
from msgspec import Struct, field

from app.core.access import EVERYTHING, SYSTEM
from app.core.config import ScanConfig
from app.core.db import Database
from app.core.errors import AppError
from app.core.logging import get_logger
from app.core.pgfaults import FAULTS
from app.libraries.domain import Library, LibraryId, ScanKind, WatchMode
from app.libraries.repository import FileRepository, LibraryRepository
from app.scanning.service.folder_watch import FolderWatch, Watched
from app.scanning.service.mounts import remote_kind
from app.scanning.service.records import Scanning
from app.scanning.service.settling import Settled
from app.scanning.service.targets import requestable

LOCK: Final = "library-watch"
RETRY: Final = 2.0
SYNC_EVERY: Final = 2.0
GATHER: Final = 1.0  # between two requests for one library
ENDS_IN: Final = 2.0
log = get_logger(__name__)
Key = tuple[LibraryId, str, float]


class _Heard(Struct):
    """What has been heard of a library and was not asked for yet."""

    paths: dict[str, None] = field(default_factory=dict)
    unsure: dict[str, tuple[UUID, str]] = field(default_factory=dict)
    leave: dict[str, None] = field(default_factory=dict)
    everything: bool = False


class Watching:
    """Follows the libraries as they come, change and go."""

    def __init__(
        self,
        db: Database,
        libraries: LibraryRepository,
        files: FileRepository,
        scanning: Scanning,
        config: ScanConfig,
    ) -> None:
        self._db, self._libraries, self._files = db, libraries, files
        self._scanning, self._config = scanning, config
        self._watches: dict[Key, FolderWatch] = {}
        self._told: asyncio.Queue[tuple[Watched, Settled]] = asyncio.Queue()
        self._heard: dict[LibraryId, _Heard] = defaultdict(_Heard)
        self._asked_at: dict[LibraryId, float] = {}
        self._had_to_wait = False
        self._left = set[LibraryId]()

    @property
    def armed(self) -> int:
        """How many folders this process watches now."""
        return sum(watch.armed for watch in self._watches.values())

    async def run(self) -> None:
        """For ever: watch while nobody else does. A holder that died loses the lock with its
        connection.
        """
        while self._config.watch:
            try:
                connection = await self._db.connect()
            except FAULTS:
                await asyncio.sleep(RETRY)
                continue
            try:
                if await connection.fetchval(
                    "select pg_try_advisory_lock(hashtextextended($1, 0))", LOCK
                ):
                    await self._watch(connection)
                self._had_to_wait = True
            except asyncio.CancelledError:
                await _unlock(connection)
                raise
            except Exception as error:  # noqa: BLE001 - the next try may succeed
                log.warning("watch.waits", error=repr(error))
            finally:
                connection.terminate()
            await asyncio.sleep(RETRY)

    async def _watch(self, connection: asyncpg.Connection) -> None:
        """Until the connection, and with it the lock, is lost."""
        log.info("watch.begins")
        hearing = asyncio.create_task(self._hear(), name="watch.hear")
        # What happened while the lock changed hands was heard by nobody. A library that is watched
        # from now on may have been scanned before it was.
        first, everything = True, self._had_to_wait
        self._left = set()
        try:
            self._left = await self._libraries.left_watched()
            while not connection.is_closed():
                with contextlib.suppress(AppError):  # PostgreSQL is away: go on with what is known
                    await self._follow(everything=everything or not first)
                    first = everything = False
                await asyncio.sleep(SYNC_EVERY)
                await asyncio.wait_for(connection.fetchval("select 1"), 10)
        except asyncio.CancelledError:  # the server stops: who comes next need not look for more
            with contextlib.suppress(AppError):
                await self._note({library_id for library_id, *_ in self._watches}, watched=False)
            raise
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            await self._stop(list(self._watches))

    async def _note(self, ids: Collection[LibraryId], *, watched: bool) -> None:
        async with self._db.write(SYSTEM) as tx:
            await self._libraries.set_watched(tx, ids, watched=watched)

    async def _follow(self, *, everything: bool) -> None:
        """Watch what is to be watched now, and nothing else."""
        wanted: dict[Key, Watched] = {}
        for library in await self._libraries.to_watch():
            bounds = await self._scanning.bounds(library)
            for folder in library.folders:
                poll = await self._poll(library, folder.path)
                wanted[library.id, folder.path, poll] = Watched(
                    library_id=library.id,
                    folder_id=folder.id,
                    path=folder.path,
                    poll=poll,
                    polls=self._config.poll,
                    bounds=bounds,
                )
        await self._stop([key for key in self._watches if key not in wanted])
        loop = asyncio.get_running_loop()

        def tell(watched: Watched, settled: Settled) -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(self._told.put_nowait, (watched, settled))

        new = {key: watched for key, watched in wanted.items() if key not in self._watches}
        if new:  # before anything is heard: whoever dies after this has missed something
            await self._note({watched.library_id for watched in new.values()}, watched=True)
        for key, watched in new.items():
            missed = everything or watched.library_id in self._left
            missed = missed and await self._was_scanned(watched.library_id)
            self._watches[key] = FolderWatch(watched, tell, missed=missed)
            self._watches[key].start()
        self._left.clear()

    async def _poll(self, library: Library, path: str) -> float:
        if library.watch is WatchMode.POLLING:
            return self._config.poll
        remote = await asyncio.to_thread(remote_kind, path)
        return self._config.poll if remote else 0.0

    async def _was_scanned(self, library_id: LibraryId) -> bool:
        return bool(await self._scanning.scans.latest([library_id]))

    async def _stop(self, keys: list[Key]) -> None:
        stopped = [self._watches.pop(key) for key in keys]
        for watch in stopped:
            watch.stop()
        for watch in stopped:
            await asyncio.to_thread(watch.join, ENDS_IN)

    # -- what the threads tell

    async def _hear(self) -> None:
        """Gather what is told, and ask for it: at most once a second for each library."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GATHER / 4 if self._heard else None):
                    self._take(*await self._told.get())
            while not self._told.empty():
                self._take(*self._told.get_nowait())
            now = time.monotonic()
            for library_id in list(self._heard):
                if now - self._asked_at.get(library_id, 0.0) < GATHER:
                    continue
                try:
                    await self._ask(library_id)
                except Exception as error:  # noqa: BLE001 - it stays, and is asked for again
                    log.warning("watch.not_asked", library=str(library_id), error=repr(error))
                self._asked_at[library_id] = time.monotonic()

    def _take(self, watched: Watched, settled: Settled) -> None:
        heard = self._heard[watched.library_id]
        heard.everything = heard.everything or settled.everything
        heard.paths.update(dict.fromkeys(settled.paths))
        for path in settled.unsure:
            heard.unsure[path] = watched.folder_id, path[len(watched.path) + 1 :]
        heard.leave.update(dict.fromkeys(settled.growing))

    async def _ask(self, library_id: LibraryId) -> None:
        heard = self._heard[library_id]
        for path, (folder_id, inner) in heard.unsure.items():
            if not heard.everything and await self._files.known.knows_below(folder_id, [inner]):
                heard.paths[path] = None
        found = await self._libraries.by_ids(EVERYTHING, [library_id])
        folders = found[library_id].folders if library_id in found else ()
        # One that is too long, or whose folder is gone by now, does not keep the others away.
        paths = None if heard.everything else requestable(folders, heard.paths)
        leave = [p for p in requestable(folders, heard.leave) if p not in heard.paths]
        opened = None
        if paths != []:
            async with self._db.write(SYSTEM) as tx:
                if await self._libraries.hold(tx, library_id):
                    opened = await self._scanning.request(
                        tx, library_id, paths, ScanKind.INCREMENTAL, leave
                    )
        del self._heard[library_id]
        if opened is not None:
            await self._scanning.tell(opened)


async def _unlock(connection: asyncpg.Connection) -> None:
    """Leave the lock to whoever comes next, who would have to wait until PostgreSQL hears that the
    connection has ended, and think that it missed something meanwhile.
    """
    with contextlib.suppress(*FAULTS):
        await connection.execute("select pg_advisory_unlock_all()", timeout=ENDS_IN)
