"""Many who come in the same moment are let in a few at a time, so that the event loop can breathe.

Whatever is ready runs within one turn of the event loop. Of hundreds of requests that arrive at
once, everybody else would have to wait for all of them.
"""

import asyncio
from collections import deque


class Turnstile:
    """Lets a few through in each turn of the event loop, in order. It stands in one loop."""

    _loop: asyncio.AbstractEventLoop

    def __init__(self, each_turn: int) -> None:
        self._most = each_turn
        self._entered = False
        self._passed = 0
        self._turning = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Until it is one's turn: at once where nobody else comes."""
        if not self._entered:  # to ask for it each time is a system call, up to Python 3.11
            self._loop, self._entered = asyncio.get_running_loop(), True
        if not self._waiting and self._passed < self._most:
            self._passed += 1
            if not self._turning:
                self._turning = True
                self._loop.call_soon(self._turn)
            return
        turn = self._loop.create_future()
        self._waiting.append(turn)
        await turn

    def _turn(self) -> None:
        self._passed = 0
        while self._waiting and self._passed < self._most:
            turn = self._waiting.popleft()
            if not turn.done():  # it may have been cancelled
                turn.set_result(None)
                self._passed += 1
        self._turning = self._passed > 0
        if self._turning:
            self._loop.call_soon(self._turn)
