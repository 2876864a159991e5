"""graphql-ws against a deployment: who is told of a change searches, and finds it."""

import asyncio
import time
from typing import Final

import pytest

from app.core.ids import encode_id
from tests.clients.conftest import Deployment, Node
from tests.support.library import Film, Shelves

FOLLOW: Final = "subscription($id: ID!) { libraryChanged(libraryId: $id) { updated } }"
EDIT: Final = """mutation($id: ID!, $title: String!) {
  editMovie(id: $id, input: {title: $title}) { id } }"""
SEARCH: Final = """query($text: String!) {
  search(query: $text, kinds: [MOVIE], first: 3) { nodes { ... on Movie { id title } } } }"""
FOUND_IN: Final = 2.0  # seconds from the commit on
pytestmark = pytest.mark.node


async def test_a_change_that_is_told_is_found(deployment: Deployment, node: Node) -> None:
    admin, shelves = await deployment.people.admin(), Shelves(deployment.app)
    shelf = await shelves.library("Searched")
    [movie] = await shelves.fill(shelf, [Film("Alien")])
    writing, asking = deployment.addresses
    client = await node.subscribe(asking, admin, FOLLOW, id=shelf.ref)
    ref, title = encode_id("movie", movie), "Zardoz"
    while True:  # until it has subscribed, too
        await deployment.ask(writing, EDIT, admin, id=ref, title=title)
        since = time.perf_counter()
        try:
            await client.until(lambda one: "next" in one, timeout=2)
            break
        except TimeoutError:
            title += " again"
    assert client.said[-1]["next"]["data"]["libraryChanged"]["updated"] == [ref]
    while True:
        found = await deployment.ask(asking, SEARCH, admin, text=title)
        if found["search"]["nodes"][:1] == [{"id": ref, "title": title}]:
            break
        assert time.perf_counter() - since < FOUND_IN
        await asyncio.sleep(0.02)
