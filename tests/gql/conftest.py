"""A world to ask about."""

import pytest

from app.container import Container
from tests.gql.world import World
from tests.support.people import People


@pytest.fixture
async def world(app: Container, people: People) -> World:
    """Libraries, movies and people."""
    return await World.make(app, people)
