"""One server process that dies with us, whatever kills us."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.core.embedded.account import ENVIRONMENT, Account
from app.core.embedded.steps import Steps

PR_SET_PDEATHSIG = 1
KILL_PATIENCE = 5.0  # seconds
COMM_LENGTH = 15  # of the name of a process, in /proc
# Loaded here, not between fork and exec, where importing could deadlock.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class Child:
    """A server process and what it wrote to the log since it was started."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, log_start: int) -> None:
        self._process = process
        self._log = log
        self._log_start = log_start

    @classmethod
    def spawn(
        cls, command: Sequence[str | Path], account: Account, log: tuple[Path, int], death: int
    ) -> "Child":
        """Start `command`; `log` is a path and a descriptor (closed here); `death` is the signal
        that it gets when we die.

        Raises RuntimeError outside the main thread: the kernel takes the end of the thread that
        started a child for the end of its parent.
        """
        require_main_thread()
        path, descriptor = log
        try:
            start = os.fstat(descriptor).st_size
            with quiet_fork():
                process = subprocess.Popen(  # noqa: S603 - our own servers
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=descriptor,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env=ENVIRONMENT,
                    umask=0o077,
                    start_new_session=True,  # Ctrl-C is for us; we stop the servers last
                    preexec_fn=die_with_parent(death),  # noqa: PLW1509 - see quiet_fork
                    **account.popen,
                )
        finally:
            os.close(descriptor)
        return cls(process, path, start)

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def killed(self) -> bool:
        """Whether somebody else ended it with SIGKILL: it did not fail by itself."""
        return self._process.poll() == -signal.SIGKILL

    def said(self) -> str:
        """Its log since the start, at most the last 64 KiB."""
        with self._log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start, size - (64 << 10)))
            return file.read().decode("utf-8", "replace")

    def said_bytes(self) -> int:
        """How much it has logged: a server that still talks is making progress."""
        return self._log.stat().st_size

    def last_words(self) -> str:
        """The last lines of its log, for an error message."""
        return "\n".join(self.said().strip().splitlines()[-8:])

    def end(self, signals: Sequence[int], timeout: float) -> None:
        """Send each signal in turn, giving each `timeout` seconds, and SIGKILL last; reap it.

        What sits in the kernel survives even that for a while; it is not waited for longer.
        """
        for number in signals:
            if not self.alive():
                return
            self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
                return
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(timeout, KILL_PATIENCE))


def require_main_thread() -> None:
    """Raise RuntimeError outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Local servers must be started from the main thread.")


def die_with_parent(death: int) -> Callable[[], None]:
    """A preexec_fn: the child gets the signal `death` when the thread that starts it ends."""
    parent = os.getpid()

    def prepare() -> None:
        # A blocked signal stays blocked across exec, and then our death would go unheard.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if _PRCTL is not None:
            _PRCTL(PR_SET_PDEATHSIG, death, 0, 0, 0)
            if os.getppid() != parent:  # it died before it could be told to us
                os._exit(1)

    return prepare


@contextlib.contextmanager
def quiet_fork() -> Iterator[None]:
    """Python 3.12 warns of any fork beside threads; ours calls nothing that takes a lock."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def strays(programs: Sequence[str], ours: Callable[[list[str]], bool]) -> list[int]:
    """Living processes called one of `programs` whose command line is `ours`: those of a parent
    that is gone. Empty where there is no /proc.

    Command lines, because root in a container may not ask for more about other users' processes.
    """
    names = {program[:COMM_LENGTH] for program in programs}
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "comm").read_text("utf-8", "replace").rstrip("\n") not in names:
                continue
            line = os.fsdecode((entry / "cmdline").read_bytes())
            if line and ours(line.split("\0")):  # a zombie has none
                found.append(int(entry.name))
    return found


def end_strays(
    find: Callable[[], list[int]], signals: Sequence[int], deadline: float
) -> Steps[bool]:
    """Ask leftovers to end, harder and harder until `deadline` (monotonic): whether all went."""
    share = max(deadline - time.monotonic(), 0) / len(signals)
    for number in signals:
        asked: set[int] = set()
        until = time.monotonic() + share
        while left := find():
            for pid in set(left) - asked:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            asked.update(left)
            if time.monotonic() > until:
                break
            yield
        else:
            return True
    return False
