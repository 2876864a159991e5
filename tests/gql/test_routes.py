"""Every route states its access, and it is checked before its handler runs."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from app.container import Container
from app.core.access import PUBLIC, Access, Permission, Viewer
from app.core.errors import AppError, Code, Reauthenticate
from app.gql.routes import STATUS, access_of, guarded, problem
from app.main import WebApp
from tests.conftest import make_config
from tests.support.api import Api
from tests.support.people import People

EXPECTED: dict[str, Access] = {
    "/graphql": PUBLIC,
    "/healthz": PUBLIC,
    "/readyz": PUBLIC,
    "/startupz": PUBLIC,
    "/oidc/{provider}/callback": PUBLIC,
    "/playground/{name}": PUBLIC,
    "/activity/export": Permission.AUDIT_EXPORT,
    "/uploads": Permission.PROFILE_UPDATE,
    "/avatars/{avatar}/{size}.webp": Permission.PROFILE_READ,
    "/images/{image}/{size}": PUBLIC,  # whoever has a signed address
}


def routes_of(asgi: Any) -> list[BaseRoute]:
    """All routes of the application, however it is wrapped."""
    while not isinstance(asgi, Starlette):
        asgi = getattr(asgi, "app", None) or asgi._app
    return list(asgi.routes)


def unstated(routes: list[BaseRoute]) -> list[str]:
    """Routes that say nothing; what is mounted cannot say anything for what is below it."""
    return [str(getattr(route, "path", route)) for route in routes if access_of(route) is None]


def test_every_route_states_its_access(web: WebApp) -> None:
    routes = routes_of(web.asgi())
    assert unstated(routes) == []
    assert {getattr(r, "path", ""): access_of(r) for r in routes} == EXPECTED


def test_a_route_that_says_nothing_is_noticed() -> None:
    """The control."""

    async def endpoint(_: Request) -> Response:
        return Response()

    below = Mount("/below", routes=[Route("/x", endpoint)])
    assert unstated([Route("/x", endpoint), below]) == ["/x", "/below"]


async def test_the_playground_can_be_turned_off(
    app: Container, database_url: str, redis_url: str, tmp_path: Any
) -> None:
    config = make_config(database_url, redis_url, tmp_path, graphql={"playground": False})
    routes = routes_of(WebApp(config, app).asgi())
    assert unstated(routes) == []
    assert "/playground/{name}" not in {getattr(r, "path", "") for r in routes}


async def test_access_is_checked_before_the_handler(
    app: Container, api: Api, people: People
) -> None:
    ran: list[Viewer] = []

    async def handler(_: Request, viewer: Viewer) -> Response:
        ran.append(viewer)
        return Response()

    user, root = await people.make(), await people.admin()
    for somebody, status in ((None, 401), (user, 403), (root, 200)):
        viewer = await app.principals.viewer(None if somebody is None else somebody.token)

        async def identify(request: Request, *, writes: bool, viewer: Viewer = viewer) -> Viewer:
            assert writes, request
            return viewer

        endpoint = guarded(handler, identify, access=Permission.AUDIT_EXPORT, writes=True)
        response = await endpoint(Request({"type": "http", "method": "GET", "headers": []}))
        assert response.status_code == status
    assert [viewer.user_id for viewer in ran] == [root.id]


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_status(code: Code) -> None:
    class Failure(AppError):
        pass

    Failure.code = code
    assert problem(Failure("x")).status_code == STATUS[code] >= 400


def test_what_a_client_can_mend_is_no_fault_of_the_server() -> None:
    assert problem(Reauthenticate("x")).status_code == 403
    assert STATUS[Code.TOO_COMPLEX] == 400
