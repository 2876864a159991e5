"""One watched folder: a thread that hears of changes, by inotify or by looking again and again.

The thread is its own and nobody waits for it: a dead network mount never answers.
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from msgspec import Struct
from watchfiles import Change, watch

from app.core.logging import get_logger
from app.libraries.domain import LibraryId
from app.scanning.service.settling import Settled, Settling
from app.scanning.service.walk import Bounds, Walk, Walked

STEP: Final = 0.5
STILL_THERE: Final = 2.0
BACKOFF: Final = (0.2, 0.2, 1, 2, 5, 10, 30, 60)
HEALTHY: Final = 60.0
RESTS: Final = 3.0  # times as long as a look takes
GATHER: Final = 400  # milliseconds
LIMITS: Final = ("watch limit", "too many open files", "no space left")
VANISHED: Final = "vanished.mkv"  # stands for whatever is gone from a folder
log = get_logger(__name__)


class Watched(Struct, frozen=True, kw_only=True):
    """A folder to watch. `poll` is how often it is looked at, in seconds; 0 leaves it to the
    kernel.
    """

    library_id: LibraryId
    folder_id: UUID
    path: str
    poll: float
    polls: float
    bounds: Bounds = Bounds()


class _Away(Exception):
    """The folder is not the one any more that the watch began with."""


class FolderWatch:
    """Watches until it is stopped, whatever happens; `tell` is called in the thread. With `missed`
    there may be changes that nobody has heard of.
    """

    def __init__(
        self, watched: Watched, tell: Callable[[Watched, Settled], None], *, missed: bool = False
    ) -> None:
        self._watched, self._tell = watched, tell
        self._stop = threading.Event()
        self._poll = watched.poll
        self._identity: tuple[int, int] | None = None
        self._failures = 0
        self._missed = missed
        self.armed = False
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to watch; returns before it does."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stop.set()

    def join(self, timeout: float) -> None:
        """Wait for it to end. Blocks."""
        self._thread.join(timeout)

    @property
    def polling(self) -> bool:
        """Whether it looks again and again."""
        return self._poll > 0

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                (self._look_again if self.polling else self._listen)()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next try may succeed
                self._failed(error)
            self.armed = False
            if time.monotonic() - began > HEALTHY:
                self._failures = 0
            self._stop.wait(BACKOFF[min(self._failures, len(BACKOFF) - 1)])

    def _failed(self, error: Exception) -> None:
        self._missed = True
        self._failures += 1
        path, reason = self._watched.path, str(error)[:300]
        if not self.polling and any(limit in reason.lower() for limit in LIMITS):
            self._poll = self._watched.polls
            log.warning("watch.limit", path=path, reason=reason, polls=self._poll)
        elif self._failures == 1 or self._failures > len(BACKOFF):
            log.warning("watch.lost", path=path, reason=reason or type(error).__name__)

    def _arm(self) -> None:
        """What was missed while nobody watched is found by a scan."""
        self.armed = True
        if self._missed:
            self._missed = False
            log.info("watch.again", path=self._watched.path)
            self._tell(self._watched, Settled(everything=True))

    def _remember(self) -> None:
        about = Path(self._watched.path).stat()
        self._identity = about.st_dev, about.st_ino

    def _still_there(self) -> None:
        try:
            about = Path(self._watched.path).stat()
        except OSError as error:
            raise _Away(error.strerror) from error
        if (about.st_dev, about.st_ino) != self._identity:
            raise _Away("Another folder stands in its place.")

    # -- by the kernel

    def _listen(self) -> None:
        settling = Settling(self._watched.path)
        self._remember()
        due = time.monotonic() + STILL_THERE
        for changes in self._changes():
            now = time.monotonic()
            if not self.armed:
                self._arm()
            settling.note(changes, now)
            if settling.busy and (settled := settling.look(now)):
                self._tell(self._watched, settled)
            if now >= due:
                due = now + STILL_THERE
                self._still_there()

    def _changes(self) -> Iterator[list[tuple[bool, str]]]:
        # A name that is not UTF-8 ends it with an error, and so do limits of the kernel.
        for changes in watch(
            self._watched.path,
            watch_filter=None,
            debounce=GATHER,
            step=100,
            stop_event=self._stop,
            rust_timeout=int(STEP * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=False,
            ignore_permission_denied=True,
        ):
            yield [(change is Change.modified, path) for change, path in changes]

    # -- by looking again and again

    def _look_again(self) -> None:
        """Our own walk: it is at home with links in circles and names that are no text, and keeps
        a number per folder.
        """
        settling = Settling(self._watched.path, local=False)
        self._remember()
        began = time.monotonic()
        known = self._walk(settling, None)
        self._arm()
        while True:
            due = time.monotonic() + pause(self._poll, time.monotonic() - began)
            while (left := due - time.monotonic()) > 0:
                if settling.busy and (settled := settling.look(time.monotonic())):
                    self._tell(self._watched, settled)
                if self._stop.wait(min(STEP, left) if settling.busy else left):
                    return
            self._still_there()
            began = time.monotonic()
            known = self._walk(settling, known)

    def _walk(self, settling: Settling, known: dict[str, int] | None) -> dict[str, int]:
        """What every folder holds, as a number; what differs from before is noted."""
        root, now = self._watched.path, time.monotonic()
        walk = Walk(root, self._watched.bounds)
        found: dict[str, int] = {}
        for walked in walk:
            walk.stopped = self._stop.is_set()
            found[walked.dir] = hash(walked.entries)
            if known is not None and known.get(walked.dir) != found[walked.dir]:
                settling.note(_changed(root, walked, new=walked.dir not in known), now)
        if known is None:
            return found
        if walk.stopped or not walk.intact():
            raise _Away("It went away while it was looked at.")
        blind = tuple(walk.unreadable)
        for directory, before in known.items():
            if directory in found:
                continue
            if any(not b or directory == b or directory.startswith(b + "/") for b in blind):
                found[directory] = before
            else:
                settling.note([(False, f"{root}/{directory}" if directory else root)], now)
        return found


def pause(poll: float, took: float) -> float:
    """Seconds until the next look, when the last one `took` so long: looking at a big tree again
    and again must not be all that a disk and this process do.
    """
    return max(poll, RESTS * took)


def _changed(root: str, walked: Walked, *, new: bool) -> list[tuple[bool, str]]:
    """A folder that is new, or the files of one that is not."""
    path = f"{root}/{walked.dir}" if walked.dir else root
    if new:
        return [(False, path), *((False, f"{path}/{entry.name}") for entry in walked.entries)]
    return [(False, f"{path}/{name}") for name in (*(e.name for e in walked.entries), VANISHED)]
