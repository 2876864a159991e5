"""A world to ask about."""

import gc
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.container import Container
from app.core.clock import SteppedClock
from app.core.config import Config, GraphQLConfig
from app.core.metrics import Metrics
from app.gql.documents import Documents
from app.main import WebApp
from app.schema import NODES, node_registry
from tests.conftest import empty
from tests.gql.both import SCHEMA, Both
from tests.gql.faults import faults_everywhere
from tests.gql.listening import roomy
from tests.gql.seeded import Seeded
from tests.gql.world import World
from tests.support.api import Api
from tests.support.people import People


@pytest.fixture
async def world(app: Container, people: People) -> World:
    """Libraries, movies and people."""
    return await World.make(app, people)


def patient(config: Config) -> Config:
    """For who counts what is read: a Redis that is passed by because the machine is busy has
    nothing to show.
    """
    return config.model_copy(update={"cache": config.cache.model_copy(update={"timeout": 10})})


@pytest.fixture(scope="module")
async def both(config: Config, opened: Container, housekeeping: Any) -> AsyncIterator[Both]:
    """Both executors on a database of everything, at one moment; these tests only read."""
    await empty(housekeeping)
    app = Container(patient(config), clock=SteppedClock(datetime.now(UTC)))
    await app.open()
    api = Api(app, WebApp(app.config, app))
    with faults_everywhere(SCHEMA, NODES):
        yield Both(await Seeded.make(app, api, SCHEMA, node_registry()))
    await api.close()
    await app.close()


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What is raised on purpose is not logged; what the reference dropped is collected here, and
    not in a test that knows nothing of it.
    """
    caplog.set_level(logging.CRITICAL + 1, logger="app.gql.errors")
    yield
    gc.collect()


@pytest.fixture
def hall(app: Container) -> WebApp:
    return roomy(app)


@pytest.fixture
def asgi(hall: WebApp) -> ASGIApp:
    made: ASGIApp = hall.asgi()
    return made


@pytest.fixture
def documents() -> Documents:
    return Documents(SCHEMA, GraphQLConfig(), Metrics())
