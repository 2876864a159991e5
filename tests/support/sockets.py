"""A websocket client that talks to the ASGI application without a network."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.types import ASGIApp

PROTOCOL = "graphql-transport-ws"


class SocketClosed(Exception):
    """The server closed the connection."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class AsgiSocket:
    """One connection, as uvicorn would carry it."""

    def __init__(self, app: ASGIApp, headers: dict[str, str], protocols: list[str]) -> None:
        self._app = app
        raw = {"host": "revenge.test"} | headers
        self._scope: dict[str, Any] = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "root_path": "",
            "query_string": b"",
            "headers": [(k.lower().encode(), v.encode()) for k, v in raw.items()],
            "client": ("127.0.0.1", 1),
            "server": ("revenge.test", 80),
            "subprotocols": protocols,
            "state": {},
        }
        self._to_app: asyncio.Queue[Any] = asyncio.Queue()
        self._from_app: asyncio.Queue[Any] = asyncio.Queue()
        self.accepted: str | None = None
        self.closed: SocketClosed | None = None
        self.stalled = asyncio.Event()  # while it is cleared nothing the server sends gets through
        self.stalled.set()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Shake hands. Raises SocketClosed when the server refuses."""
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._serve())
        message = await self._next(5)
        if message["type"] == "websocket.close":
            raise SocketClosed(message.get("code", 1000), message.get("reason") or "")
        self.accepted = message.get("subprotocol")

    async def _serve(self) -> None:
        await self._app(self._scope, self._to_app.get, self._receive)

    async def _receive(self, message: Any) -> None:
        await self.stalled.wait()
        if message["type"] == "websocket.close":  # the client answers, and the server hears of it
            code = message.get("code", 1000)
            self.closed = SocketClosed(code, message.get("reason") or "")
            self._to_app.put_nowait({"type": "websocket.disconnect", "code": code})
        self._from_app.put_nowait(message)

    async def _next(self, timeout: float) -> Any:
        assert self._task is not None
        got = asyncio.create_task(self._from_app.get())
        try:
            done, _ = await asyncio.wait(
                {got, self._task}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            got.cancel()  # also where whoever waits was cancelled; what is done stays so
        if got in done:
            return got.result()
        if self._task in done:
            self._task.result()  # what the application raised, if it did
            if not self._from_app.empty():
                return self._from_app.get_nowait()
            raise SocketClosed(1006, "The application ended without closing")
        raise TimeoutError

    def send(self, frame: Any) -> None:
        """Send a value as JSON, a text as it is, or bytes as a binary frame."""
        if isinstance(frame, bytes):
            self._to_app.put_nowait({"type": "websocket.receive", "bytes": frame})
        else:
            text = frame if isinstance(frame, str) else orjson.dumps(frame).decode()
            self._to_app.put_nowait({"type": "websocket.receive", "text": text})

    async def receive(self, timeout: float = 5) -> Any:
        """The next frame. Raises SocketClosed or TimeoutError."""
        message = await self._next(timeout)
        if message["type"] == "websocket.close":
            raise SocketClosed(message.get("code", 1000), message.get("reason") or "")
        return orjson.loads(message["text"])

    async def ends(self, timeout: float = 5) -> int:
        """The code that the server closes with; frames before it are passed over."""
        async with asyncio.timeout(timeout):
            while True:
                try:
                    await self.receive(timeout)
                except SocketClosed as closed:
                    return closed.code

    async def init(self, authorization: str | None = None) -> None:
        """Begin, signed in or not."""
        payload = {"authorization": authorization} if authorization else None
        self.send({"type": "connection_init", "payload": payload})
        assert await self.receive() == {"type": "connection_ack"}

    def subscribe(self, operation_id: str, query: str, **variables: Any) -> None:
        """Start an operation."""
        payload = {"query": query, "variables": variables}
        self.send({"id": operation_id, "type": "subscribe", "payload": payload})

    async def leave(self) -> None:
        """Go away, and wait until the server has put everything in order."""
        if self._task is None:
            return
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(10):
            await asyncio.gather(self._task, return_exceptions=True)
        if not self._task.cancelled() and self._task.exception() is not None:
            raise self._task.exception()  # type: ignore[misc]


@contextlib.asynccontextmanager
async def connected(
    app: ASGIApp, headers: dict[str, str] | None = None, protocols: list[str] | None = None
) -> AsyncIterator[AsgiSocket]:
    """An open socket. What the application raises is raised here."""
    socket = AsgiSocket(app, headers or {}, [PROTOCOL] if protocols is None else protocols)
    await socket.open()
    try:
        yield socket
    finally:
        await socket.leave()
