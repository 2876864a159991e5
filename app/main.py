"""The ASGI application: opens the Container, mounts GraphQL, the other routes and health."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from random import getrandbits
from typing import Any

from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.activity.http import routes as activity_routes
from app.container import Container
from app.context import Context
from app.core.access import Client, Viewer
from app.core.config import Config
from app.core.logging import REQUEST_ID
from app.core.metrics import Metrics
from app.core.tallies import Tally, Timing
from app.core.turnstile import Turnstile
from app.gql.compiled.fragments import Fragments
from app.gql.credentials import (
    CSRF_HEADER,
    KEY_HEADER,
    check_csrf,
    check_origin,
    client_of,
    credential_of,
)
from app.gql.documents import Documents
from app.gql.execution import Executor
from app.gql.node import NodeRegistry
from app.gql.origin import Origin
from app.gql.rates import (
    LIMIT_HEADERS,
    UNLIMITED,
    Charge,
    RateLimitMiddleware,
    Weighed,
    admit,
    charge,
)
from app.gql.responses import Responses
from app.gql.sockets import GraphQLSockets
from app.gql.transport import GraphQLView
from app.images.http import routes as images_routes
from app.oidc.http import routes as oidc_routes
from app.playground.http import playground_page
from app.playground.http import routes as playground_routes
from app.schema import build_schema, node_registry
from app.server.http import routes as server_routes
from app.uploads.http import routes as uploads_routes
from app.users.http import routes as users_routes


class AppGateway:
    """What the GraphQL transports ask the application for."""

    def __init__(self, app: Container, nodes: NodeRegistry, origins: tuple[str, ...] = ()) -> None:
        self._app, self._nodes, self._origins = app, nodes, origins

    async def viewer(self, token: str | None, client: Client) -> Viewer:
        """Who asks, by the credential."""
        return self._meant(await self._app.principals.viewer(token, client), client)

    async def identify(self, request: Request, *, writes: bool) -> Viewer:
        """Who asks a plain route, under the rules of GraphQL. Raises Invalid or Forbidden."""
        credential = credential_of(request)
        if credential.cookie:
            check = check_csrf if writes else check_origin
            check(request, self._origins)
        return await self.viewer(credential.token, client_of(request))

    async def admit(self, client: Client) -> None:
        """A request of this address. Raises TooOften."""
        await admit(self._app.limiter, client)

    async def charge(self, viewer: Viewer, operation: Weighed) -> Charge | None:
        """An operation of this viewer. Raises TooOften."""
        return await charge(self._app.limiter, viewer, operation)

    async def again(self, viewer: Viewer, token: str | None) -> Viewer:
        """The same viewer with the rights of now."""
        return self._meant(await self._app.principals.again(viewer, token), viewer.client)

    def _meant(self, viewer: Viewer, client: Client) -> Viewer:
        """The viewer as the one who asks from there: what they prefer comes before what their
        program accepts.
        """
        asked = viewer.language or client.languages
        language = self._app.languages.of(viewer.language, client.languages) if asked else ""
        return replace(viewer, client=client, language=language)

    def context(self, viewer: Callable[[], Viewer], origin: Origin) -> Context:
        """A context for one operation."""
        return Context(self._app, self._nodes, viewer, origin)

    def on_change(self, viewer: Viewer, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back when the viewer's rights change."""
        return self._app.principals.on_change(viewer, callback)


class OwnHosts(TrustedHostMiddleware):
    """Refuses requests for other hosts, but for those of supervisors, which go by the address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in UNLIMITED:
            await self.app(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


class Observed:
    """Counts and times requests; each has an id, in its log lines and in its answer.

    What nobody expected is answered here, so that also such an answer is one of ours.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: frozenset[str]) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths
        self._turnstile = Turnstile(EACH_TURN)
        self._series: dict[tuple[str, str, int], tuple[Tally, Timing]] = {}
        self._under_way = 0
        metrics.http_in_flight.set_function(lambda: self._under_way)

    def _of(self, method: str, path: str, status: int) -> tuple[Tally, Timing]:
        """The counter and the histogram of such requests; finding them by labels costs more."""
        found = self._series.get((method, path, status))
        if found is None:
            counter = self._metrics.http_requests.labels(method, path, str(status))
            found = counter, self._metrics.http_duration.labels(method, path)
            self._series[method, path, status] = found
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._turnstile.wait()
        method = scope["method"] if scope["method"] in METHODS else "other"
        path = scope["path"] if scope["path"] in self._paths else "other"
        started, status = time.perf_counter(), 0
        request_id = f"{getrandbits(128):032x}"

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                if POLICY[0] not in dict(headers):  # pages have their own
                    headers.append(POLICY)
                headers.append((ID_HEADER, request_id.encode()))
                headers += SECURITY_HEADERS
                if scope["scheme"] == "https":
                    headers.append(ONLY_TLS)
            await send(message)

        self._under_way += 1
        known = REQUEST_ID.set(request_id)
        try:
            await self._app(scope, receive, observe)
        except Exception:
            if not status:
                failed = PlainTextResponse("Internal Server Error", 500)
                await failed(scope, receive, observe)
            raise  # for the server to log it
        finally:
            REQUEST_ID.reset(known)
            self._under_way -= 1
            counter, timing = self._of(method, path, status or 500)
            counter.inc()
            timing.observe(time.perf_counter() - started)


EACH_TURN = 8
GRAPHQL = "/graphql"
ID_HEADER = b"x-request-id"
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
METHODS = frozenset({"GET", "POST", "PUT", "HEAD"})
PATHS = frozenset(
    {"/", GRAPHQL, "/activity/export", "/uploads", "/healthz", "/readyz", "/startupz"}
)
POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
ONLY_TLS = (b"strict-transport-security", b"max-age=31536000")
REQUEST_HEADERS = ["authorization", "content-type", KEY_HEADER, CSRF_HEADER]
ANSWER_HEADERS = [ID_HEADER.decode(), "retry-after", *LIMIT_HEADERS]


class Direct:
    """Hands GraphQL over HTTP to its view without a way through the routes, where it stands too."""

    def __init__(self, app: ASGIApp, view: GraphQLView) -> None:
        self._app, self._view = app, view

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mine = scope["type"] == "http" and scope["path"] == GRAPHQL and scope["method"] == "POST"
        if not mine:
            await self._app(scope, receive, send)
            return
        response = await self._view(Request(scope, receive, send))
        await response(scope, receive, send)


class WebApp:
    """The pieces of the HTTP side, put together."""

    def __init__(self, config: Config, container: Container | None = None) -> None:
        self.container = container or Container(config)
        self._own = container is None
        schema = build_schema()
        graphql, metrics = config.graphql, self.container.metrics
        documents = Documents(schema._schema, graphql, metrics)  # noqa: SLF001 - no public name
        cache = self.container.cache
        fragments = Fragments(cache, config.cache.fragment_bytes) if cache.enabled else None
        self.executor = Executor(schema, documents, graphql, metrics, fragments)
        gateway = AppGateway(self.container, node_registry(), config.server.allowed_origins)
        self._gateway = gateway
        responses = Responses(cache, config.cache.response_bytes, metrics)
        self.view = GraphQLView(self.executor, gateway, graphql, metrics, responses)
        self.sockets = GraphQLSockets(self.executor, gateway, graphql, metrics)
        self.sockets.origins = self.view.origins = config.server.allowed_origins
        self._config = config

    def asgi(self) -> Any:
        """The application uvicorn serves."""
        graphql: list[Any] = [
            Route(GRAPHQL, self.view.__call__, methods=["POST"]),
            Route(GRAPHQL, playground_page(self._config.graphql.playground), methods=["GET"]),
            WebSocketRoute(GRAPHQL, self.sockets.__call__),
        ]
        routes = [
            *graphql,
            *server_routes(self.container),
            *oidc_routes(self.container),
            *activity_routes(self.container, self._gateway.identify),
            *uploads_routes(self.container, self._gateway.identify),
            *images_routes(self.container),
            *users_routes(self.container, self._gateway.identify),
        ]
        if self._config.graphql.playground:
            routes += playground_routes()
        served: Any = Direct(Starlette(routes=routes, lifespan=self._lifespan), self.view)
        for layer in self._layers():
            served = layer(served)
        observed: Any = Observed(served, self.container.metrics, PATHS)
        # Outermost: everybody below reads the client's address where the server put the peer's.
        return ProxyHeadersMiddleware(observed, list(self._config.server.trusted_proxies))

    def _layers(self) -> Iterator[Callable[[ASGIApp], ASGIApp]]:
        """What stands before every route and GraphQL alike, the innermost first."""
        server = self._config.server
        # Within the others, so that a page of another origin can read that it asks too often.
        if self.container.limiter.enabled:
            yield partial(RateLimitMiddleware, limiter=self.container.limiter)
        if server.allowed_origins:
            yield partial(
                CORSMiddleware,
                allow_origins=list(server.allowed_origins),
                allow_credentials=True,
                allow_methods=["GET", "POST", "PUT"],
                allow_headers=REQUEST_HEADERS,
                expose_headers=ANSWER_HEADERS,
                max_age=3600,
            )
        if server.hosts:
            yield partial(OwnHosts, allowed_hosts=list(server.hosts))

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
