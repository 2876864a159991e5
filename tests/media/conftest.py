from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.media.service.prober import Prober
from app.media.service.samples import write_samples


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    write_samples(folder)
    return folder


@pytest.fixture
async def prober() -> AsyncIterator[Prober]:
    prober = Prober(2)
    yield prober
    await prober.aclose()
