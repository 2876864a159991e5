"""The playground's page and its assets, all of them our own copies."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute


def playground_page(enabled: bool) -> Callable[[Request], Awaitable[Response]]:  # noqa: FBT001
    """Answers GET on `/graphql`: the page for browsers, 405 for programs."""

    async def page(_: Request) -> Response:
        return _not_allowed()

    return page


def routes() -> list[BaseRoute]:
    """The page's assets."""
    return []


def _not_allowed() -> Response:
    message = "Send GraphQL operations with POST."
    return JSONResponse(
        {"errors": [{"message": message, "extensions": {"code": "INVALID"}}]},
        405,
        {"allow": "POST"},
    )
