"""Whole answers that are kept: for whom, for how long, and what a hit still asks."""

import time

from app.container import Container
from app.core.access import Permission
from app.gql.limits import Totals
from app.gql.responses import Responses, Told
from tests.apikeys.keys import mint, user_of
from tests.conftest import wait_until
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


async def test_an_answer_that_would_push_out_many_others_is_not_kept(app: Container) -> None:
    await wait_until(lambda: app.cache.trusted)
    responses = Responses(app.cache, 80_000, app.metrics)
    recording = app.cache.recording()
    recording.note(["items"], time.monotonic() + 60)
    told = Told(Totals(), frozenset())
    responses.put((b"large",), b"1" * 10_001, recording, told)
    responses.put((b"small",), b"1" * 10_000, recording, told)
    assert not responses.knows(b"large")
    assert responses.knows(b"small")
