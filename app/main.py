"""The ASGI application: opens the Container, mounts GraphQL, the other routes and health."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.activity.http import routes as activity_routes
from app.container import Container
from app.context import Context
from app.core.access import Viewer
from app.core.config import Config
from app.core.ids import new_id
from app.core.metrics import Metrics
from app.gql.documents import Documents
from app.gql.execution import Executor
from app.gql.node import NodeRegistry
from app.gql.sockets import GraphQLSockets
from app.gql.transport import GraphQLView
from app.playground.http import playground_page
from app.playground.http import routes as playground_routes
from app.schema import build_schema, node_registry
from app.server.http import routes as server_routes
from app.uploads.http import routes as uploads_routes


class AppGateway:
    """What the GraphQL transports ask the application for."""

    def __init__(self, app: Container, nodes: NodeRegistry) -> None:
        self._app, self._nodes = app, nodes

    async def viewer(self, authorization: str | None) -> Viewer:
        """Who asks, by the credential."""
        return await self._app.principals.viewer(authorization)

    async def identify(self, request: Request, *, writes: bool) -> Viewer:  # noqa: ARG002
        """Who asks by a plain request."""
        return await self.viewer(request.headers.get("authorization"))

    def context(self, viewer: Callable[[], Viewer], request_id: str) -> Context:
        """A context for one operation."""
        return Context(self._app, self._nodes, viewer, request_id)

    def on_change(self, viewer: Viewer, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back when the viewer's rights change."""
        return self._app.principals.on_change(viewer, callback)


class Observed:
    """Counts and times requests; each has an id, in its log lines and in its answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: frozenset[str]) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "other"
        path = scope["path"] if scope["path"] in self._paths else "other"
        started, status, request_id = time.perf_counter(), 500, new_id().hex

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                told = [(REQUEST_ID.encode(), request_id.encode()), *SECURITY_HEADERS]
                message.setdefault("headers", []).extend(told)
            await send(message)

        self._metrics.http_in_flight.inc()
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                await self._app(scope, receive, observe)
        finally:
            self._metrics.http_in_flight.dec()
            self._metrics.http_requests.labels(method, path, str(status)).inc()
            self._metrics.http_duration.labels(method, path).observe(time.perf_counter() - started)


REQUEST_ID = "x-request-id"
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]
METHODS = frozenset({"GET", "POST", "PUT", "HEAD"})
PATHS = frozenset(
    {"/", "/graphql", "/activity/export", "/uploads", "/healthz", "/readyz", "/startupz"}
)


class WebApp:
    """The pieces of the HTTP side, put together."""

    def __init__(self, config: Config, container: Container | None = None) -> None:
        self.container = container or Container(config)
        self._own = container is None
        schema = build_schema()
        graphql, metrics = config.graphql, self.container.metrics
        documents = Documents(schema._schema, graphql, metrics)  # noqa: SLF001 - no public name
        self.executor = Executor(schema, documents, graphql, metrics)
        gateway = AppGateway(self.container, node_registry())
        self._gateway = gateway
        self.view = GraphQLView(self.executor, gateway, graphql, metrics)
        self.sockets = GraphQLSockets(self.executor, gateway, graphql, metrics)
        self.sockets.origins = config.server.allowed_origins
        self._config = config

    def asgi(self) -> ASGIApp:
        """The application uvicorn serves."""
        graphql: list[Any] = [
            Route("/graphql", self.view.__call__, methods=["POST"]),
            Route("/graphql", playground_page(self._config.graphql.playground), methods=["GET"]),
            WebSocketRoute("/graphql", self.sockets.__call__),
        ]
        middleware: list[Middleware] = []
        if self._config.server.allowed_origins:
            middleware.append(
                Middleware(
                    CORSMiddleware,
                    allow_origins=list(self._config.server.allowed_origins),
                    allow_methods=["POST"],
                    allow_headers=["authorization", "content-type"],
                    expose_headers=[REQUEST_ID, "retry-after"],
                    max_age=3600,
                )
            )
        routes = [
            *graphql,
            *server_routes(self.container),
            *activity_routes(self.container, self._who),
            *uploads_routes(self.container, self._gateway.identify),
        ]
        if self._config.graphql.playground:
            routes += playground_routes()
        served = Starlette(routes=routes, middleware=middleware, lifespan=self._lifespan)
        # Around all of it: what Starlette answers to a failure passes by its own middleware.
        return Observed(served, self.container.metrics, PATHS)

    async def _who(self, request: Request) -> Viewer:
        return await self._gateway.viewer(request.headers.get("authorization"))

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        if self._own:
            await self.container.open()
        try:
            yield
        finally:
            await self.sockets.close()
            if self._own:
                await self.container.close()
