"""Who the servers run as: ourselves, or, when we are root, a user with fewer rights."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from app.core.embedded.errors import EmbeddedError

USER_VARIABLE = "REVENGE_EMBEDDED__USER"
DEFAULT_USER = "nobody"
TIMEOUT = 20  # seconds for asking something as that user: a busy machine takes its time
# Prints the first of its arguments that may not be entered. Asking as that user respects ACLs and
# security modules, which reading mode bits does not.
FIRST_CLOSED = 'for folder; do test -x "$folder" || { printf %s "$folder"; exit 1; }; done'


# Ours may hold secrets (REVENGE_…) and settings that would bend theirs (PG…, LC_…).
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
}


class PopenIdentity(TypedDict, total=False):
    """The arguments of Popen that change the user of the child."""

    user: int
    group: int
    extra_groups: Sequence[int]


@dataclass(frozen=True)
class Account:
    """The user of a server. `drops` means that it is not ours: we are root and give rights up."""

    name: str
    uid: int
    gid: int
    drops: bool

    @property
    def popen(self) -> PopenIdentity:
        return (
            {"user": self.uid, "group": self.gid, "extra_groups": []}
            if self.drops
            else PopenIdentity()
        )

    def runs(self, command: Sequence[str | Path]) -> bool:
        """Whether this user can run `command` to a good end in time."""
        try:
            done = subprocess.run(  # noqa: S603 - a program of ours
                command,
                capture_output=True,
                cwd="/",
                env=ENVIRONMENT,
                timeout=TIMEOUT,
                check=False,
                **self.popen,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    def closed_parent(self, path: Path) -> Path | None:
        """The topmost folder on the way to `path` that this user may not enter."""
        if not self.drops:
            return None
        way = [*reversed(path.parents), path]
        try:
            done = subprocess.run(  # noqa: S603 - a constant script; the folders are its arguments
                ["/bin/sh", "-c", FIRST_CLOSED, "sh", *way],
                capture_output=True,
                cwd="/",
                timeout=TIMEOUT,
                check=False,
                **self.popen,
            )
        except subprocess.TimeoutExpired:  # a network mount that is away
            raise EmbeddedError(f"{path} does not answer within {TIMEOUT} seconds.") from None
        return Path(os.fsdecode(done.stdout)) if done.stdout else None


def server_account(user: str | None = None) -> Account:
    """The user that servers run as: ourselves, or `user` (else REVENGE_EMBEDDED__USER, else
    nobody) when we are root, since PostgreSQL refuses to be root.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(user_name(uid), uid, os.getegid(), drops=False)
    wanted = user or os.environ.get(USER_VARIABLE) or DEFAULT_USER
    try:
        entry = pwd.getpwnam(wanted)
    except KeyError:
        raise EmbeddedError(
            f"The local servers should run as user {wanted!r}, but there is no such user. "
            f"Create it, or name another one in {USER_VARIABLE}."
        ) from None
    if entry.pw_uid == 0:
        raise EmbeddedError(
            f"The local servers cannot run as {wanted!r}: PostgreSQL refuses to be root. "
            f"Name another user in {USER_VARIABLE}."
        )
    return Account(wanted, entry.pw_uid, entry.pw_gid, drops=True)


def user_name(uid: int) -> str:
    """The name of a user, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
