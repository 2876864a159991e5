"""Opening what others put on disk."""

import os
import stat
from errno import EINVAL


class NotRegular(OSError):
    """A pipe, device, socket or folder stands where a file was expected."""


def open_regular(path: str | bytes | os.PathLike[str]) -> int:
    """A descriptor to read a regular file with. Raises OSError, NotRegular among them.

    It may have been swapped since it was listed: a pipe does not block this, and a device is not
    even opened, which can already do something.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - paths may be bytes
        raise NotRegular(EINVAL, "Not a regular file")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegular(EINVAL, "Not a regular file")
    return descriptor
