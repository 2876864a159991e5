"""A gallery for every test that wants one."""

from collections.abc import AsyncIterator

import pytest

from app.container import Container
from tests.images.gallery import Gallery, opened, three_films
from tests.support.api import Api


@pytest.fixture
async def gallery(app: Container, api: Api) -> AsyncIterator[Gallery]:
    """Films with pictures of a server on loopback."""
    async with opened(app, api, await three_films(app)) as made:
        yield made
