"""Where providers send browsers back to."""

from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.core.errors import AppError, Code
from app.gql.credentials import client_of
from app.gql.routes import public
from app.oidc.domain import Callback, OidcRefused, Problem
from app.oidc.service import COOKIE_PREFIX

if TYPE_CHECKING:
    from app.container import Container

PATH: Final = "/oidc/{provider}/callback"
MOST_QUERY: Final = 16 << 10
HEADERS: Final = {"cache-control": "no-store"}
STATUS: Final = {Code.UNAVAILABLE: 503, Code.TIMEOUT: 503, Code.CONFLICT: 409}


def routes(app: "Container") -> list[Route]:
    """The callback; it is public, and good for who began alone."""

    @public
    async def callback(request: Request) -> Response:
        try:
            target = await app.oidc_flows.come_back(_read(request), client_of(request))
        except AppError as error:
            body = {"code": error.code.value, "message": error.message}
            return JSONResponse(body, STATUS.get(error.code, 400), HEADERS)
        return RedirectResponse(target, 303, HEADERS)

    return [Route(PATH, callback, methods=["GET"])]


def _read(request: Request) -> Callback:
    """The query and the bindings. Raises OidcRefused where a name stands twice: which counts?"""
    pairs = request.query_params.multi_items()
    query = dict(pairs)
    if len(query) != len(pairs) or len(request.url.query) > MOST_QUERY:
        raise OidcRefused(Problem.STATE)
    kept = request.cookies.items()
    return Callback(
        provider=request.path_params["provider"][:100],
        query=query,
        bindings=tuple(value for name, value in kept if name.startswith(COOKIE_PREFIX)),
    )
