"""Fragments: encoded parts of answers, taken again as long as they are right."""

from tests.gql.world import World
from tests.support.api import Api


async def test_a_variable_that_is_null_is_not_one_that_is_absent(api: Api, world: World) -> None:
    document = """query($n: Int) { movies(first: 2) { nodes {
        id title year overview cast(first: $n) { character } } } }"""
    for _ in range(3):
        assert (await api.run(document, world.alice))["movies"]["nodes"][0]["cast"]
    error = await api.fails(document, world.alice, n=None)
    assert "non-null" in error.message
