"""The providers' servers, once for all tests of a file, and our providers that ask them."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from app.metadata.providers import PROVIDERS
from app.metadata.providers.asking import Asking
from app.settings.domain import Values
from bench.metadata.world import World, world_servers
from tests.support.providers import asked_by

FILMS, SHOWS = 120, 12
QUICK = 1000.0
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with world_servers(FILMS, SHOWS) as made:
        yield made


@pytest.fixture
async def ask(world: World, tmp_path: Path) -> AsyncIterator[Ask]:
    """A provider of ours by name, that asks there as often as it likes."""
    async with asked_by(Values(world.settings()), str(tmp_path)) as needs:
        by_name = {made.spec.name: made for made in PROVIDERS}

        def made(name: str, rate: float = QUICK, burst: float = QUICK, **more: Any) -> Any:
            spec = structs.replace(by_name[name].spec, rate=rate, burst=burst, **more)
            return by_name[name](Asking(spec, needs))

        yield made
