"""What the resolver of a root field is handed, as Strawberry makes it."""

from typing import Any

from msgspec import Struct

from app.gql.compiled.sources import RootField
from app.gql.info import Info


class _Raw(Struct, frozen=True):
    """As much of graphql-core's info as a root field's resolver looks at."""

    context: Any


def info_of(source: RootField, context: Any) -> Info:
    """The info of a root field in this context."""
    raw: Any = _Raw(context)
    return Info(_raw_info=raw, _field=source.field)
