"""Events: facts with ids, declared as data, leaving through the outbox."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec
from msgspec import Struct

E = TypeVar("E", bound="type[Event]")


class Event(Struct, frozen=True, kw_only=True):
    """Something that has happened. `live` is the topic template subscribers listen to."""

    name: ClassVar[str]
    live: ClassVar[str | None]

    def topic(self) -> str | None:
        """The live topic of this very event, or None."""
        if self.live is None:
            return None
        return self.live.format(**{f: getattr(self, f) for f in self.__struct_fields__})

    def payload(self) -> dict[str, Any]:
        """The fields as they are stored and sent."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def event(name: str, *, live: str | None = None) -> Callable[[E], E]:
    """Declare an Event class: `noun.verb`, and where subscribers hear of it."""

    def declare(cls: E) -> E:
        cls.name = name
        cls.live = live
        return cls

    return declare
