"""The folder that a local server lives in, held by one parent at a time.

    lock        flocked while a parent is alive; holds its process id
    password    of the server, 0600
    server.log  what the server says (server.log.1: before the last rotation)
    data/       the server's own, 0700; also other folders that it may write

Only `data` and its like belong to the server's user. Everything above belongs to us: as root we
must never write into a folder where another user could have put a symbolic link.
"""

import contextlib
import fcntl
import os
import secrets
from pathlib import Path

from app.core.embedded.account import USER_VARIABLE, Account, user_name
from app.core.embedded.errors import EmbeddedError

LOG_LIMIT = 8 << 20
NO_LINKS = os.O_NOFOLLOW | os.O_CLOEXEC


class StateFolder:
    """One state folder. Open it before use; the kernel closes it when we are killed."""

    def __init__(self, path: Path, account: Account) -> None:
        self.path = path.resolve()  # leftovers are recognised by their path
        self.account = account
        self._lock: int | None = None

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    def open(self) -> None:
        """Create and take the folder. Raises EmbeddedError when another parent holds it or the
        server's user cannot reach it.
        """
        if self._lock is not None:
            return
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.stat().st_uid == os.geteuid():
            self.path.chmod(0o711 if self.account.drops else 0o700)
        closed = self.account.closed_parent(self.path)
        if closed is not None:
            raise EmbeddedError(
                f"The local servers run as user {self.account.name!r}, who may not enter the "
                f"folder {closed}, so they cannot use {self.path}. Choose a state folder "
                f"elsewhere, such as /var/lib/revenge, or allow it with: chmod o+x {closed}"
            )
        self._lock = self._take()

    def close(self) -> None:
        """Let another parent have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take(self) -> int:
        path = self.path / "lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINKS, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise EmbeddedError(
                f"{self.path} is in use by another Revenge (process {holder or 'unknown'}). Stop "
                "that one first, or give this one a state folder of its own."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        return descriptor

    def private_folder(self, name: str) -> Path:
        """A 0700 folder of the server's user. Raises EmbeddedError when another user owns it."""
        return private_folder(self.path / name, self.account)

    def read(self, name: str) -> str | None:
        """The text of one of our small files, None when there is none or it is empty."""
        try:
            return (self.path / name).read_text("utf-8").strip() or None
        except FileNotFoundError:
            return None

    def write(self, name: str, text: str) -> None:
        """Replace one of our small files, all or nothing; 0600."""
        draft = self.path / f"{name}.new"
        write_private(draft, text)
        draft.replace(self.path / name)
        sync_folder(self.path)

    def password(self) -> str:
        """The password of the server, made on first use: letters, digits, - and _ only."""
        password = self.read("password")
        if password is None:
            password = secrets.token_urlsafe(24)
            self.write("password", password)
        return password

    def open_log(self) -> int:
        """A descriptor to append to the log, rotated away first when it has grown."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | NO_LINKS, 0o600)


def private_folder(path: Path, account: Account) -> Path:
    """Create or check a 0700 folder of `account`. Raises EmbeddedError when it is another's."""
    try:
        path.mkdir(mode=0o700)
        if account.drops:
            os.chown(path, account.uid, account.gid)
    except FileExistsError:
        owner = path.stat().st_uid
        if account.drops and owner == os.geteuid() and not any(path.iterdir()):
            os.chown(path, account.uid, account.gid)  # killed between mkdir and chown
        elif owner != account.uid:
            raise EmbeddedError(
                f"{path} belongs to user {user_name(owner)!r}, but the local servers run as "
                f"{account.name!r}. Give it to that user with: chown -R {account.name} {path}"
                + (f" (or run them as its owner: {USER_VARIABLE})" if account.drops else "")
            ) from None
    path.chmod(0o700)
    return path


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Write a new 0600 file, on disk before we return; for `account` when one is given."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINKS, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if account is not None and account.drops:
            os.fchown(file.fileno(), account.uid, account.gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
