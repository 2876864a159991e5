"""What a child gives up before it looks at what strangers made. Linux; rlimits on any Unix.

The limits are certain, the rest is best effort: a container may forbid namespaces, an old kernel
lacks Landlock. `confine` tells which of them hold.
"""

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable

from app.core.seccomp import refuse_calls

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446  # the same numbers on every architecture
_LANDLOCK_VERSION = 1
_READ_ALL = 1 << 2  # CAP_DAC_READ_SEARCH
_OPEN_FILES = 64


def confine(memory: int, cpu_seconds: int) -> list[str]:
    """Limit this process for good; answers the names of the best-effort walls that stand.

    `memory` is bytes of address space, `cpu_seconds` a bound for the whole life of the process.
    """
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.setrlimit(limit, (value, value))
    with contextlib.suppress(OSError):
        os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    if not sys.platform.startswith("linux"):
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    walls: dict[str, Callable[[], bool]] = {
        "pdeathsig": lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0,
        "no_new_privs": lambda: libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0,
        "network": lambda: _leave_network(libc),
        "capabilities": lambda: _drop_capabilities(libc),
        "landlock": lambda: _landlock(libc),
        "seccomp": lambda: refuse_calls(libc),  # last: it refuses some of the calls above
    }
    return [name for name, build in walls.items() if build()]


def own_stdout() -> int:
    """A private descriptor for answers; what a library prints goes to /dev/null."""
    answers = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
    return answers


def write_all(descriptor: int, data: bytes) -> None:
    """Write everything, however little the descriptor takes at once."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _leave_network(libc: ctypes.CDLL) -> bool:
    """An empty network namespace. A privileged server keeps its user namespace, otherwise the child
    could not read what the server can.
    """
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    return bool(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def _drop_capabilities(libc: ctypes.CDLL) -> bool:
    """A privileged server's child keeps the right to read every file, and nothing else."""
    header = struct.pack("=Ii", 0x20080522, 0)
    read_all = struct.pack("=6I", _READ_ALL, _READ_ALL, 0, 0, 0, 0)
    return any(libc.capset(header, wanted) == 0 for wanted in (read_all, bytes(24)))


def _landlock(libc: ctypes.CDLL) -> bool:
    """Take away all writing, executing, TCP and signalling; reading stays free."""
    version = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    if version < 1:
        return False
    files = (1 << 13) - 1 & ~0b1100  # everything of version 1 but reading files and folders
    files |= sum(1 << bit for bit, since in ((13, 2), (14, 3), (15, 5)) if version >= since)
    rights = struct.pack("=Q", files)
    if version >= 4:
        rights += struct.pack("=Q", 0b11)
    if version >= 6:
        rights += struct.pack("=Q", 0b11)
    ruleset = libc.syscall(_LANDLOCK_CREATE, rights, ctypes.c_size_t(len(rights)), 0)
    if ruleset < 0:
        return False
    held = bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    os.close(ruleset)
    return held
