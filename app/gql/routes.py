"""Plain routes: who may ask, and failures as the same typed JSON.

Every endpoint states its access, as root fields do: `guarded` or `public`.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.core.access import PUBLIC, Access, Permission, Viewer
from app.core.blobs import BlobTooLarge
from app.core.errors import AppError, Code
from app.core.pictures import BadPicture
from app.gql.errors import plain

STATUS: Final[Mapping[Code, int]] = MappingProxyType(
    {
        Code.UNAUTHENTICATED: 401,
        Code.REAUTHENTICATE: 403,
        Code.FORBIDDEN: 403,
        Code.NOT_FOUND: 404,
        Code.INVALID: 400,
        Code.CONFLICT: 409,
        Code.TOO_COMPLEX: 400,
        Code.RATE_LIMITED: 429,
        Code.TIMEOUT: 408,
        Code.UNAVAILABLE: 503,
        Code.INTERNAL: 500,
    }
)
Handler = Callable[[Request, Viewer], Awaitable[Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Identify(Protocol):
    """Who asks by a plain request; the application knows.

    `writes`: a session cookie is only good with what shows that a page of ours asks. Raises
    Forbidden, Invalid or Unavailable.
    """

    async def __call__(self, request: Request, *, writes: bool) -> Viewer: ...


def guarded(
    handler: Handler, identify: Identify, *, access: Permission, writes: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a route: finds out who asks and whether they may, and answers expected
    failures as JSON.
    """

    async def endpoint(request: Request) -> Response:
        try:
            viewer = await identify(request, writes=writes)
            viewer.require(access)
            return await handler(request, viewer)
        except AppError as error:
            return problem(error)

    endpoint.access = access  # type: ignore[attr-defined]
    return endpoint


def public(endpoint: Endpoint) -> Endpoint:
    """State that anybody may call an endpoint, or that what it leads to checks by itself."""
    endpoint.access = PUBLIC  # type: ignore[attr-defined]
    return endpoint


def access_of(route: BaseRoute) -> Access | None:
    """What the endpoint of a route has stated; None for nothing."""
    found: Access | None = getattr(getattr(route, "endpoint", None), "access", None)
    return found


def problem(error: AppError) -> Response:
    """A failure as GraphQL would tell it, with the status of HTTP that fits it best."""
    headers = {"cache-control": "no-store"}
    if error.retry_after is not None:
        headers["retry-after"] = str(max(1, round(error.retry_after)))
    body = orjson.dumps({"errors": [plain(error)]})
    return Response(body, _status(error), headers, "application/json; charset=utf-8")


def _status(error: AppError) -> int:
    if isinstance(error, BlobTooLarge):
        return 413
    if isinstance(error, BadPicture):
        return 415
    return STATUS[error.code]
