"""What `revenge doctor` says of the search server."""

import pytest

from app.cli.doctor_search import _version, check_search
from app.container import Container
from app.core.access import SYSTEM
from app.search.jobs import TellSearchServer
from tests.search.typesense import TypesenseProcess
from tests.support.jobs import carry_out


async def test_without_one_postgresql_is_named(app: Container) -> None:
    [(good, told)] = await check_search(app.config)
    assert good
    assert "PostgreSQL" in told


async def test_server_version_and_indexes(app: Container, typesense: TypesenseProcess) -> None:
    (good, version), *indexes = await check_search(app.config)
    assert good
    assert "version 0.24.1; warning: 27 and later" in version
    assert all(good and "not there yet" in told for good, told in indexes)
    await carry_out(app, TellSearchServer())
    _, *indexes = await check_search(app.config)
    assert len(indexes) == 6
    assert all(good and "revenge_" in told and "not there" not in told for good, told in indexes)


async def test_a_wrong_key_and_no_answer(app: Container, typesense: TypesenseProcess) -> None:
    await app.settings.update(SYSTEM, "search.typesense.api_key", "wrong")
    [(good, told)] = await check_search(app.config)
    assert not good
    assert "search.typesense.api_key" in told
    assert "wrong" not in told
    typesense.kill()
    [(good, told)] = await check_search(app.config)
    assert not good
    assert "cannot be reached" in told


@pytest.mark.parametrize("version", ["27.0", "v29.0", "30.2.rc1"])
def test_versions_of_today(version: str) -> None:
    good, told = _version("Typesense", version)
    assert good
    assert "warning" not in told
