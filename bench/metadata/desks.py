"""One desk for each provider: who comes when is written down, and it can be told to fail."""

import asyncio
import random
import socket
import struct
import time
from array import array
from bisect import bisect_left
from collections import Counter
from typing import Any, Final

from msgspec import Struct, field
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

GARBAGE: Final = b'{"results": [{"id": 1, "title": "\xff\xfe'
SERVER_ERROR, TOO_MANY = 500, 429


class Faults(Struct, frozen=True, kw_only=True):
    """What goes wrong at a provider: shares of its answers from 0 to 1, times in seconds. `hang`:
    no answer ever comes. `killed`: nobody listens any more.
    """

    errors: float = 0
    limited: float = 0
    retry_after: int = 1
    slow: float = 0
    delay: float = 1.0
    garbage: float = 0
    reset: float = 0
    hang: bool = False
    killed: bool = False


class Report(Struct, frozen=True, kw_only=True):
    """What a provider has seen: `most` came within one of the windows that were asked for, which
    are seconds. `level` is the largest number that a bucket which is emptied at the asked `rate`
    has held: whoever keeps a rate and a burst never fills it beyond the burst.
    """

    requests: int
    pictures: int
    seconds: float
    most: dict[str, int] = field(default_factory=dict)
    level: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)


class Desk:
    """What one provider is asked, and how it fails."""

    def __init__(self, name: str, seed: int) -> None:
        self.name, self.faults = name, Faults()
        self._chance = random.Random(f"{seed} {name}")
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self._arrivals = array("d")
        self._statuses: Counter[str] = Counter()
        self._pictures = 0

    def report(self, windows: list[float], rate: float) -> Report:
        """What was asked until now."""
        came = self._arrivals
        return Report(
            requests=len(came),
            pictures=self._pictures,
            seconds=came[-1] - came[0] if came else 0.0,
            most={f"{window:g}": _most(came, window) for window in windows},
            level=_level(came, rate) if rate > 0 else 0.0,
            statuses=dict(self._statuses),
        )

    def shown(self) -> None:
        """A picture was asked for, which is no question to the provider."""
        self._pictures += 1

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or fail as it was told to."""
        self._arrivals.append(time.monotonic())
        instead = await self._failing(scope, receive)

        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._statuses[str(message["status"])] += 1
            await send(message)

        if instead is not None:
            await instead(scope, receive, noted)
        elif not scope.get("gone"):
            await app(scope, receive, noted)

    async def _failing(self, scope: Scope, receive: Receive) -> Response | None:
        faults, draw = self.faults, self._chance.random
        if faults.hang:
            self._statuses["hung"] += 1
            await left(receive)
            scope["gone"] = True
            return None
        if draw() < faults.reset:
            self._statuses["reset"] += 1
            reset(scope["transport"])
            scope["gone"] = True
            return None
        if draw() < faults.slow:
            await asyncio.sleep(faults.delay)
        if draw() < faults.limited:
            return Response(status_code=TOO_MANY, headers={"retry-after": str(faults.retry_after)})
        if draw() < faults.errors:
            return Response(b"<h1>Internal error</h1>", SERVER_ERROR, media_type="text/html")
        if draw() < faults.garbage:
            return Response(GARBAGE, media_type="application/json")
        return None


async def left(receive: Receive) -> None:
    """Wait until whoever asked has given up."""
    while (await receive())["type"] != "http.disconnect":
        pass


def reset(transport: asyncio.Transport) -> None:
    """Leave in a way that the other side cannot mistake for an end."""
    told = transport.get_extra_info("socket")
    told.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _most(came: "array[float]", window: float) -> int:
    """How many came at most within so many seconds."""
    most = 0
    for place, moment in enumerate(came):
        most = max(most, place + 1 - bisect_left(came, moment - window))
    return most


def _level(came: "array[float]", rate: float) -> float:
    level, most, before = 0.0, 0.0, None
    for moment in came:
        passed = moment - before if before is not None else 0.0
        level = max(0.0, level - passed * rate) + 1
        most, before = max(most, level), moment
    return most
