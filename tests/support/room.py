"""Alone on the machine for a moment, while tests run side by side: for what measures time.

Every test of a parallel run is in the room with the others, one marked `alone` by itself. All pass
the turnstile to get in, and one that wants to be alone keeps it until it leaves: nobody enters
before it, however long it waits.
"""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


class Room:
    """A worker's way into the room that all workers share by two files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._turnstile = (folder / "turnstile").open("w")
        self._room = (folder / "room").open("w")
        self._alone = False

    @contextlib.contextmanager
    def entered(self, *, alone: bool, stays: bool = False) -> Iterator[None]:
        """In the room; who was alone and `stays` is alone still when it enters the next time."""
        if not (alone and self._alone):
            self._leave()
            self._enter(alone=alone)
        try:
            yield
        finally:
            if not (alone and stays):
                self._leave()

    def close(self) -> None:
        """Leave, and never come again."""
        self._room.close()
        self._turnstile.close()

    def _enter(self, *, alone: bool) -> None:
        fcntl.flock(self._turnstile, fcntl.LOCK_EX)
        fcntl.flock(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(self._turnstile, fcntl.LOCK_UN)
        self._alone = alone

    def _leave(self) -> None:
        fcntl.flock(self._room, fcntl.LOCK_UN)
        fcntl.flock(self._turnstile, fcntl.LOCK_UN)
        self._alone = False
