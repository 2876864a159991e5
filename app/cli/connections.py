"""uvicorn's connections, with bounds on what a stranger can make them hold.

uvicorn bounds neither the head of a request nor the time it takes, and answers the pings of a
websocket whose client does not read: a few connections would take all memory, or all places.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State

from app.cli.outgoing import Outgoing
from app.gql.outlet import FRAMES

MOST_HEAD: Final = 64 << 10
HEAD_WAIT: Final = 15.0
MOST_PIECES: Final = 1000
CLOSE_WAIT: Final = 5.0
MOST_AT_ONCE: Final = 64 << 10  # bytes of frames that leave in one piece
TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class HttpConnection(HttpToolsProtocol):
    """HTTP whose heads are bounded in bytes and, while nothing is being answered, in time."""

    _reading_head = False
    _head = 0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there, and has so long to ask for something."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some of a request."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        if self._reading_head:
            self._head += len(data)
            if self._head > MOST_HEAD:
                self.transport.write(TOO_LARGE)
                self.transport.close()
                return
        if self._waiting is None and (self._reading_head or not self._answering()):
            self._wait()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._reading_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It is all there."""
        self._reading_head = False
        self._wait_no_more()
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        out = Outgoing(cycle)
        super()._start_asgi_task(cycle, lambda scope, receive, _: app(scope, receive, out))

    def _answering(self) -> bool:
        cycle: Any = self.cycle  # None before the first request, whatever its type says
        return cycle is not None and not cycle.response_complete

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_WAIT, self._late)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _late(self) -> None:
        self._waiting = None
        if self._answering():  # the next request may come in pieces meanwhile
            self._wait()
        else:
            self.transport.abort()


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A websocket that keeps nothing for a client that does not read, and takes frames from
    an application that makes them.
    """

    def handle_connect(self, event: Request) -> None:
        """Tell the application so."""
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.scope["extensions"][FRAMES] = {}

    async def send(self, message: Any) -> None:
        """Send a message, or the frames that there are by the time when some can be written.

        Framing and writing each of a hundred would cost more than all that was done for them.
        """
        make = message.get("frames")
        if make is None:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.conn.state is not State.OPEN:
            raise ClientDisconnected
        if frames := make(MOST_AT_ONCE):
            self.transport.write(frames)

    def handle_ping(self) -> None:
        """Answer, unless earlier answers were not taken yet."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_cont(self, event: Frame) -> None:
        """A piece of a message; empty ones weigh nothing, so they are counted."""
        if len(self.frames) >= MOST_PIECES:
            self.conn.fail(1009, "too many pieces")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def keepalive_timeout(self) -> None:
        """Nobody answers: what could not be sent is not kept either."""
        super().keepalive_timeout()
        self.loop.call_later(CLOSE_WAIT, self.transport.abort)


def protocols() -> dict[str, Any]:
    """The two classes, as uvicorn takes them."""
    return {"http": HttpConnection, "ws": WebSocketConnection}
