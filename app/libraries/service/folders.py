"""What may be a library's folder: a look at the disk, and a comparison with the other folders."""

import asyncio
import contextlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct

from app.core.errors import Unavailable
from app.libraries.domain import BadFolder, Folder

T = TypeVar("T")
LOOK_TIMEOUT: Final = 5.0
MOST_LOOKS: Final = 8
SYSTEM_FOLDERS: Final = ("/proc", "/sys", "/dev", "/run", "/boot", "/etc")
MOUNTS: Final = "/run/media"  # where desktops put the disks that are plugged in


class Place(Struct, frozen=True):
    """A folder as somebody wrote it, and where it really is."""

    asked: str
    real: str


class Disk:
    """Looks at folders in threads of its own, a few at a time.

    A dead network mount never answers: its thread hangs on, and must neither use up the threads
    that everybody shares nor keep the process from ending.
    """

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(MOST_LOOKS)

    async def real_paths(self, paths: Sequence[str]) -> list[str]:
        """The real paths of folders that a library may have, in order.

        Raises BadFolder, also for a folder that does not answer within LOOK_TIMEOUT seconds.
        """
        if not paths:
            return []
        found: list[str] = []
        try:
            await self.answer(lambda: found.extend(map(usable_folder, paths)))
        except TimeoutError:
            waited = paths[min(len(found), len(paths) - 1)]
            raise BadFolder(waited, "does not answer; is its disk mounted?") from None
        return found

    async def answer(self, look: Callable[[], T]) -> T:
        """What a look at the disk says. Raises what it raises, and TimeoutError after LOOK_TIMEOUT
        seconds.
        """
        if not self._free.acquire(blocking=False):
            raise Unavailable("Other folders do not answer; try again later.", retry_after=30)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        answers: list[T] = []

        def run() -> None:
            failure: Exception | None = None
            try:
                answers.append(look())
            except Exception as error:  # noqa: BLE001 - handed to the one who waits
                failure = error
            finally:
                self._free.release()
            with contextlib.suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(_settle, done, failure)

        threading.Thread(target=run, name="folders", daemon=True).start()
        await asyncio.wait_for(done, LOOK_TIMEOUT)
        return answers[0]


def _settle(done: "asyncio.Future[None]", failure: Exception | None) -> None:
    if done.done():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)


def usable_folder(path: str) -> str:
    """The real path of a folder that a library may have. Raises BadFolder. Blocks on the disk."""
    if not path.startswith("/") or "\x00" in path or len(path) > 4000:
        raise BadFolder(path, "is not an absolute path.")
    try:
        real = os.path.realpath(path, strict=True)
        mode = Path(real).stat().st_mode
    except PermissionError:
        raise BadFolder(path, "cannot be reached: the server lacks the permission.") from None
    except (OSError, ValueError):
        raise BadFolder(path, "does not exist.") from None
    if not stat.S_ISDIR(mode):
        raise BadFolder(path, "is not a folder.")
    if real == "/":
        raise BadFolder(path, "is the whole system; name the folder with the media.")
    inside = any(real == system or real.startswith(system + "/") for system in SYSTEM_FOLDERS)
    if inside and not real.startswith(MOUNTS + "/"):
        raise BadFolder(path, "belongs to the system.")
    try:
        real.encode()
        os.scandir(real).close()
    except UnicodeEncodeError:
        raise BadFolder(path, "has a name that is not valid UTF-8.") from None
    except OSError:
        raise BadFolder(path, "cannot be read by the server.") from None
    return real


def refuse_overlaps(places: Sequence[Place], others: Iterable[Folder]) -> None:
    """Raise BadFolder where one of these places is, holds or lies in another folder."""
    taken = [folder.path for folder in others]
    for index, place in enumerate(places):
        if any(_overlap(place.real, other) for other in taken):
            raise BadFolder(place.asked, "overlaps a folder of another library.")
        if any(_overlap(place.real, other.real) for other in places[:index]):
            raise BadFolder(place.asked, "overlaps another folder of this library.")


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")
