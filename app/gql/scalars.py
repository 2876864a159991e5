"""Custom scalars, each with its wire form in the description."""

import contextlib
from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

BigInt = NewType("BigInt", int)


def _parse_big(value: Any) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    if number is None and isinstance(value, str) and len(value) <= 20:
        digits = value.removeprefix("-")
        number = int(value) if digits.isascii() and digits.isdigit() else None
    if number is None or not -(2**63) <= number < 2**63:
        raise GraphQLError("BigInt takes a whole number of at most 64 bits.")
    return number


def _serialize_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parse_time(value: Any) -> datetime:
    parsed = None
    if isinstance(value, str) and len(value) <= 40:
        with contextlib.suppress(ValueError):
            parsed = datetime.fromisoformat(value)
    if parsed is None or parsed.tzinfo is None or not 1 < parsed.year < 9999:
        raise GraphQLError("DateTime takes RFC 3339 with an offset, such as 2026-01-31T12:00:00Z.")
    return parsed.astimezone(UTC)


SCALARS: dict[object, Any] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A 64-bit integer, sent as a JSON number.",
        serialize=int,
        parse_value=_parse_big,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A date and time in UTC (RFC 3339), such as `2026-01-31T12:00:00.000Z`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=_serialize_time,
        parse_value=_parse_time,
    ),
}
