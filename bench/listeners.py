"""The subscribers of `bench.live`: a process that holds many websockets and does little else.

It is spoken to in lines of JSON: a plan on standard input, `ready` on standard output when all have
subscribed; then, for each phase, the times at which its events were published, and the answer how
many deliveries there were and how late.
"""

import asyncio
import base64
import os
import statistics
import sys
import time
from typing import Any, Final

import orjson
import uvloop
from msgspec import Struct

from app.core.ids import new_id

AT_ONCE: Final = 20  # handshakes; sockets that are not signed in yet are few for one address
PATIENCE: Final = 20.0
QUIET: Final = 0.3  # looking at frames while more are coming would make them late
MARK: Final = b'"movie_'
MARK_LENGTH: Final = 6 + 32
OPEN, TEXT, PING, PONG = 0x80, 0x81, 0x89, 0x8A
PING_LENGTH: Final = 6  # those of uvicorn: four bytes to be said again
QUERY: Final = """subscription Changes {
  libraryChanged { libraryId event added updated removed lagged library { id name } } }"""


class Plan(Struct):
    """Where to connect, and with whose tokens: one socket each."""

    host: str
    port: int
    tokens: list[str]


Came = tuple["Listener", bytes, float]


class Listener(asyncio.Protocol):
    """One websocket with one subscription; notes when which event arrived."""

    def __init__(self, token: str, came: list[Came], told: list[tuple[bytes, float]]) -> None:
        self._token, self._came, self._told = token, came, told
        self._transport: Any = None
        self._left = b""
        self._shaken = self._subscribed = False
        loop = asyncio.get_running_loop()
        self.acknowledged: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            "GET /graphql HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n"
            "connection: upgrade\r\nsec-websocket-version: 13\r\n"
            "sec-websocket-protocol: graphql-transport-ws\r\n"
            "sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n"
            f"sec-websocket-key: {key}\r\n\r\n".encode()
        )

    def connection_lost(self, _: Exception | None) -> None:
        """It is over."""
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Note when it came; what it is can wait until nothing comes any more."""
        now = time.monotonic()
        if not self._subscribed:
            self.look(data, now)
        elif data[0] == PING and len(data) == PING_LENGTH:
            self._send(PONG, data[2:])
        else:
            self._came.append((self, data, now))

    def look(self, data: bytes, now: float) -> None:
        """Whole frames are looked at, the rest is kept."""
        data = self._left + data
        at = 0
        if not self._shaken:
            at = data.find(b"\r\n\r\n") + 4
            if at < 4:
                self._left = data
                return
            assert data.startswith(b"HTTP/1.1 101"), data
            self._shaken = True
            start = {"authorization": f"Bearer {self._token}"}
            self._send(TEXT, orjson.dumps({"type": "connection_init", "payload": start}))
        while (end := self._frame(data, at, now)) is not None:
            at = end
        self._left = data[at:]

    def _frame(self, data: bytes, at: int, now: float) -> int | None:
        """Look at the frame that begins here; answers where it ends, None if that is not there."""
        have = len(data)
        if have < at + 2:
            return None
        length, body = data[at + 1], at + 2
        if length == 126:
            length, body = int.from_bytes(data[at + 2 : at + 4]), at + 4
        elif length == 127:
            length, body = int.from_bytes(data[at + 2 : at + 10]), at + 10
        end = body + length
        if have < end:
            return None
        if data[at] == TEXT:
            mark = data.find(MARK, body, end)
            if mark > 0:
                self._told.append((data[mark + 1 : mark + 1 + MARK_LENGTH], now))
            else:
                self._speak(orjson.loads(data[body:end]))
        elif data[at] == PING:
            self._send(PONG, data[body:end])
        else:
            raise AssertionError(f"a frame of kind {data[at]:#x}: is it compressed?")
        return end

    def _speak(self, said: Any) -> None:
        assert said["type"] == "connection_ack", said
        payload = {"query": QUERY, "variables": {}}
        self._send(
            TEXT,
            orjson.dumps({"id": new_id().hex, "type": "subscribe", "payload": payload}),
        )
        self._subscribed = True
        self.acknowledged.set_result(None)

    def _send(self, kind: int, payload: bytes) -> None:
        head = bytes([kind, 0x80 | min(len(payload), 126)])
        if len(payload) >= 126:
            head += len(payload).to_bytes(2)
        self._transport.write(head + bytes(4) + payload)


class Listeners:
    """All of them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._came: list[Came] = []
        self._told: list[tuple[bytes, float]] = []
        self._lost = 0

    async def connect(self) -> None:
        """Until everybody has subscribed."""
        turns = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._one(token, turns) for token in self._plan.tokens))

    async def _one(self, token: str, turns: asyncio.Semaphore) -> None:
        loop = asyncio.get_running_loop()
        async with turns:
            made = loop.create_connection(
                lambda: Listener(token, self._came, self._told), self._plan.host, self._plan.port
            )
            _, listener = await made
            await asyncio.wait_for(listener.acknowledged, PATIENCE)
            listener.lost.add_done_callback(self._count_lost)

    def _count_lost(self, _: object) -> None:
        self._lost += 1

    async def phase(self, published: dict[str, float]) -> dict[str, Any]:
        """How these events arrived: waits for the last of them, and forgets them."""
        wanted = len(published) * len(self._plan.tokens)
        ends = time.monotonic() + PATIENCE
        while len(self._told) < wanted and time.monotonic() < ends:
            await asyncio.sleep(QUIET)
            if self._came and time.monotonic() - self._came[-1][2] > QUIET:
                for listener, data, now in self._came:
                    listener.look(data, now)
                self._came.clear()
        at = {ref.encode(): then for ref, then in published.items()}
        late = sorted(now - at[ref] for ref, now in self._told)
        told, self._told[:] = len(self._told), []
        steps = statistics.quantiles(late, n=100) if len(late) > 1 else [0.0] * 99
        return {
            "wanted": wanted,
            "delivered": told,
            "lost_sockets": self._lost,
            "p50": steps[49],
            "p99": steps[98],
            "most": late[-1] if late else 0.0,
        }


async def _main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    listeners = Listeners(_plan(await reader.readline()))
    await listeners.connect()
    print("ready", flush=True)
    while line := await reader.readline():
        print(orjson.dumps(await listeners.phase(orjson.loads(line))).decode(), flush=True)


def _plan(line: bytes) -> Plan:
    given = orjson.loads(line)
    return Plan(given["host"], given["port"], given["tokens"])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())
