"""Who is told of a change finds it: on both backends, with workers as they run, within two seconds.

In between others search, too: what is kept of their answers hides nothing.
"""

import asyncio
import time
from typing import Any, Final
from uuid import UUID

import pytest

from app.container import Container
from app.core.ids import encode_id
from app.core.jobs import Queue
from app.main import WebApp
from app.search.jobs import TellSearchServer
from tests.gql.listening import audience, heard
from tests.search.index import index
from tests.support.api import Api
from tests.support.jobs import carry_out
from tests.support.library import Shelves, films
from tests.support.people import People, Somebody
from tests.support.sockets import AsgiSocket
from tests.workers.kinds import working

FOUND_IN: Final = 2.0  # seconds from the commit on
TURNS: Final = 8
EDIT: Final = """mutation($id: ID!, $title: String!) {
  editMovie(id: $id, input: {title: $title}) { id } }"""
SEARCH: Final = """query($text: String!) {
  search(query: $text, kinds: [MOVIE], first: 3) { nodes { ... on Movie { id title } } } }"""
pytestmark = [pytest.mark.alone, pytest.mark.uncounted]


class Client:
    """Somebody who listens over a socket, and searches over it when they are told of a change."""

    def __init__(self, socket: AsgiSocket) -> None:
        self._socket, self._asked = socket, 0

    async def told(self, ref: str) -> None:
        """Until a change of this film is told."""
        async with asyncio.timeout(10):
            while True:
                said = await self._socket.receive(10)
                if (said["type"], said["id"]) == ("next", "of-0") and ref in _updated(said):
                    return

    async def finds(self, text: str) -> list[dict[str, Any]]:
        """What a search finds."""
        self._asked += 1
        name, found = f"search-{self._asked}", []
        self._socket.subscribe(name, SEARCH, text=text)
        while (said := await self._socket.receive(10))["type"] != "complete":
            if said["id"] == name:
                found = said["payload"]["data"]["search"]["nodes"]
        return found


def _updated(said: Any) -> list[str]:
    found: list[str] = said["payload"]["data"]["libraryChanged"]["updated"]
    return found


async def until_found(client: Client, text: str, ref: str, since: float) -> float:
    """Seconds from then on until a search finds the film by its new title."""
    while True:
        if {"id": ref, "title": text} in await client.finds(text):
            return time.perf_counter() - since
        assert time.perf_counter() - since < FOUND_IN, "it is not found"
        await asyncio.sleep(0.01)


async def renamed(api: Api, admin: Somebody, movie: UUID, title: str) -> float:
    """Give a film another title; when that was committed."""
    await api.run(EDIT, admin, id=encode_id("movie", movie), title=title)
    return time.perf_counter()


async def test_a_change_is_told_and_found(
    app: Container, web: WebApp, api: Api, people: People, preferred: str
) -> None:
    shelves, admin = Shelves(app), await people.admin()
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, films(300))
    await index(app)
    if preferred == "typesense":
        assert await carry_out(app, TellSearchServer()) == "completed"
    took = []
    async with working(app, *Queue), audience(web.asgi(), [admin]) as (socket,):
        await heard(app, 1)
        client = Client(socket)
        for turn, movie in enumerate(shelf.movies[:TURNS]):
            ref, title = encode_id("movie", movie), f"Zardoz the {turn + 1}th"
            assert {"id": ref, "title": title} not in await client.finds(title)
            since = await renamed(api, admin, movie, title)
            await client.told(ref)
            took.append(await until_found(client, title, ref, since))
    print(f"{preferred}: found {min(took):.2f} to {max(took):.2f} s after the commit")
    assert max(took) < FOUND_IN
