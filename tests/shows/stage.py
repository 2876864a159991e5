"""A viewer in front of shows, with a clock that is moved."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from app.container import Container
from app.core.clock import SteppedClock
from tests.support.api import Api
from tests.support.library import Shelf, Shelves
from tests.support.people import People, Somebody
from tests.support.series import Made, Series, add_series

UPDATE = """mutation($id: ID!, $position: Float!) {
  updateProgress(id: $id, position: $position) { position duration completed } }"""
MARK = "mutation($id: ID!) { markWatched(id: $id) { __typename id title } }"
UNMARK = "mutation($id: ID!) { markUnwatched(id: $id) { __typename id } }"
REMOVE = "mutation($id: ID!) { removeProgress(id: $id) { __typename id } }"
LISTED = """query($first: Int! = 100, $after: String) { %s(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { __typename id title progress { position } } } }"""
SHOW = """query($id: ID!) { show(id: $id) { nextEpisode { title }
  watchStats { episodes watched started lastWatchedAt }
  seasons { number watchStats { episodes watched started } } } }"""


@dataclass
class Sofa:
    """Who watches, and what there is. Episodes take 1800 seconds."""

    api: Api
    app: Container
    people: People
    shelves: Shelves
    shelf: Shelf
    who: Somebody
    clock: SteppedClock

    @classmethod
    async def make(
        cls, api: Api, app: Container, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> "Sofa":
        clock = SteppedClock(app.clock.now())
        for owner, name in ((app.watch, "_clock"), (app, "clock")):
            monkeypatch.setattr(owner, name, clock)
        shelves = Shelves(app)
        shelf = await shelves.library("Television")
        return cls(api, app, people, shelves, shelf, await people.admin(), clock)

    @property
    def today(self) -> date:
        """The day that the clock shows."""
        return self.clock.now().date()

    async def add(self, *series: Series, to: Shelf | None = None) -> list[Made]:
        return await add_series(self.app, to or self.shelf, series)

    async def _does(self, query: str, ref: str, **given: Any) -> Any:
        self.clock.advance(timedelta(minutes=1))
        (answer,) = (await self.api.run(query, self.who, id=ref, **given)).values()
        return answer

    async def begin(self, ref: str, position: float = 900) -> Any:
        return await self._does(UPDATE, ref, position=position)

    async def finish(self, ref: str) -> Any:
        return await self._does(UPDATE, ref, position=1800)

    async def mark(self, ref: str) -> Any:
        return await self._does(MARK, ref)

    async def unmark(self, ref: str) -> Any:
        return await self._does(UNMARK, ref)

    async def listed(self, name: str, who: Somebody | None = None) -> list[str]:
        """Titles of a list, which counts what it lists."""
        found = (await self.api.run(LISTED % name, who or self.who))[name]
        assert found["totalCount"] == len(found["nodes"])
        return [node["title"] for node in found["nodes"]]

    async def show(self, made: Made, who: Somebody | None = None) -> Any:
        return (await self.api.run(SHOW, who or self.who, id=made.ref))["show"]

    async def upcoming(self, made: Made) -> str | None:
        """The title of what is next in a show."""
        found = (await self.show(made))["nextEpisode"]
        return found and str(found["title"])
