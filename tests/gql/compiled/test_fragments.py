"""Fragments: encoded parts of answers, taken again as long as they are right."""

import gc

from graphql import Source

from tests.conftest import wait_until
from tests.gql.world import World
from tests.support.api import Api


async def test_a_variable_that_is_null_is_not_one_that_is_absent(api: Api, world: World) -> None:
    document = """query($n: Int) { movies(first: 2) { nodes {
        id title year overview cast(first: $n) { character } } } }"""
    for _ in range(3):
        assert (await api.run(document, world.alice))["movies"]["nodes"][0]["cast"]
    error = await api.fails(document, world.alice, n=None)
    assert "non-null" in error.message


async def test_fragments_hold_no_document(api: Api, world: World) -> None:
    """What is asked once must not stay when its document gives way."""
    document = "query Q%d { movies(first: 2) { nodes { id title year overview library { id } } } }"
    documents = api.web.executor.documents
    kept = len(documents)
    await wait_until(lambda: api.app.cache.trusted)
    for number in range(20):
        assert await api.run(document % number, world.alice)
    assert len(documents) >= kept + 20
    documents._kept.clear()
    gc.collect()
    sources = [one for one in gc.get_objects() if isinstance(one, Source)]
    assert not [one for one in sources if one.body.startswith("query Q1")]
