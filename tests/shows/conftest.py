"""Stages for scans of shows."""

from pathlib import Path
from typing import Any

import pytest

from app.container import Container
from tests.scanning.stage import Stage, StubProber


@pytest.fixture
def prober(app: Container, monkeypatch: pytest.MonkeyPatch) -> StubProber:
    """What is inside of files is what it says."""
    stub = StubProber()
    probing: Any = app.probing
    monkeypatch.setattr(probing, "_prober", stub)
    return stub


@pytest.fixture
def stage(app: Container, tmp_path: Path, prober: StubProber) -> Stage:
    """A folder to be a library; nothing looks inside its files."""
    root = tmp_path / "library"
    root.mkdir()
    return Stage(app, root)
