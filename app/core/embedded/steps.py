"""Starting a server in steps: what waits for it can do other things between two of them."""

import time
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
# Yields wherever there is nothing to do but wait; its value is what was waited for.
Steps = Generator[None, None, T]
PAUSE = 0.01  # seconds between two steps


def finish(steps: Steps[T]) -> T:
    """Go through all steps, with pauses."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            value: T = done.value
            return value
        time.sleep(PAUSE)


def pause(seconds: float) -> Steps[None]:
    """Let some time go by."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield
