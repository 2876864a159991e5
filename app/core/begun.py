"""Work that was begun in one place, and is waited for in another of the same task."""

from collections.abc import Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """Work that waits for something already: its steps, and what the first one that waits for.

    It has to go on in the task that began it, whose time limits it may be under.
    """

    def __init__(self, steps: Generator[Any, Any, T], waited: Any) -> None:
        self._steps, self._waited = steps, waited

    def __await__(self) -> Generator[Any, Any, T]:
        while True:
            try:
                yield self._waited
            except BaseException as error:  # noqa: BLE001 - the work's own: it is often cancelled
                try:
                    self._waited = self._steps.throw(error)
                except StopIteration as done:
                    result: T = done.value
                    return result
            else:
                return (yield from self._steps)
