"""Somebody who may do everything, and a stage for scans."""

from pathlib import Path
from typing import Any

import pytest

from app.container import Container
from tests.scanning.stage import Stage, StubProber
from tests.support.people import People, Somebody


@pytest.fixture
async def admin(people: People) -> Somebody:
    return await people.admin()


@pytest.fixture
def stage(app: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A folder to be a library; nothing looks inside its files."""
    root = tmp_path / "media"
    root.mkdir()
    probing: Any = app.probing
    monkeypatch.setattr(probing, "_prober", StubProber())
    return Stage(app, root)
