"""The films of a generated catalogue as a scan leaves them, many at once; and its providers."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
from msgspec import structs
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.items.domain import Item, ItemId, ItemKind
from app.libraries.domain import LibraryId
from app.settings.domain import METADATA_PROVIDERS
from bench.metadata.catalogue import Catalogue
from bench.metadata.world import World

AT_ONCE: Final = 500
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


async def asked_of(app: Container, world: World, names: Sequence[str]) -> None:
    """From now on these providers are asked in the world, and no others at all."""
    for name, one in METADATA_PROVIDERS.items():
        if name not in names:
            await app.settings.update(SYSTEM, one.enabled.key, value=False)
    for key, value in world.settings(*names).items():
        await app.settings.update(SYSTEM, key, value=value)


def at_pace(app: Container, patch: pytest.MonkeyPatch, rate: float, burst: float) -> None:
    """Every provider lets itself be asked so often, by whoever is made for a question too."""
    patch.setattr(app.provider_chain, "_fresh", {})  # those of other tests have their own pace
    for link in app.provider_chain.all:
        spec = structs.replace(link.asking.spec, rate=rate, burst=burst)
        patch.setattr(type(link.provider), "spec", spec)
        patch.setattr(link.asking, "spec", spec)


async def seed(app: Container, library_id: LibraryId, made: Catalogue) -> Mapping[ItemId, int]:
    """All films of the catalogue by their names alone; answers their numbers."""
    numbers = {ItemId(new_id()): number for number in range(made.films)}
    ids = list(numbers)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        async with app.db.write(SYSTEM) as tx:
            added = app.clock.now()
            items = [
                Item(id=one, kind=ItemKind.MOVIE, library_id=library_id, added_at=added)
                for one in some
            ]
            await app.item_repository.add(tx, items)
            await app.movie_repository.add(tx, [_row(one, numbers[one], made) for one in some])
    return numbers


def _row(item_id: ItemId, number: int, made: Catalogue) -> dict[str, object]:
    title = made.named(number).en
    return {
        "id": item_id,
        "title": title,
        "sort_title": title,
        "title_key": title.casefold(),
        "title_from": "name",
        "year": made.year(number),
    }


async def later(app: Container) -> int:
    """As much time has passed as those wait for who were not answered; says how many they are."""
    statement = (
        "with waiting as (update item_metadata set due_at = now() - interval '1 minute'"
        " where state in ('failing', 'partial') returning 1) select count(*) from waiting"
    )
    async with app.db.write(SYSTEM) as tx:
        return int((await tx.execute(text(statement))).scalar_one())


@contextlib.asynccontextmanager
async def sampled() -> AsyncIterator[list[int]]:
    """The memory of this process, second by second."""
    found = [memory()]

    async def look() -> None:
        while True:
            await asyncio.sleep(1)
            found.append(memory())

    looking = asyncio.create_task(look())
    try:
        yield found
    finally:
        looking.cancel()
        await asyncio.wait([looking])
        found.append(memory())


def memory() -> int:
    """Bytes that this process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
