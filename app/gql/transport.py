"""The guarded HTTP side of GraphQL: exact content types, bounded bodies, never a 500 for input."""

import asyncio
import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import orjson
from graphql import OperationType
from msgspec import Struct
from orjson import Fragment
from starlette.requests import HTTPConnection
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from app.core.access import Client, Viewer
from app.core.config import GraphQLConfig
from app.core.errors import AppError, Code, Forbidden, Invalid, TimedOut, Unavailable
from app.core.ids import new_id
from app.core.metrics import Metrics
from app.core.ratelimit import TooOften
from app.core.recording import recorded
from app.core.tasks import Gone, forever, unless
from app.gql.compiled.watched import class_of
from app.gql.credentials import (
    NOTHING,
    Credential,
    check_csrf,
    client_of,
    cookies_of,
    credential_of,
    heads_of,
)
from app.gql.documents import Refused
from app.gql.errors import plain, present, rate_limit
from app.gql.execution import Executor, Request
from app.gql.rates import Charge, Weighed, headers_of
from app.gql.reply import LOCAL, Cookie, Reply
from app.gql.responses import Key, Responses, Told
from app.gql.routes import public

JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql-response+json"
MOST_ANSWER: Final = 8 << 20
BODY_TIMEOUT: Final = 15
REQUEST: Final = "revenge.request_id"  # of an ASGI scope
KNOWN, LONG = 200, 200  # headers of clients that are read once, and their characters
CLIENT_CLOSED: Final = 499  # nobody reads it; logs and metrics do
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")
HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class Origin:
    """What an operation's context is told of the request: where from, what with, what to answer.

    Few operations look at more than the client: the rest is made when it is looked at.
    """

    def __init__(
        self,
        request_id: str,
        client: Client,
        connection: HTTPConnection | None = None,
        credential: Credential = NOTHING,
    ) -> None:
        self.request_id, self.client = request_id, client
        self._connection, self._credential = connection, credential

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that the operation may use."""
        return {} if self._connection is None else cookies_of(self._connection, self._credential)

    @cached_property
    def reply(self) -> Reply:
        """The answer that is being made."""
        return Reply() if self._connection is None else reply_to(self._connection)

    @cached_property
    def local(self) -> str | None:
        """The address of this process's own pages, where it was asked under it."""
        return None if self._connection is None else local_address(self._connection)

    @property
    def answered(self) -> Iterable[Cookie]:
        """The cookies to send with the answer."""
        made = self.__dict__.get("reply")
        return made.cookies.values() if isinstance(made, Reply) else ()

    async def gone(self) -> None:
        """Until the client is gone."""
        if isinstance(self._connection, HttpRequest):
            await _hung_up(self._connection)
        else:
            await forever()


class Asked(Struct, frozen=True):
    """How an answer is wanted: what stands for the body, the language, and the media type."""

    digest: bytes | None
    language: str
    media: str

    def key(self, viewer: Viewer) -> Key:
        """The answer that this viewer gets."""
        return self.digest, viewer.signed_in, self.language, *class_of(viewer.scope)


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
        self._executor, self._gateway, self._config = executor, gateway, config
        self._metrics, self._responses = metrics, responses
        self._answered = metrics.gql_operations.labels("query", "ok")
        self.origins: tuple[str, ...] = ()

    @public  # root fields state theirs
    async def __call__(self, request: HttpRequest) -> Response:
        # The id that the log lines of this request carry, where somebody gave it one.
        request_id = str(request.scope.get(REQUEST) or new_id().hex)
        headers = heads_of(request)
        media = negotiate(headers.get("accept"))
        if media is None:
            return _problem(Invalid(f"This address answers {GRAPHQL} or {JSON}."), 406, JSON)
        try:
            credential = self._credential(request)
            body = await self._body(request)
            language = language_of(headers.get("accept-language"))
            digest = self._responses.digest(body)
            if self._responses.knows(digest):
                kept = await self._kept(credential, Asked(digest, language, media), request)
                if kept is not None:
                    return kept
            params = Request.of(decode(body))
        except _Rejected as rejected:
            return _problem(rejected.error, rejected.status, media)
        except Forbidden as error:
            return _problem(error, 403, media)
        except AppError as error:
            return _problem(error, 400, media)
        origin = Origin(request_id, client_of(request), request, credential)
        asked = Asked(digest, language, media)
        response = await self._run(credential, params, asked, origin)
        for cookie in origin.answered:
            response.headers.append("set-cookie", cookie.header)
        return response

    def _credential(self, request: HttpRequest) -> Credential:
        headers = heads_of(request)
        credential = credential_of(headers, request.cookies if "cookie" in headers else {})
        if credential.cookie:
            check_csrf(request, self.origins)
        return credential

    async def _kept(
        self, credential: Credential, asked: "Asked", request: HttpRequest
    ) -> Response | None:
        """The answer as it was kept, for this viewer; None where it has to be made."""
        try:
            viewer = await self._gateway.viewer(credential.token, client_of(request))
            kept = self._responses.get(asked.key(viewer), viewer)
            if kept is None:
                return None
            charge = await self._gateway.charge(viewer, kept)
        except Unavailable as error:
            return _problem(error, 503, asked.media)
        except TooOften as error:
            return _problem(error, 429, asked.media)
        self._answered.inc()
        return _charged({"data": Fragment(kept.data)}, charge, asked.media)

    async def _run(
        self, credential: Credential, params: Request, asked: "Asked", origin: Origin
    ) -> Response:
        media = asked.media
        try:
            viewer = await self._gateway.viewer(credential.token, origin.client)
            operation = self._executor.prepare(params, viewer)
            charge = await self._gateway.charge(viewer, operation)
            context = self._gateway.context(lambda: viewer, origin)
            context.operation, context.charge = operation, charge
            context.language = asked.language
            work = self._executed(params, context, asked.key(viewer))
            # Hashing a password is dear: nobody does it for a client that has hung up.
            answer = await (unless(origin.gone, work) if operation.totals.secrets else work)
        except Gone:
            return Response(status_code=CLIENT_CLOSED)
        except Refused as refused:
            shown = [present(e, origin.request_id, self._metrics) for e in refused.errors]
            return _answer({"errors": shown}, 400 if media == GRAPHQL else 200, media)
        except Unavailable as error:
            return _problem(error, 503, media)
        except TooOften as error:
            return _problem(error, 429, media)
        return _charged(answer, charge, media)

    async def _executed(self, params: Request, context: Any, key: Key) -> dict[str, Any]:
        """The answer, which is kept where others may have it."""
        operation = context.operation
        recording = None
        if key[0] is not None and operation.kind is OperationType.QUERY:
            recording = self._responses.recording(key)
        if recording is None:
            return await self._executor.execute(params, context)
        with recorded(recording):
            answer = await self._executor.execute(params, context)
        if context.shared is None:
            recording.spoil()
        if "errors" not in answer:
            data = orjson.dumps(answer["data"])
            told = Told(operation.totals, context.shared or frozenset())
            self._responses.put(key, data, recording, told)
            answer["data"] = Fragment(data)
        return answer

    async def _body(self, request: HttpRequest) -> bytes:
        headers = heads_of(request)
        _check_content_type(headers.get("content-type"))
        most = self._config.max_body
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared[:12]) > most:
            raise _Rejected(413, f"A request has at most {most} bytes.")
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > most:
                        raise _Rejected(413, f"A request has at most {most} bytes.")
        except TimeoutError:
            error = TimedOut("The request did not arrive in time.")
            raise _Rejected(408, error.message) from None
        return bytes(body)


async def _hung_up(request: HttpRequest) -> None:
    """Until the client is gone; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def reply_to(connection: HTTPConnection) -> Reply:
    """An empty answer; cookies can be kept where the browser speaks TLS, or on this machine."""
    host = connection.headers.get("host", "")
    name = urlsplit(f"//{host}").hostname if HOST.fullmatch(host) else None
    return Reply(secure=connection.scope.get("scheme") == "https" or name in LOCAL)


def local_address(connection: HTTPConnection) -> str | None:
    """The address of this very process's pages on localhost, where it was asked under it.

    The port is the one it listens on, not what the request says: pages of other ports are others'.
    """
    port = (connection.scope.get("server") or ("", None))[1]
    host = "localhost" if port == 80 else f"localhost:{port}"
    through = {"forwarded", "x-forwarded-for", "x-forwarded-host"} & set(connection.headers)
    if through or connection.headers.get("host") != host or connection.scope["scheme"] != "http":
        return None
    return f"http://{host}"


class _Rejected(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = Invalid(message)


def decode(body: bytes) -> Any:
    """Strict JSON in UTF-8. Raises Invalid."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"The request is not valid JSON in UTF-8: {error.msg}.") from None


def language_of(accepted: str | None) -> str:
    """The language that a client wants most, as it writes it first; empty where it says none."""
    if not accepted:
        return ""
    first = accepted.split(",", 1)[0].split(";", 1)[0].strip().lower()
    return first if LANGUAGE.fullmatch(first) else ""


def _check_content_type(value: str | None) -> None:
    if value != JSON:  # as nearly everybody writes it
        _check_other_content_type(value)


def _check_other_content_type(value: str | None) -> None:
    essence, *parameters = [part.strip().lower() for part in (value or "").split(";")]
    charset = [p.partition("=")[2].strip('"') for p in parameters if p.startswith("charset")]
    if essence != JSON or any(c not in ("utf-8", "utf8") for c in charset):
        raise _Rejected(415, f"Send {JSON} in UTF-8.")


def negotiate(accept: str | None) -> str | None:
    """The media type to answer in, or None when the client takes neither."""
    if not accept:
        return JSON
    return _weighed(accept) if len(accept) <= LONG else _weighed.__wrapped__(accept)


@lru_cache(maxsize=KNOWN)
def _weighed(accept: str) -> str | None:
    weights: dict[str, float] = {}
    for part in accept.split(",")[:50]:
        essence, *parameters = [p.strip().lower() for p in part.split(";")]
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            weights[essence] = float(weight)
        except ValueError:
            weights[essence] = 0
    either = max(weights.get("*/*", 0), weights.get("application/*", 0))
    graphql, json = weights.get(GRAPHQL, 0), weights.get(JSON, either)
    if graphql and graphql >= json:
        return GRAPHQL
    return JSON if json else None


def _charged(answer: dict[str, Any], charge: Charge | None, media: str) -> Response:
    """An answer that tells how much may still be asked, and when again where it was too much."""
    if charge is not None:
        limit = rate_limit(charge.verdict) | {"cost": charge.cost}
        answer["extensions"] = {"rateLimit": limit}
    response = _answer(answer, 200, media)
    if charge is not None:
        response.headers.update(headers_of(charge.verdict))
    told = [error["extensions"] for error in answer.get("errors", ())]
    waits = [e.get("retryAfter", 0) for e in told if e["code"] == Code.RATE_LIMITED]
    if waits:
        response.headers["retry-after"] = str(max(1, math.ceil(max(waits))))
    return response


def _answer(content: dict[str, Any], status: int, media: str) -> Response:
    body = orjson.dumps(content)
    if len(body) > MOST_ANSWER:
        return _problem(Invalid("The answer is too large; ask for less at once."), 200, media)
    return Response(body, status, {"cache-control": "no-store"}, f"{media}; charset=utf-8")


def _problem(error: AppError, status: int, media: str) -> Response:
    headers = {"cache-control": "no-store"}
    if error.retry_after is not None:
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, TooOften):
        headers |= headers_of(error.verdict)
    body = orjson.dumps({"errors": [plain(error)]})
    return Response(body, status, headers, f"{media}; charset=utf-8")
