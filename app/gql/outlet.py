"""What leaves through one websocket, in turn."""

import asyncio
import contextlib
from typing import Any, Final, Protocol

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

# A connection of ours that has this extension takes frames: under `frames` a function that makes
# them, which it calls when it can write, with the number of bytes that it would like to have.
FRAMES: Final = "revenge.frames"


class Messages(Protocol):
    """What is to be sent, asked for at the moment of writing; by then nothing may be left."""

    def text(self) -> bytes | None:
        """The next message."""
        ...

    def frames(self, most: int) -> bytes:
        """Messages as frames, about so many bytes of them."""
        ...


class Outlet:
    """The sending half of a websocket. What is said to a client that is gone is dropped."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._turn = asyncio.Lock()
        self._takes_frames = FRAMES in websocket.scope.get("extensions", {})

    @property
    def _open(self) -> bool:
        return self._websocket.application_state is WebSocketState.CONNECTED

    async def say(self, message: dict[str, Any]) -> None:
        """Send a value as JSON."""
        await self.write(orjson.dumps(message))

    async def write(self, text: bytes) -> None:
        """Send a message that is JSON already."""
        async with self._turn:
            if self._open:
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                    await self._websocket.send_text(text.decode())

    async def hand_out(self, messages: Messages) -> None:
        """Send one message or more. Raises WebSocketDisconnect when nobody is there any more."""
        async with self._turn:
            if not self._open:
                raise WebSocketDisconnect
            try:
                if self._takes_frames:
                    await self._websocket.send(
                        {"type": "websocket.send", "frames": messages.frames}
                    )
                elif (text := messages.text()) is not None:
                    await self._websocket.send_text(text.decode())
            except RuntimeError:  # closed meanwhile
                raise WebSocketDisconnect from None

    async def close(self, code: int, reason: str) -> None:
        """Close, once."""
        async with self._turn:
            if self._open:
                with contextlib.suppress(RuntimeError):
                    await self._websocket.close(code, reason)
