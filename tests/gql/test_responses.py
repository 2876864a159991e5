"""Whole answers that are kept: for whom, for how long, and what a hit still asks."""

from app.container import Container
from app.core.access import Permission
from tests.apikeys.keys import mint, user_of
from tests.gql.world import World
from tests.support.api import Api
from tests.support.people import People

MOVIES = "{ movies(first: 3) { nodes { title } } }"


async def test_access_is_required_when_an_answer_is_made_to_be_kept(
    app: Container, api: Api, people: People, world: World
) -> None:
    key = user_of(await mint(app, people, world.alice, [Permission.LIBRARIES_LIST]))
    for _ in range(4):
        error = await api.fails(MOVIES, key)
        assert error.code == "FORBIDDEN"
