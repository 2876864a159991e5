"""What was loaded ahead of its object is part of what is kept: it ends with what it was made of."""

import asyncio
from typing import Any

import pytest

from app.core.access import SYSTEM
from app.core.recording import Recording
from app.gql.compiled.branch import Branch
from app.gql.compiled.fragments import Table
from tests.gql.world import ADULT, World
from tests.support.api import Api
from tests.support.people import People

# With a level below, which is not loaded ahead and noted by itself.
BELOW = """id title year overview collection { name overview }
  similar(first: 5) { title genres { name } }"""
# A root that is not shared keeps the whole answer from being kept: then there are fragments alone.
WHO = "viewer { user { username } }"


@pytest.fixture
async def world(app: Any, people: People) -> World:
    """Nobody has asked for what is in it."""
    return await World.anew(app, people)


class Ahead:
    """How many edges were loaded ahead, and how many fragments were kept and taken."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loaded = self.kept = self.taken = 0
        load, put, find = Branch._load_ahead, Table.put, Table.find

        async def loading(branch: Branch, ahead: Any) -> None:
            self.loaded += 1
            await load(branch, ahead)

        def putting(table: Table, *given: Any) -> None:
            self.kept += 1
            put(table, *given)

        def finding(table: Table, entities: list[Any], recording: Recording | None) -> list[Any]:
            found = find(table, entities, recording)
            self.taken += sum(one is not None for one in found)
            return found

        monkeypatch.setattr(Branch, "_load_ahead", loading)
        monkeypatch.setattr(Table, "put", putting)
        monkeypatch.setattr(Table, "find", finding)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Ahead:
    return Ahead(monkeypatch)


async def asked(api: Api, world: World, root: str, who: Any, name: str = "Open One") -> Any:
    movie = f"movie_{world.movie_id(name).hex}"
    return (await api.run(f'{{ {root} movie(id: "{movie}") {{ {BELOW} }} }}', who))["movie"]


@pytest.mark.parametrize("root", [WHO, ""], ids=["fragments", "whole answers"])
async def test_a_write_to_what_was_loaded_ahead_ends_it(
    api: Api, world: World, ahead: Ahead, root: str
) -> None:
    app = world.app
    both = [asked(api, world, root, world.alice) for _ in range(4)]
    first, *others = await asyncio.gather(*both)  # of one object, as all wait for it at once
    assert others == [first] * 3
    assert ahead.loaded
    assert (ahead.kept, ahead.taken) != (0, 0)
    taken = ahead.taken
    assert await asked(api, world, root, world.alice) == first
    assert root == "" or ahead.taken > taken
    assert first["collection"]["overview"] is None
    async with app.db.write(SYSTEM) as tx:  # the movie stays the very same object
        await app.catalog_repository.ensure_collections(tx, {"Open Saga": "A long story."})
    changed = await asked(api, world, root, world.alice)
    assert changed["collection"]["overview"] == "A long story."


@pytest.mark.parametrize("root", [WHO, ""], ids=["fragments", "whole answers"])
async def test_of_who_may_see_less(api: Api, world: World, ahead: Ahead, root: str) -> None:
    for _ in range(3):
        world.app.cache.gap()
        assert (await asked(api, world, root, world.alice, ADULT))["title"] == ADULT
        world.app.cache.gap()
        assert await asked(api, world, root, world.child, ADULT) is None
        seen = await asked(api, world, root, world.child, "Open One")
        assert ADULT not in str(seen)
    assert ahead.loaded
