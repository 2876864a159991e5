"""What a probe holds in tests of null and lists, and the error that it meets."""

from typing import Any

import pytest

from app.core.errors import Conflict
from tests.gql.compiled.fleet import Fleet, Lower, uuid

ERROR = Conflict("Not now.")
pytestmark = pytest.mark.usefixtures("quiet")


def probing(**values: Any) -> Any:
    """A fleet whose probe has these values; a Lower is made for each that is a dict."""

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {name: made(value) for name, value in values.items()}

    return set_up


def made(value: Any) -> Any:
    if isinstance(value, dict):
        return Lower(uuid(91), {name: made(one) for name, one in value.items()})
    return [made(one) for one in value] if isinstance(value, list) else value


def lower(**values: Any) -> Lower:
    return Lower(uuid(91), values)
