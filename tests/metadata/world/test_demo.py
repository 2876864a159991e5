"""The demonstration, as `make demo-metadata` runs it: nothing of a library is short of anything."""

import pytest

from bench.metadata.catalogue import Catalogue
from bench.metadata.demo import run


@pytest.mark.uncounted
@pytest.mark.timeout(400)
async def test_a_library_gets_all_that_its_providers_have() -> None:
    """Matched, in two languages, with people, ratings of three sources, pictures."""
    assert await run(Catalogue(3, 1), 300)
