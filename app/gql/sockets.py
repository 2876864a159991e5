"""The websocket side of GraphQL: the `graphql-transport-ws` protocol and nothing else.

Queries and subscriptions only. A socket's rights are those of its credential *now*: when they
change it is asked again, and closed when it is no longer good.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

import orjson
from graphql import GraphQLError, OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.core.access import ANONYMOUS, Viewer
from app.core.config import GraphQLConfig
from app.core.errors import AppError, Conflict, Invalid, Unavailable
from app.core.ids import new_id
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.ratelimit import TooOften
from app.core.tasks import end
from app.gql.credentials import (
    KEY_HEADER,
    NOTHING,
    Credential,
    check_origin,
    choose,
    client_of,
    credential_of,
)
from app.gql.documents import Operation, Refused
from app.gql.errors import present
from app.gql.execution import Executor, Request, refuse_mutation
from app.gql.origin import Origin
from app.gql.outlet import Outlet
from app.gql.payloads import opening_of
from app.gql.routes import public
from app.gql.streams import Asked, End, Streams, Subscriber
from app.gql.transport import Gateway

PROTOCOL: Final = "graphql-transport-ws"
INIT_WAIT: Final = 10.0
REVIEW_EVERY: Final = 60.0
REVIEW_AGAIN: Final = 0.3
END_WAIT: Final = 2.0
MOST_ID: Final = 128
log = get_logger(__name__)


class Closing(Exception):
    """The socket ends with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class GraphQLSockets:
    """Every open socket of this process."""

    def __init__(
        self, executor: Executor, gateway: Gateway, config: GraphQLConfig, metrics: Metrics
    ) -> None:
        self.executor, self.gateway, self.config, self.metrics = executor, gateway, config, metrics
        self.streams = Streams(executor, gateway, metrics)
        self.origins: tuple[str, ...] = ()
        self._open: set[Socket] = set()

    @public  # root fields state theirs
    async def __call__(self, websocket: WebSocket) -> None:
        try:
            check_origin(websocket, self.origins)
            credential = credential_of(websocket)
        except AppError:
            await websocket.close(4403)
            return
        if credential.cookie and websocket.headers.get("origin") is None:
            credential = NOTHING  # browsers send cookies only together with the page's origin
        offered = websocket.scope.get("subprotocols", ())
        if PROTOCOL not in offered:
            # Clients drop a handshake without a protocol of theirs, and would never see the code.
            await websocket.accept(offered[0] if offered else None)
            await websocket.close(4406, "Subprotocol not acceptable")
            return
        await websocket.accept(PROTOCOL)
        socket = Socket(self, websocket, credential)
        if self._strangers(socket.address) >= self.config.sockets_per_address:
            await websocket.close(4429, "Too many connections")
            return
        self._open.add(socket)
        self.metrics.websockets.inc()
        try:
            await socket.serve()
        finally:
            self._open.discard(socket)
            self.metrics.websockets.dec()

    def count(self, viewer: Viewer) -> int:
        """How many sockets this user has open here."""
        return sum(s.viewer.user_id == viewer.user_id for s in self._open if s.viewer.signed_in)

    def _strangers(self, address: str) -> int:
        """How many sockets of this address are open here and belong to nobody (yet)."""
        return sum(s.address == address for s in self._open if not s.viewer.signed_in)

    async def close(self) -> None:
        """End every socket: the server goes away, and waits for no client that does not read."""
        ending = [
            asyncio.wait_for(socket.end(1012, "Service restart"), END_WAIT)
            for socket in tuple(self._open)
        ]
        await asyncio.gather(*ending, return_exceptions=True)
        await self.streams.close()


class Socket:
    """One connection."""

    def __init__(self, hall: GraphQLSockets, websocket: WebSocket, credential: Credential) -> None:
        self._server, self._websocket = hall, websocket
        self._outlet = Outlet(websocket)
        self._client = client_of(websocket)
        self.address = self._client.address
        self.viewer = ANONYMOUS
        self._token = credential.token
        self._acknowledged = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._subscribers: set[Subscriber] = set()
        self._farewells: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._undo: Callable[[], None] = lambda: None
        self._reviewing = asyncio.Lock()

    async def serve(self) -> None:
        """Until either side closes."""
        waiting = asyncio.create_task(self._expect_init())
        self._background.add(waiting)
        try:
            while True:
                message = await self._websocket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                await self._receive(message)
        except Closing as closing:
            await self.end(closing.code, closing.reason)
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            self._undo()
            await end([*self._running.values(), *self._ending, *self._background])
            if self._farewells:
                await asyncio.wait(self._farewells)

    async def _expect_init(self) -> None:
        await asyncio.sleep(INIT_WAIT)
        if not self._acknowledged:
            await self.end(4408, "Connection initialisation timeout")

    async def _receive(self, message: Any) -> None:
        text = message.get("text")
        if text is None:
            raise Closing(4400, "Text frames only")
        try:
            frame = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Closing(4400, "Not JSON") from None
        kind = frame.get("type") if isinstance(frame, dict) else None
        handle = {
            "connection_init": self._init,
            "ping": self._ping,
            "pong": self._pong,
            "subscribe": self._subscribe,
            "complete": self._complete,
        }.get(kind if isinstance(kind, str) else "")
        if handle is None:
            raise Closing(4400, "Unknown message type")
        await handle(frame)

    async def _init(self, frame: dict[str, Any]) -> None:
        if self._acknowledged:
            raise Closing(4429, "Too many initialisation requests")
        payload = frame.get("payload")
        if not isinstance(payload, dict | None):
            raise Closing(4400, "The payload is an object")
        if (offered := _offered(payload or {})) is not None:
            self._token = offered
        try:
            await self._server.gateway.admit(self._client)
            viewer = await self._server.gateway.viewer(self._token, self._client)
        except TooOften:
            raise Closing(4429, "Too many requests") from None
        except Unavailable:
            raise Closing(4503, "Not available just now") from None
        if self._token is not None and not viewer.signed_in:
            raise Closing(4403, "Forbidden")
        if self._server.count(viewer) >= self._server.config.sockets_per_user:
            raise Closing(4429, "Too many connections")
        self.viewer = viewer
        self._acknowledged = True
        self._undo = self._server.gateway.on_change(viewer, self._review_soon)
        self._review_soon()  # for what changed between asking and listening
        self._spawn(self._review_regularly())
        await self._outlet.say({"type": "connection_ack"})

    async def _ping(self, _: dict[str, Any]) -> None:
        await self._outlet.say({"type": "pong"})

    async def _pong(self, _: dict[str, Any]) -> None:
        return

    async def _complete(self, frame: dict[str, Any]) -> None:
        task = self._running.pop(_id_of(frame), None)
        if task is not None:
            # Once may not be enough, see `end`; until it is over the socket answers for it.
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            self._spawn(end([task]))

    async def _subscribe(self, frame: dict[str, Any]) -> None:
        if not self._acknowledged:
            raise Closing(4401, "Unauthorized")
        operation_id = _id_of(frame)
        if operation_id in self._running:
            raise Closing(4409, f"Subscriber for {operation_id} already exists")
        if not isinstance(frame.get("payload"), dict):
            raise Closing(4400, "The payload is an object")
        if len(self._running) >= self._server.config.subscriptions_per_socket:
            full = Conflict("Too many operations on this connection.")
            await self._error(operation_id, [GraphQLError(full.message, original_error=full)])
            return
        task = asyncio.create_task(self._run(operation_id, frame["payload"]))
        self._running[operation_id] = task

    async def _run(self, operation_id: str, payload: dict[str, Any]) -> None:
        try:
            await self._operate(operation_id, payload)
        except Refused as refused:
            await self._error(operation_id, refused.errors)
        except WebSocketDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - presented to the client, logged there if unexpected
            wrapped = GraphQLError(str(error), original_error=error)
            await self._error(operation_id, [wrapped])
        finally:
            if self._running.get(operation_id) is asyncio.current_task():
                del self._running[operation_id]

    async def _operate(self, operation_id: str, payload: dict[str, Any]) -> None:
        hall = self._server
        await hall.gateway.admit(self._client)
        try:
            request = Request.of(payload)
        except AppError as error:
            raise Refused([GraphQLError(error.message, original_error=error)]) from None
        operation = hall.executor.prepare(request, self.viewer)
        refuse_mutation(operation)
        charge = await hall.gateway.charge(self.viewer, operation)
        if operation.kind is OperationType.SUBSCRIPTION:
            with self._counted():
                await self._follow(operation_id, request, operation)
            return
        origin = Origin(new_id().hex, self._client)
        context = hall.gateway.context(lambda: self.viewer, origin)
        context.operation, context.charge = operation, charge
        answer = await hall.executor.execute(request, context)
        await self._outlet.say({"id": operation_id, "type": "next", "payload": answer})
        await self._outlet.say({"id": operation_id, "type": "complete"})

    async def _follow(self, operation_id: str, request: Request, operation: Operation) -> None:
        """A subscription until it ends: in the stream of the viewer's rights, whatever they are."""
        asked = Asked(request, operation, lambda: self.viewer, opening_of(operation_id))
        ended, moved = None, False
        while ended is None:
            subscriber = self._server.streams.join(asked, moved=moved)
            self._subscribers.add(subscriber)
            try:
                ended = await self._deliver(subscriber)
            finally:
                self._leave(subscriber)
            moved = moved or ended is None
        errors = ended.errors
        if errors is not None and not moved:
            shown = orjson.Fragment(errors)
            await self._outlet.say({"id": operation_id, "type": "error", "payload": shown})
            return
        if errors is not None:  # of what has been running: its rights are not what they were
            await self._outlet.write(asked.opening + b'{"errors":' + errors + b',"data":null}}')
        await self._outlet.say({"id": operation_id, "type": "complete"})

    async def _deliver(self, subscriber: Subscriber) -> End | None:
        """Hand out what comes until it ends; None when it is no longer for this viewer."""
        while True:
            await subscriber.ready()
            if not subscriber.entitled:
                return None
            if subscriber.ended is not None:
                return subscriber.ended
            await self._outlet.hand_out(subscriber)

    def _leave(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)
        if (ending := subscriber.leave()) is not None:  # until that is over the socket answers
            self._farewells.add(ending)
            ending.add_done_callback(self._farewells.discard)

    @contextlib.contextmanager
    def _counted(self) -> Any:
        self._server.metrics.subscriptions.inc()
        try:
            yield
        finally:
            self._server.metrics.subscriptions.dec()

    def _review_soon(self) -> None:
        self._spawn(self._review())

    async def _review_regularly(self) -> None:
        while True:
            await asyncio.sleep(REVIEW_EVERY)
            await self._review()

    async def _review(self) -> None:
        async with self._reviewing:  # in turn: an earlier answer must not replace a later one
            try:
                viewer = await self._server.gateway.again(self.viewer, self._token)
            except Unavailable:  # nothing can be read meanwhile either
                self._spawn(self._review_later())
                return
            ended = self.viewer.signed_in and not viewer.signed_in
            self.viewer = viewer
        if ended:
            await self.end(4403, "Forbidden")
        for subscriber in self._subscribers:  # it may not be for this viewer any more
            subscriber.wake()

    async def _review_later(self) -> None:
        await asyncio.sleep(REVIEW_AGAIN)
        await self._review()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _error(self, operation_id: str, errors: list[GraphQLError]) -> None:
        request_id = new_id().hex
        shown = [present(error, request_id, self._server.metrics) for error in errors]
        await self._outlet.say({"id": operation_id, "type": "error", "payload": shown})

    async def end(self, code: int, reason: str) -> None:
        """Close, once."""
        await self._outlet.close(code, reason)


def _offered(payload: dict[str, Any]) -> str | None:
    """The token of an initialisation, as a header would show it. Raises Closing."""
    headers = {name.lower(): value for name, value in payload.items()}
    authorization, key = headers.get("authorization"), headers.get(KEY_HEADER)
    if not all(value is None or isinstance(value, str) for value in (authorization, key)):
        raise Closing(4400, "authorization is a text")
    if authorization is None and key is None:
        return None
    try:
        return choose(authorization, key).token or ""
    except Invalid:
        raise Closing(4400, "One credential only") from None


def _id_of(frame: dict[str, Any]) -> str:
    found = frame.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= MOST_ID:
        raise Closing(4400, "The id is a text")
    return found
