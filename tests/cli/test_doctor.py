"""What `revenge doctor` says of the folders of libraries."""

import shutil
from pathlib import Path

from app.cli.doctor import _folders
from app.container import Container
from app.core.access import SYSTEM
from app.core.config import DatabaseConfig
from app.libraries.domain import LibraryInput, LibraryKind


async def test_folders_of_libraries_that_are_being_deleted_are_none(
    app: Container, tmp_path: Path
) -> None:
    """Their rows are there until a job has removed the content, without a path."""
    made = {}
    for name in ("shown", "lost", "deleted"):
        (tmp_path / name).mkdir()
        wanted = LibraryInput(name=name, folders=(str(tmp_path / name),))
        made[name] = await app.libraries.create(SYSTEM, LibraryKind.MOVIES, wanted)
    shutil.rmtree(tmp_path / "lost")
    await app.libraries.delete(SYSTEM, made["deleted"].id)
    (lost_good, lost), (shown_good, shown) = await _folders(app.config)
    assert (lost_good, shown_good) == (False, True)
    assert str(tmp_path / "lost") in lost
    assert shown == f"media folder {tmp_path / 'shown'}"


async def test_without_a_database_there_are_no_folders(app: Container) -> None:
    """The reason is said elsewhere."""
    away = app.config.model_copy(
        update={
            "database_url": "postgresql://u:p@127.0.0.1:1/d",
            "database": DatabaseConfig(connect_timeout=1),
        }
    )
    assert await _folders(away) == []
