"""The end of `revenge up`'s start: a first library, its scan, and what a newcomer needs to know."""

import asyncio
from pathlib import Path
from typing import Final

import click

from app.auth.service import password_file
from app.cli.chores import find_library, follow, opened, summary
from app.cli.local import address
from app.container import Container
from app.core.access import EVERYTHING
from app.core.config import Config
from app.core.errors import AppError
from app.core.page import Keyset
from app.libraries.domain import LibraryId, LibraryKind, ScanKind

SAMPLES: Final = "samples"


def greet(config: Config, media: Path | None, *, kind: LibraryKind | None, samples: bool) -> int:
    """Add and scan the media folder, or sample films where there is no library; then say where."""
    return asyncio.run(_greet(config, media, kind, samples=samples))


async def _greet(
    config: Config, media: Path | None, kind: LibraryKind | None, *, samples: bool
) -> int:
    code = 0
    lines: list[str] = []
    async with opened(config) as container:
        try:
            folder = media or await _sample_folder(container, config, samples=samples)
            if folder is not None:
                lines.append(await _scan(container, folder, kind))
            else:
                lines += await _libraries(container)
        except AppError as error:
            click.echo(f"revenge: {error}", err=True)
            code = 1
    _say(config, lines)
    return code


async def _sample_folder(container: Container, config: Config, *, samples: bool) -> Path | None:
    if not samples or await container.library_repository.count(EVERYTHING):
        return None
    from app.media.service.samples import write_samples

    click.echo("There is no library yet: making a few sample films …")
    folder = config.data / SAMPLES
    folder.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(write_samples, folder)
    return folder


async def _scan(container: Container, folder: Path, kind: LibraryKind | None) -> str:
    library = await find_library(container, folder, kind)
    assert library is not None, "a folder always gives a library"  # noqa: S101
    return summary(library, await follow(container, library, ScanKind.INCREMENTAL))


async def _libraries(container: Container) -> list[str]:
    page = await container.library_repository.page(EVERYTHING, Keyset(20))
    ids = [LibraryId(i) for i in page.ids]
    found = await container.library_repository.by_ids(EVERYTHING, ids)
    scans = await container.scan_repository.latest(ids)
    return [
        summary(found[i], scans[i]) if i in scans else f"{found[i].name}: not scanned yet."
        for i in ids
        if i in found
    ]


def _say(config: Config, lines: list[str]) -> None:
    where = address(config.server)
    click.echo("")
    for line in lines:
        click.echo(f"  {line}")
    click.echo(f"  GraphQL      {where}/graphql")
    if config.graphql.playground:
        click.echo(f"  Playground   {where}/graphql   (open it in a browser)")
    secret = password_file(config.data)
    if secret.exists():
        for line in secret.read_text(encoding="utf-8").splitlines():
            click.echo(f"  {line}")
        click.echo(f"  (one-time password, also in {secret}; change it with changePassword)")
    click.echo("  Stop with Ctrl-C.")
    click.echo("")
