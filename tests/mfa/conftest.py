"""Members with second factors."""

import pytest

from tests.mfa.member import Member
from tests.support.api import Api


@pytest.fixture
async def alice(api: Api) -> Member:
    """Somebody without a second factor."""
    return await Member.make(api)


@pytest.fixture
async def bob(api: Api) -> Member:
    """Somebody else."""
    return await Member.make(api, "bob")
