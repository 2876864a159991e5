"""A private folder for a unix socket: in the state folder, or elsewhere when that is too deep."""

import os
import re
import stat
import tempfile
from pathlib import Path

from app.core.embedded.account import Account
from app.core.embedded.errors import EmbeddedError
from app.core.embedded.state import StateFolder

PATH_LIMIT = 107  # bytes in sockaddr_un, less the closing zero
SOCKET = ".s.PGSQL.5432"
# Drivers split a list of hosts at commas and ports at colons; anything unusual goes elsewhere too.
PLAIN = re.compile(r"[A-Za-z0-9/._+@~ -]+")
REMEMBERED = "socket-folder"


def socket_folder(state: StateFolder) -> Path:
    """The 0700 folder of the socket, the same at every start unless somebody removed it.

    Raises EmbeddedError when there is no place for one.
    """
    inside = state.path / "run"
    if PLAIN.fullmatch(str(inside)) and len(os.fsencode(inside / SOCKET)) <= PATH_LIMIT:
        return state.private_folder("run")
    # With the state folder it was made for: a copy of that must not share the socket.
    home = f"{state.path}\n{state.path.stat().st_ino}"
    remembered, _, made_for = (state.read(REMEMBERED) or "").partition("\n")
    if made_for == home and _is_private(Path(remembered), state.account):
        return Path(remembered)
    folder = _make(state.account)
    state.write(REMEMBERED, f"{folder}\n{home}\n")
    return folder


def _is_private(folder: Path, account: Account) -> bool:
    """Whether nobody has put another folder, or a link to one, in its place."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and stat.S_IMODE(status.st_mode) == 0o700
        and status.st_uid == account.uid
    )


def _make(account: Account) -> Path:
    places = [] if account.drops else [os.environ.get("XDG_RUNTIME_DIR", "")]
    for place in filter(None, [*places, "/run", "/tmp"]):  # noqa: S108 - mkdtemp is safe there
        try:
            folder = Path(tempfile.mkdtemp(prefix="revenge-", dir=place))
        except OSError:
            continue
        if len(os.fsencode(folder / SOCKET)) <= PATH_LIMIT and PLAIN.fullmatch(str(folder)):
            if account.drops:
                os.chown(folder, account.uid, account.gid)
            if account.closed_parent(folder) is None:
                return folder
        folder.rmdir()
    raise EmbeddedError(
        "The path of the state folder is too long for a unix socket, and neither /run nor /tmp "
        "takes a folder for it. Choose a state folder with a shorter path."
    )
