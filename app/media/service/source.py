"""The one open file of a probe: read-only, bounded in bytes and in time."""

import os
import time
from typing import Protocol

from app.core import files
from app.media.domain.probe import FailureReason

# Ordinary files need a few MiB; a big index or many fonts tens. Then the file "ends".
READ_BUDGET = 256 * 1024 * 1024
_INT64 = (1 << 63) - 1


class Refused(Exception):
    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason)
        self.reason = reason


class ReadAt(Protocol):
    """Reads at most `size` bytes at `offset`; fewer, or none, at the end of the file."""

    def __call__(self, offset: int, size: int) -> bytes: ...


def open_regular(path: bytes) -> tuple[int, int]:
    """(descriptor, size) of a regular file that is not empty; otherwise Refused or OSError."""
    try:
        descriptor = files.open_regular(path)
    except files.NotRegular:
        raise Refused(FailureReason.NOT_A_FILE) from None
    size = os.fstat(descriptor).st_size
    if size == 0:
        os.close(descriptor)
        raise Refused(FailureReason.EMPTY)
    return descriptor, size


class Source:
    """A file object for PyAV. FFmpeg never opens anything by name: it only gets these bytes.

    `name` is empty, so that the demuxer is chosen by content alone. Past the byte budget the file
    seems to end; past the deadline (`time.monotonic`) reads raise TimeoutError.
    """

    name = ""

    def __init__(self, descriptor: int, size: int, deadline: float) -> None:
        self.size = size
        self.late = False
        self.problem: OSError | None = None
        self._descriptor = descriptor
        self._deadline = deadline
        self._left = READ_BUDGET
        self._position = 0

    def read_at(self, offset: int, size: int) -> bytes:
        if time.monotonic() > self._deadline:
            self.late = True
            raise TimeoutError
        wanted = min(size, self._left)
        if wanted <= 0 or offset >= self.size:
            return b""
        try:
            data = os.pread(self._descriptor, wanted, offset)
        except OSError as error:
            self.problem = error
            raise
        self._left -= len(data)
        return data

    def state(self) -> tuple[int, int]:
        """Size and time of change as they are now: a file may change while it is read."""
        status = os.fstat(self._descriptor)
        return status.st_size, max(-_INT64, min(_INT64, status.st_mtime_ns))

    def read(self, size: int) -> bytes:
        data = self.read_at(self._position, size)
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        start = (0, self._position, self.size)[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position
