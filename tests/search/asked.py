"""What tests ask of search over HTTP, and what they ask it of."""

from collections.abc import Callable
from typing import Any

import pytest

from app.container import Container
from tests.gql.world import World
from tests.support.api import Api
from tests.support.people import People, Somebody

RESULTS = """
query($text: String!, $kinds: [SearchKind!], $filter: SearchFilter, $sort: SearchSort! = RELEVANCE,
      $descending: Boolean, $first: Int! = 20, $after: String) {
  search(query: $text, kinds: $kinds, filter: $filter, sort: $sort, descending: $descending,
         first: $first, after: $after) {
    edges {
      cursor score highlights { field text ranges { start end } }
      node { ... on MediaItem { id title } ... on Person { id name } ... on User { id username } }
    }
    nodes { __typename ... on Node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount suggestion
    facets(names: [GENRE, LIBRARY, YEAR]) { name values { value label count } }
  }
}
"""
PALETTE = """
query($prefix: String!, $kinds: [SearchKind!]) {
  autocomplete(prefix: $prefix, kinds: $kinds, limit: 5) {
    id kind title year artwork(kind: POSTER, width: 92, first: 1) { url }
    node { __typename ... on MediaItem { addedAt } ... on Person { department } }
  }
}
"""
COUNTED = """
query($filter: SearchFilter, $kinds: [SearchKind!], $names: [SearchFacet!]) {
  searchFacets(filter: $filter, kinds: $kinds, names: $names) { name values { value label count } }
}
"""


Answering = Callable[..., None]


@pytest.fixture
def answering(app: Container, monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Has these backends answer, in this order."""
    return lambda *backends: monkeypatch.setattr(app, "search_backends", backends)


@pytest.fixture
async def world(app: Container, people: People) -> World:
    return await World.make(app, people)


async def found(api: Api, who: Somebody, text: str, **given: Any) -> dict[str, Any]:
    data = await api.run(RESULTS, who, text=text, **given)
    result: dict[str, Any] = data["search"]
    return result


def ids(result: dict[str, Any]) -> list[str]:
    return [node["id"] for node in result["nodes"]]
