"""Commands that do one thing and end."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from app.cli.preflight import check_database, check_servers, migrated
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.config import Config, ConfigError
from app.core.errors import Conflict
from app.core.keys import NotResealed, make_key, read_keys, write_keys
from app.core.page import Keyset
from app.libraries.domain import (
    Library,
    LibraryId,
    LibraryInput,
    LibraryKind,
    Scan,
    ScanKind,
    ScanState,
    ScanUnderWay,
)
from app.scanning.service.kinds import detected_kind

T = TypeVar("T")


@contextlib.asynccontextmanager
async def opened(config: Config) -> AsyncIterator[Container]:
    """The application, without API or workers."""
    container = Container(config)
    await check_servers(config)
    await container.open()
    try:
        yield container
    finally:
        await container.close()


def within(config: Config, chore: Callable[[Container], Awaitable[T]]) -> T:
    """Do one thing with the application."""

    async def main() -> T:
        async with opened(config) as container:
            return await chore(container)

    return asyncio.run(main())


def migrate_database(config: Config) -> str:
    """Upgrade the schema; answers the revision. Raises ConfigError with a sentence."""
    if config.database_url is None:
        raise ConfigError("Set REVENGE_DATABASE_URL; `revenge up` migrates its own database.")
    return asyncio.run(_migrate(config.database_url))


async def _migrate(url: str) -> str:
    await check_database(url)
    return await migrated(url)


def new_password(config: Config, name: str) -> str:
    """A sentence with a user's new one-time password."""

    async def chore(container: Container) -> str:
        made = await container.accounts.reset_password(name)
        return f"The one-time password of {made.username} is {made.password}"

    return within(config, chore)


def without_factors(config: Config, name: str) -> str:
    """A sentence about a user whose second factors were taken away."""

    async def chore(container: Container) -> str:
        username = await container.factors.reset_by_name(name)
        return f"{username} has no second factors any more; their sessions ended."

    return within(config, chore)


def add_key(config: Config) -> str:
    """Put a new secret key before those in the data folder; says what comes next."""
    keys = read_keys(config.data)
    if config.secret_key is None or config.secret_key not in keys:
        raise ConfigError(
            "The secret key is not kept in the data folder: set REVENGE_SECRET_KEY to a new one "
            "and REVENGE_OLD_SECRET_KEYS to the old one, restart, and run `revenge rotate-key`."
        )
    write_keys(config.data, [make_key(), *keys])
    return "A new key is in place. Restart the server, then run `revenge rotate-key`."


def reseal_everything(config: Config) -> str:
    """Seal every secret with the current key; says how many, and forgets the old keys' file.

    Raises ConfigError, and keeps all keys, where some secrets could not be opened.
    """
    try:
        count = within(config, lambda container: container.reseal())
    except NotResealed as error:
        raise ConfigError(
            f"{error.done} secrets were sealed anew, but {error.left} cannot be opened with any "
            "key: the log names them. All keys are kept."
        ) from None
    keys = read_keys(config.data)
    if keys and keys[0] == config.secret_key and len(keys) > 1:
        write_keys(config.data, keys[:1])
    return f"{count} secrets were sealed anew; older keys are no longer needed."


def scan_folder(
    config: Config,
    folder: Path | None,
    name: str | None,
    *,
    kind: LibraryKind | None,
    full: bool,
) -> int:
    """Scan a library by name, or the one of this folder, made if need be; the exit code."""

    async def chore(container: Container) -> int:
        library = (
            await find_library(container, folder, kind)
            if name is None
            else await library_called(container, name)
        )
        if library is None:
            click.echo("revenge: name a folder, or a library with --library.", err=True)
            return 1
        how = ScanKind.FULL if full else ScanKind.INCREMENTAL
        scan = await follow(container, library, how)
        click.echo(summary(library, scan))
        return 0 if scan.state is ScanState.COMPLETED else 1

    return within(config, chore)


async def _libraries(container: Container) -> list[Library]:
    page = await container.library_repository.page(EVERYTHING, Keyset(100))
    ids = [LibraryId(i) for i in page.ids]
    return list((await container.library_repository.by_ids(EVERYTHING, ids)).values())


async def library_called(container: Container, name: str) -> Library | None:
    """The library of this name."""
    libraries = await _libraries(container)
    return next((lib for lib in libraries if lib.name.casefold() == name.casefold()), None)


async def find_library(
    container: Container, folder: Path | None, kind: LibraryKind | None
) -> Library | None:
    """The library of this folder; one that is in none becomes a library of this kind, or of the
    kind that the names in it tell.
    """
    if folder is None:
        return None
    libraries = await _libraries(container)
    real = os.path.realpath(folder)
    for library in libraries:
        if any(place.path == real for place in library.folders):
            return library
    taken = {library.name.casefold() for library in libraries}
    title = os.path.basename(real) or "Movies"
    names = [title, *(f"{title} {n}" for n in range(2, 100))]
    free = next(candidate for candidate in names if candidate.casefold() not in taken)
    wanted = LibraryInput(name=free[:100], folders=(real,))
    try:
        found = kind if kind is not None else await asyncio.to_thread(detected_kind, real)
    except OSError:  # whoever creates it says what is wrong with the folder
        found = LibraryKind.MOVIES
    return await container.libraries.create(SYSTEM, found, wanted)


async def follow(container: Container, library: Library, kind: ScanKind) -> Scan:
    """Start a scan, or join the one under way, and show a progress bar until it ends."""
    with contextlib.suppress(ScanUnderWay):
        await container.scanning.start(SYSTEM, library.id, kind)
    label = f"Scanning {library.name}"
    with click.progressbar(length=1000, label=label, show_eta=False) as bar:
        async for scan in container.scanning.follow(library):
            bar.update(round(scan.fraction * 1000) - bar.pos)
            if scan.state.over:
                return scan
    raise Conflict("The library was deleted while it was scanned.")


def summary(library: Library, scan: Scan) -> str:
    """One line about a scan that has ended."""
    counted: list[tuple[str, Any]] = [
        ("found", scan.found),
        ("new", scan.added),
        ("changed", scan.updated),
        ("unchanged", scan.unchanged),
        ("vanished", scan.removed),
        ("failed", scan.failed),
    ]
    numbers = ", ".join(f"{value} {name}" for name, value in counted if value or name == "found")
    took = f" in {scan.duration:.1f} s" if scan.duration is not None else ""
    return f"{library.name}: {scan.state.value}, files: {numbers}{took}."
