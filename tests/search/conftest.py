"""What tests of search begin with."""

from collections.abc import AsyncIterator

import pytest

from app.container import Container
from tests.search.asked import answering, world
from tests.search.backends import BACKENDS
from tests.search.content import stage
from tests.search.typesense import (
    TypesenseProcess,
    clear,
    configure,
    typesense,
    typesense_process,
)

__all__ = ["answering", "stage", "typesense", "typesense_process", "world"]


@pytest.fixture(params=BACKENDS)
async def preferred(request: pytest.FixtureRequest, app: Container) -> AsyncIterator[str]:
    """Which backend answers; a search server runs, and is empty."""
    if request.param == "typesense":
        process: TypesenseProcess = request.getfixturevalue("typesense_process")
        process.resume()
        await configure(app, process)
        await clear(app)
    yield request.param
    await app.outside.close()
