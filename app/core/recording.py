"""What the reads of an operation depended on: the ground on which its answer may be kept.

While a recording is on, every cached read notes its tags with their versions *before* the read, and
every read that no tag stands for spoils it. What was made of the reads is then good as long as none
of those tags has become stale: a `Stamp`.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Protocol

from msgspec import Struct

LONGEST: Final = 60.0


class Marks(Protocol):
    """Who knows the versions of tags: the cache in process."""

    @property
    def changes(self) -> int: ...

    def mark(self, tags: Iterable[str]) -> Mapping[str, int]: ...

    def moved(self, mark: Mapping[str, int], tags: Iterable[str]) -> bool: ...


class Stamp(Struct, eq=False):
    """Tags as they were, until when at the latest, and the count of changes when it last held."""

    marks: Marks
    mark: Mapping[str, int]
    deadline: float
    changes: int

    def holds(self) -> bool:
        """Whether nothing that was read has become stale since."""
        if self.deadline < time.monotonic():
            return False
        now = self.marks.changes
        if now != self.changes:
            if self.marks.moved(self.mark, self.mark):
                self.deadline = 0.0
                return False
            self.changes = now
        return True


class Recording:
    """The reads of one operation, or of a part of it."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.mark: dict[str, int] = {}
        self.deadline = time.monotonic() + LONGEST
        self.spoiled = self._moved = False

    def note(self, tags: Iterable[str], deadline: float) -> None:
        """A cached read is made now: what it answers, under these tags, is good until then."""
        if self.spoiled:
            return
        self.deadline = min(self.deadline, deadline)
        self._take(self.marks.mark(tags))

    def absorb(self, stamp: Stamp) -> None:
        """What was read before, and still holds, is part of what is read now."""
        self.deadline = min(self.deadline, stamp.deadline)
        self._take(stamp.mark)

    def join(self, other: "Recording") -> None:
        """What the other has noted is part of this."""
        self.spoiled = self.spoiled or other.spoiled
        self.deadline = min(self.deadline, other.deadline)
        self._take(other.mark)

    def _take(self, mark: Mapping[str, int]) -> None:
        own = self.mark
        for tag, version in mark.items():
            if own.setdefault(tag, version) != version:  # it has changed between two reads
                self._moved = True

    def spoil(self) -> None:
        """Something was read that no tag stands for."""
        self.spoiled = True

    def stamp(self) -> Stamp | None:
        """What holds for all that was read; None where nothing does, or no longer."""
        changes = self.marks.changes
        mark = self.mark
        if self.spoiled or self._moved or not mark or self.marks.moved(mark, mark):
            return None
        return Stamp(self.marks, self.mark, self.deadline, changes)


RECORDING: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recorded(recording: Recording | None) -> Iterator[None]:
    """Everything within, tasks included, is noted there; with None nowhere."""
    token = RECORDING.set(recording)
    try:
        yield
    finally:
        RECORDING.reset(token)


def spoil() -> None:
    """What is recorded now depends on something that no tag stands for."""
    recording = RECORDING.get()
    if recording is not None:
        recording.spoil()
