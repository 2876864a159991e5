"""Enumerations as the schema shows them: every value is described."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry


def expose(
    cls: type[Enum], description: str, values: Mapping[Any, str], *, name: str | None = None
) -> None:
    """Make an enumeration of the domain one of the schema. Raises KeyError for a value left out."""
    made: Any = strawberry.enum(cls, name=name or cls.__name__, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = values[cls[value.name]]
