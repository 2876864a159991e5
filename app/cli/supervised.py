"""What `revenge up` looks after: servers and processes, each started again when it ends.

Nothing here waits: `tend()` does what can be done now, so that one that is slow to come back holds
up nobody else.
"""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from app.core.embedded import EmbeddedError
from app.core.embedded.child import die_with_parent, quiet_fork
from app.core.embedded.steps import Steps
from app.core.logging import get_logger

log = get_logger(__name__)
CALM: Final = 30.0  # seconds something has to run for its crashes to be forgotten
MOST_DELAY: Final = 15.0


class Backoff:
    """When something that ended may be started again: at once, then later and later."""

    def __init__(self) -> None:
        self._ends = 0
        self._started = 0.0
        self._not_before = 0.0

    def started(self) -> None:
        """It was started just now."""
        self._started = time.monotonic()

    def ended(self) -> None:
        """It ended, or could not be started."""
        now = time.monotonic()
        if now - self._started > CALM:
            self._ends = 0
        delay = 0.5 * 2.0**self._ends if self._ends else 0.0
        self._ends = min(self._ends + 1, 10)
        self._not_before = now + min(MOST_DELAY, delay)

    def over(self) -> bool:
        """Whether it may be tried now."""
        return time.monotonic() >= self._not_before


class LocalServer(Protocol):
    """PostgreSQL or Valkey."""

    def alive(self) -> bool: ...
    def starting(self) -> Steps[str]: ...
    def stop(self) -> None: ...


class Server:
    """A server of our own; `setting` is what its address is told the processes as."""

    def __init__(self, setting: str, server: LocalServer) -> None:
        self.setting, self._server = setting, server
        self.url: str | None = None
        self.ready = False  # whether it has answered since it was started last
        self._steps: Steps[str] | None = None
        self._backoff = Backoff()

    def begin(self) -> None:
        """A step of starting it. Raises EmbeddedError."""
        if self._steps is None:
            self._backoff.started()
            self._steps = self._server.starting()
        try:
            next(self._steps)
        except StopIteration as done:
            self.url, self._steps, self.ready = done.value, None, True

    def tend(self) -> None:
        """If it has ended, a step of starting it again; what fails is tried again later."""
        if self.ready:
            if self._server.alive():
                return
            self.ready = False
            self._backoff.ended()
            log.error("up.server_ended", name=self.setting)
        if self._steps is None and not self._backoff.over():
            return
        try:
            self.begin()
        except (EmbeddedError, OSError, subprocess.SubprocessError) as error:
            self._steps = None
            self._backoff.ended()
            log.warning("up.server_will_not_start", name=self.setting, error=str(error))

    def stop(self) -> None:
        """Stop it, also in the middle of its start."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None
        self._server.stop()


class Process:
    """One of our own Python processes."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        self.name, self._arguments = name, arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._backoff = Backoff()

    def tend(self, environment: Mapping[str, str]) -> None:
        """Start it if it does not run and has waited long enough after a crash."""
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._backoff.ended()
            log.error("up.process_ended", name=self.name, code=code)
            self._process = None
        if not self._backoff.over():
            return
        self._backoff.started()
        try:
            self._process = spawn(self._arguments, environment, new_session=True)
        except (OSError, subprocess.SubprocessError) as error:  # no memory, too many processes
            self._backoff.ended()
            log.warning("up.process_will_not_start", name=self.name, error=str(error))

    def signal(self, number: int) -> None:
        """Send a signal if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, timeout: float) -> None:
        """Wait for its end, and make one."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.1, timeout))
            return
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)


def spawn(
    arguments: Sequence[str], environment: Mapping[str, str], *, new_session: bool
) -> subprocess.Popen[bytes]:
    """Start a command of ours; it gets SIGTERM when we die. In a session of its own it does not
    hear Ctrl-C, which is for the parent.
    """
    with quiet_fork():
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "app.cli", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=new_session,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - see quiet_fork
        )
