"""The activity log as a file, for administrators and their programs."""

import contextlib
import csv
import io
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from app.activity.domain import Activity, Asked
from app.activity.service import ActivityLog
from app.core.access import Permission, Viewer
from app.core.errors import AppError, Invalid
from app.core.ids import encode_id
from app.gql.routes import Identify, guarded

FIELDS: Final = (
    "id",
    "at",
    "action",
    "actorId",
    "actorName",
    "apiKeyId",
    "resourceType",
    "resourceId",
    "changes",
    "address",
    "agent",
    "success",
    "problem",
)
FORMATS: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
PARAMETERS: Final = frozenset(
    {"format", "userId", "action", "resourceType", "resourceId", "success", "address"}
    | {"since", "until"}
)
# What a spreadsheet takes for a formula: names and agents come from anybody.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Logged(Protocol):
    """What the route needs of the application."""

    activity: ActivityLog


class _Export(StreamingResponse):
    """An answer that is cut off when it cannot be finished, so that nobody takes it for whole."""

    async def stream_response(self, send: Send) -> None:
        with contextlib.suppress(AppError):
            await super().stream_response(send)


def routes(app: Logged, identify: Identify) -> list[Route]:
    """`GET /activity/export`, with the credentials of `/graphql`."""

    async def export(request: Request, viewer: Viewer) -> Response:
        format_, wanted = _asked(request.query_params)
        entries = app.activity.export(viewer, wanted.checked())
        first: list[Activity] = await anext(entries, [])

        async def body() -> AsyncGenerator[bytes, None]:
            yield WRITERS[format_]([], head=True)
            yield WRITERS[format_](first)
            async for chunk in entries:
                asks = await identify(request, writes=False)
                asks.require(Permission.AUDIT_EXPORT)  # it may be revoked by now
                yield WRITERS[format_](chunk)

        name = f"activity-{datetime.now(UTC):%Y%m%d-%H%M%S}.{format_}"
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{name}"',
        }
        return _Export(body(), 200, headers, FORMATS[format_])

    endpoint = guarded(export, identify, access=Permission.AUDIT_EXPORT)
    return [Route("/activity/export", endpoint, methods=["GET"])]


def _asked(given: QueryParams) -> tuple[str, Asked]:
    """The format and the filter in a query string. Raises Invalid."""
    if unknown := set(given) - PARAMETERS:
        raise Invalid(f"There is no parameter {min(unknown)[:100]!r}.", field=min(unknown)[:100])
    format_ = given.get("format", "ndjson")
    if format_ not in FORMATS:
        raise Invalid("format is csv or ndjson.", field="format")
    success = given.get("success")
    if success not in (None, "true", "false"):
        raise Invalid("success is true or false.", field="success")
    return format_, Asked(
        user_id=given.get("userId"),
        actions=tuple(given.getlist("action")) or None,
        resource_type=given.get("resourceType"),
        resource_id=given.get("resourceId"),
        success=None if success is None else success == "true",
        address=given.get("address"),
        since=_time(given, "since"),
        until=_time(given, "until"),
    )


def _time(given: QueryParams, name: str) -> datetime | None:
    text = given.get(name)
    if text is None:
        return None
    with contextlib.suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(text[:40])
        if found.tzinfo is not None and 1 < found.year < 9999:
            return found.astimezone(UTC)
    raise Invalid(f"{name} is a time with an offset, such as 2026-01-31T12:00:00Z.", field=name)


def _fields(entry: Activity) -> tuple[Any, ...]:
    """In the order of FIELDS, ids as the API writes them."""
    return (
        encode_id("activity", entry.id),
        entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        entry.action,
        None if entry.actor_id is None else encode_id("user", entry.actor_id),
        entry.actor_name,
        entry.api_key_ref,
        entry.resource_type,
        entry.resource_ref,
        entry.changes,
        entry.address,
        entry.agent,
        entry.success,
        entry.problem,
    )


def _ndjson(entries: Sequence[Activity], *, head: bool = False) -> bytes:  # noqa: ARG001
    lines = (dict(zip(FIELDS, _fields(entry), strict=True)) for entry in entries)
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def _csv(entries: Sequence[Activity], *, head: bool = False) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    if head:
        writer.writerow(FIELDS)
    writer.writerows([_cell(value) for value in _fields(entry)] for entry in entries)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """A value as a spreadsheet may open it: a text that would be a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    cell = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


WRITERS: Final = {"csv": _csv, "ndjson": _ndjson}
