"""Searches over HTTP, as a palette and a page of results ask them."""

from typing import Any

import pytest

from app.container import Container
from tests.gql.world import World
from tests.support.api import Api
from tests.support.people import People
from tests.support.kept import begin_with

RESULTS = """
query($query: String!, $kinds: [SearchKind!], $filter: SearchFilter, $sort: SearchSort! = RELEVANCE,
      $descending: Boolean, $first: Int! = 20, $after: String) {
  search(query: $query, kinds: $kinds, filter: $filter, sort: $sort, descending: $descending,
         first: $first, after: $after) {
    edges {
      cursor score highlights { field text ranges { start end } }
      node { __typename ... on MediaItem { id title } ... on Person { id name } ... on User { id username } }
    }
    nodes { __typename ... on Node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount suggestion
    facets(names: [GENRE, LIBRARY, YEAR]) { name values { value label count } }
  }
}
"""


@pytest.fixture
async def world(app: Container, people: People) -> World:
    made = await World.make(app, people)
    return made


async def test_try(api: Api, world: World) -> None:
    import pprint

    pprint.pprint(await api.send(RESULTS, {"query": "open"}, world.alice))
    pprint.pprint(
        await api.send(
            '{ autocomplete(prefix: "op") { id kind title year artwork(first: 1) { url } node { __typename } } searchFacets { name values {value label count}} }',
            {},
            world.alice,
        )
    )
    pprint.pprint(
        await api.send(
            "mutation { reindex(kinds: [MOVIE]) { id kind state queue } }", {}, world.admin
        )
    )
    await api.send(RESULTS, {"query": "nothinglikethis"}, world.alice)
    await app_note(world)
    pprint.pprint(
        await api.send(
            "{ zeroResultQueries { totalCount nodes { query times lastAt } } }", {}, world.admin
        )
    )
    assert False


async def app_note(world):
    await world.app.searching.note_misses()
