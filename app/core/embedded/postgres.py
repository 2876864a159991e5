"""A real PostgreSQL of our own: unix socket in a private folder, password, no TCP."""

import contextlib
import hashlib
import logging
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from app.core.embedded.account import server_account
from app.core.embedded.child import Child, end_strays, require_main_thread, strays
from app.core.embedded.cluster import DATABASE, USER, Cluster, Programs
from app.core.embedded.errors import EmbeddedError
from app.core.embedded.sockets import SOCKET, socket_folder
from app.core.embedded.state import StateFolder
from app.core.embedded.steps import Steps, finish, pause

logger = logging.getLogger(__name__)

DEFAULT_OPTIONS = {
    "fsync": "on",
    "full_page_writes": "on",
    "jit": "off",  # compiling costs more than our short statements take
    "log_destination": "stderr",
    "log_error_verbosity": "terse",  # details quote rows, and rows are private
    "log_line_prefix": "%m [%p] ",
    "log_min_error_statement": "panic",
    "log_min_messages": "warning",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "max_connections": "100",
    "max_wal_senders": "0",  # no replicas, so that the log may be minimal
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "wal_level": "minimal",
}
STOP_SIGNALS = {
    "smart": (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT),
    "fast": (signal.SIGINT, signal.SIGQUIT),
    "immediate": (signal.SIGQUIT,),
}
# What PostgreSQL says while a killed predecessor has not gone entirely; it goes by itself.
CONTENDED = ("lock file", "shared memory block", "Unix-domain socket", "Unix address")
STATUS_LINE = 7  # of postmaster.pid, counted from 0
RETRY = 0.1  # seconds
FAILED_GETS = 5.0  # seconds to end, when its start has failed
ORPHANS_GET = 1.0  # seconds to go by themselves


class EmbeddedPostgres:
    """PostgreSQL in a state folder of its own.

    `binaries` is a folder with `postgres` and `initdb` to use instead of an installed package,
    `options` are PostgreSQL settings, `user` is whom to run it as when we are root.
    """

    def __init__(
        self,
        state: Path,
        *,
        binaries: Path | None = None,
        options: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self._state = StateFolder(state, server_account(user))
        self._cluster = Cluster(self._state, binaries)
        digest = hashlib.sha256(os.fsencode(self._cluster.data)).hexdigest()
        self._name = f"revenge-{digest[:12]}"
        self._options = {**DEFAULT_OPTIONS, **(options or {})}
        self._child: Child | None = None
        self._url = ""

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster that was started last."""
        return self._child.pid if self._child else None

    @property
    def log(self) -> Path:
        return self._state.log

    def alive(self) -> bool:
        """Whether the server process exists (reaping it when it is gone)."""
        return self._child is not None and self._child.alive()

    def start(self, timeout: float = 60) -> str:
        """Start it and wait until it takes connections; make the database on first use.

        Returns postgresql://USER:PASSWORD@/DATABASE?host=FOLDER. `timeout` is how many seconds it
        may be silent: a long recovery that reports progress is waited for. Raises EmbeddedError
        with a sentence for the administrator, RuntimeError outside the main thread.
        """
        return finish(self.starting(timeout))

    def starting(self, timeout: float = 60) -> Steps[str]:
        """`start()` in steps, for who has other servers to look after."""
        require_main_thread()
        if not self.alive():
            try:
                self._url = yield from self._start(timeout)
            except OSError as error:
                self.stop("immediate", FAILED_GETS)
                message = f"PostgreSQL cannot be started in {self._state.path}: {error}"
                raise EmbeddedError(message) from error
            except BaseException:
                self.stop("immediate", FAILED_GETS)
                raise
        return self._url

    def stop(
        self, mode: Literal["smart", "fast", "immediate"] = "fast", timeout: float = 30
    ) -> None:
        """Stop it, harder after each `timeout` seconds, and let go of the state folder."""
        if self._child is not None:
            self._child.end(STOP_SIGNALS[mode], timeout)
        self._child = None
        self._state.close()

    def _start(self, timeout: float) -> Steps[str]:
        began = time.monotonic()
        self._state.open()
        yield from self._end_predecessor(began + timeout)
        programs, password = self._cluster.prepare()
        sockets = socket_folder(self._state)
        while True:
            for lock in (self._cluster.data / "postmaster.pid", sockets / f"{SOCKET}.lock"):
                remove_stale_lock(lock)
            self._child = self._spawn(programs, sockets)
            ready = yield from self._ready(self._child, timeout)
            if ready:
                break
            contended = any(sign in self._child.said() for sign in CONTENDED)
            if not contended or time.monotonic() > began + timeout:
                raise EmbeddedError(
                    f"PostgreSQL stopped while starting; {self.log} ends with:\n"
                    f"{self._child.last_words()}"
                )
            yield from pause(RETRY)
        logger.info("PostgreSQL %s started in %.2f s", programs.major, time.monotonic() - began)
        return (
            f"postgresql://{USER}:{quote(password, safe='')}@/{DATABASE}?host={quote(str(sockets))}"
        )

    def _spawn(self, programs: Programs, sockets: Path) -> Child:
        options = {
            **self._options,
            "cluster_name": self._name,
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": f'"{sockets}"',
            "unix_socket_permissions": "0700",
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Child.spawn(
            [programs.postgres, "-D", self._cluster.data, *settings],
            self._state.account,
            (self._state.log, self._state.open_log()),
            death=signal.SIGINT,
        )

    def _ready(self, child: Child, patience: float) -> Steps[bool]:
        """Wait until it takes connections: False when it ended instead. Raises EmbeddedError when
        it says nothing for `patience` seconds.
        """
        said = child.said_bytes()
        heard = time.monotonic()
        while child.alive():
            if self._status(child.pid) == "ready":
                return True
            if child.said_bytes() != said:
                said, heard = child.said_bytes(), time.monotonic()
            if time.monotonic() > heard + patience:
                raise EmbeddedError(
                    f"PostgreSQL was not ready within {patience:.0f} seconds; {self.log} ends with:"
                    f"\n{child.last_words()}"
                )
            yield
        return False

    def _status(self, pid: int) -> str:
        """What the postmaster `pid` says of itself in its lock file; empty when nothing yet."""
        with contextlib.suppress(OSError, ValueError):
            lines = (self._cluster.data / "postmaster.pid").read_text("utf-8").splitlines()
            if len(lines) > STATUS_LINE and int(lines[0]) == pid:
                return lines[STATUS_LINE].strip()
        return ""

    def _end_predecessor(self, deadline: float) -> Steps[None]:
        """End a server whose parent was killed: we hold the state folder, so it is nobody's."""
        data = str(self._cluster.data)
        title = f"postgres: {self._name}: "  # what its children make of their command lines

        def postmaster() -> list[int]:
            return strays(("postgres",), lambda words: data in words)

        def left() -> list[int]:
            return strays(("postgres",), lambda words: data in words or words[0].startswith(title))

        if postmaster():
            signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
            yield from end_strays(postmaster, signals, deadline)
        # Nobody is left to coordinate them, nothing that they do can be committed any more; but one
        # that sits in a long step, or is stopped, does not notice.
        soon = min(deadline, time.monotonic() + ORPHANS_GET)
        if (yield from end_strays(left, (signal.SIGQUIT,), soon)):
            return
        if not (yield from end_strays(left, (signal.SIGKILL,), deadline)):
            raise EmbeddedError(
                f"An older PostgreSQL (process {left()}) still uses {data} and does not stop. "
                "Stop it by hand, then start again."
            )


def remove_stale_lock(path: Path) -> None:
    """Remove a lock file that names a living process which is not a server of ours.

    PostgreSQL clears locks of dead processes itself, with more care than we could. But it believes
    a process id that exists as a zombie or, after a reboot or in a new container, as any other
    program; to be called when no server uses the folder any more.
    """
    try:
        pid = int(path.read_text("utf-8", "replace").partition("\n")[0])
    except FileNotFoundError:
        return
    except ValueError:
        pid = 0
    if pid == 0 or Path(f"/proc/{pid}").exists():
        path.unlink(missing_ok=True)
