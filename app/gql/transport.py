"""The guarded HTTP side of GraphQL: exact content types, bounded bodies, never a 500 for input.

What a request says is in `incoming` and `credentials`, what is answered in `answers`.
"""

from collections.abc import Callable
from typing import Any, Protocol

import orjson
from graphql import OperationType
from msgspec import Struct
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from app.core.access import Client, Viewer
from app.core.config import GraphQLConfig
from app.core.deadline import Limit
from app.core.errors import AppError, Forbidden, Invalid, Unavailable
from app.core.ids import new_id
from app.core.logging import REQUEST_ID
from app.core.metrics import Metrics
from app.core.ratelimit import TooOften
from app.core.recording import recorded
from app.core.tasks import Gone, unless
from app.gql.answers import executed, kept, problem, refused
from app.gql.compiled.watched import class_of
from app.gql.credentials import Credential, check_csrf, client_of, credential_of, heads_of
from app.gql.documents import Refused
from app.gql.errors import present
from app.gql.execution import Executor, Request
from app.gql.incoming import (
    BODY_TIMEOUT,
    CLIENT_CLOSED,
    GRAPHQL,
    JSON,
    Rejected,
    body_of,
    decode,
    media_of,
)
from app.gql.origin import Origin
from app.gql.rates import Charge, Weighed
from app.gql.responses import Key, Responses, Told
from app.gql.routes import public


class Asked(Struct, frozen=True):
    """How an answer is wanted: what stands for the body, and the media type."""

    digest: bytes | None
    media: str

    def key(self, viewer: Viewer) -> Key:
        """The answer that this viewer gets."""
        return self.digest, viewer.signed_in, viewer.language, *class_of(viewer.scope)


class Gateway(Protocol):
    """Who the transport asks for viewers and contexts: the application."""

    async def viewer(self, token: str | None, client: Client) -> Viewer:
        """Who asks, by the credential; anonymous when it is none or no longer good."""
        ...

    async def admit(self, client: Client) -> None:
        """A request of this address. Raises TooOften."""
        ...

    async def charge(self, viewer: Viewer, operation: Weighed) -> Charge | None:
        """An operation of this viewer; None where nothing is limited. Raises TooOften."""
        ...

    async def again(self, viewer: Viewer, token: str | None) -> Viewer:
        """The same viewer with the rights of now; anonymous when the sign-in is over."""
        ...

    def context(self, viewer: Callable[[], Viewer], origin: Origin) -> Any:
        """A context for one operation."""
        ...

    def on_change(self, viewer: Viewer, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back when the viewer's rights change; the answer undoes it."""
        ...


class GraphQLView:
    """The POST side of `/graphql`."""

    def __init__(
        self,
        executor: Executor,
        gateway: Gateway,
        config: GraphQLConfig,
        metrics: Metrics,
        responses: Responses,
    ) -> None:
        self._executor, self._gateway = executor, gateway
        self._most, self._arriving = config.max_body, Limit(BODY_TIMEOUT)
        self._metrics, self._responses = metrics, responses
        self._answered = metrics.gql_operations.labels("query", "ok")
        self.origins: tuple[str, ...] = ()

    @public  # root fields state theirs
    async def __call__(self, request: HttpRequest) -> Response:
        heads = heads_of(request)
        media = media_of(heads)
        if media is None:
            return problem(Invalid(f"This address answers {GRAPHQL} or {JSON}."), 406, JSON)
        try:
            credential = credential_of(request)
            if credential.cookie:
                check_csrf(request, self.origins)
            body = await body_of(heads, request.receive, self._most, self._arriving)
            asked = Asked(self._responses.digest(body), media)
            if self._responses.knows(asked.digest):
                known = await self._kept(credential, asked, request)
                if known is not None:
                    return known
            params = Request.of(decode(body))
        except Rejected as rejected:
            return problem(rejected.error, rejected.status, media)
        except Forbidden as error:
            return problem(error, 403, media)
        except AppError as error:
            return problem(error, 400, media)
        # The id that the log lines of this request carry, where somebody gave it one.
        request_id = REQUEST_ID.get() or new_id().hex
        origin = Origin(request_id, client_of(request), request, credential)
        response = await self._run(credential, params, asked, origin)
        for cookie in origin.answered:
            response.headers.append("set-cookie", cookie.header)
        return response

    async def _kept(
        self, credential: Credential, asked: Asked, request: HttpRequest
    ) -> Response | None:
        """The answer as it was kept, for this viewer; None where it has to be made."""
        try:
            viewer = await self._gateway.viewer(credential.token, client_of(request))
            found = self._responses.get(asked.key(viewer), viewer)
            if found is None:
                return None
            charge = await self._gateway.charge(viewer, found)
        except Unavailable as error:
            return problem(error, 503, asked.media)
        except TooOften as error:
            return problem(error, 429, asked.media)
        self._answered.inc()
        return kept(found.body, charge, asked.media)

    async def _run(
        self, credential: Credential, params: Request, asked: Asked, origin: Origin
    ) -> Response:
        media = asked.media
        try:
            viewer = await self._gateway.viewer(credential.token, origin.client)
            operation = self._executor.prepare(params, viewer)
            charge = await self._gateway.charge(viewer, operation)
            context = self._gateway.context(lambda: viewer, origin)
            context.operation, context.charge = operation, charge
            work = self._executed(params, context, asked.key(viewer))
            # Hashing a password is dear: nobody does it for a client that has hung up.
            result = await (unless(origin.gone, work) if operation.totals.secrets else work)
        except Gone:
            return Response(status_code=CLIENT_CLOSED)
        except Refused as failed:
            shown = [present(e, origin.request_id, self._metrics) for e in failed.errors]
            return refused(shown, media)
        except Unavailable as error:
            return problem(error, 503, media)
        except TooOften as error:
            return problem(error, 429, media)
        return executed(result, charge, media)

    async def _executed(self, params: Request, context: Any, key: Key) -> dict[str, Any]:
        """The result, which is kept where others may have it."""
        operation = context.operation
        recording = None
        if key[0] is not None and operation.kind is OperationType.QUERY:
            recording = self._responses.recording(key)
        if recording is None:
            return await self._executor.execute(params, context)
        with recorded(recording):
            result = await self._executor.execute(params, context)
        if context.shared is None:
            recording.spoil()
        if "errors" not in result:
            told = Told(operation.totals, context.shared or frozenset())
            self._responses.put(key, orjson.dumps(result), recording, told)
        return result
