"""Who reads what is said in several languages."""

from collections.abc import AsyncIterator

import pytest

from app.container import Container
from app.main import WebApp
from tests.catalog.spoken import Reader, Stage
from tests.support.people import People


@pytest.fixture
async def stage(app: Container, people: People) -> Stage:
    return await Stage.make(app, people)


@pytest.fixture(params=["compiled", "reference"])
async def reader(app: Container, request: pytest.FixtureRequest) -> AsyncIterator[Reader]:
    """Over each of the executors."""
    how = {"compiled": request.param == "compiled"}
    config = app.config.model_copy(update={"graphql": app.config.graphql.model_copy(update=how)})
    made = Reader(WebApp(config, app))
    yield made
    await made.http.aclose()
