"""What is printed at fields that ask something of the caller: `@requires(access: …)`."""

import enum
from typing import Any

import strawberry
from strawberry.schema_directive import Location

from app.core.access import Access, Permission, Public

_names = {"PUBLIC": "public", **{p.name: p.value for p in Permission}}
Required: Any = strawberry.enum(  # type: ignore[call-overload]
    enum.Enum("Access", _names),
    description="The permission that a field requires.",
)
for _value in Required.__strawberry_definition__.values:
    _value.description = (
        "No permission is required, nor a sign-in."
        if _value.name == "PUBLIC"
        else f"The permission `{Permission[_value.name].value}`."
    )


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="The permission that the caller needs to select this field.",
)
class Requires:
    """Printed at every root field, and at the edges that are not for everybody."""

    access: Required


def requires(access: Access) -> Requires:
    """The directive that says so."""
    return Requires(access=Required["PUBLIC" if isinstance(access, Public) else access.name])
