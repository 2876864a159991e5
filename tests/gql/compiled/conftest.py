"""What tests of plans share: a harbour for each module, and quiet where errors are meant."""

import logging

import pytest

from tests.gql.compiled.harbour import Harbour


@pytest.fixture(scope="module")
def harbour() -> Harbour:
    return Harbour()


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1, logger="app.gql.errors")
