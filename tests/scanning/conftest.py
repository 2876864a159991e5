"""Stages for scans, and the sample library."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.container import Container
from app.core.jobs.declare import Queue
from app.media.service.samples import write_samples
from tests.scanning.stage import Stage, StubProber
from workers.main import WorkerProcess


@pytest.fixture(scope="session")
async def samples() -> AsyncIterator[Path]:
    """The sample library's files; they are read only."""
    with tempfile.TemporaryDirectory(prefix="revenge-samples-") as folder:
        await asyncio.to_thread(write_samples, Path(folder))
        yield Path(folder)


@pytest.fixture
def stage(app: Container, tmp_path: Path) -> Stage:
    """A folder to be a library."""
    root = tmp_path / "library"
    root.mkdir()
    return Stage(app, root)


@pytest.fixture
def prober(app: Container, monkeypatch: pytest.MonkeyPatch) -> StubProber:
    """No look inside files; what would be looked into is counted."""
    stub = StubProber()
    probing: Any = app.probing
    monkeypatch.setattr(probing, "_prober", stub)
    return stub


@pytest.fixture
async def worker(app: Container) -> AsyncIterator[WorkerProcess]:
    """A worker for all queues."""
    process = WorkerProcess(app, tuple(Queue))
    await process.start()
    yield process
    await process.stop()
