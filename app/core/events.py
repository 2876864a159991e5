"""Events: facts with ids, declared as data, leaving through the outbox."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec
from msgspec import Struct

E = TypeVar("E", bound="type[Event]")


class Audit(Struct, frozen=True):
    """What the activity log says an event is about: a kind of resource, and the field with its id.

    Fields of the event named `changes` (a dictionary without secrets), `success` and `problem` go
    into the log as they are.
    """

    resource: str
    id: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """Something that has happened. `live` is the topic template subscribers listen to."""

    name: ClassVar[str]
    live: ClassVar[str | None]
    audit: ClassVar[Audit | None]

    def topic(self) -> str | None:
        """The live topic of this very event, or None."""
        if self.live is None:
            return None
        return self.live.format(**{f: getattr(self, f) for f in self.__struct_fields__})

    def payload(self) -> dict[str, Any]:
        """The fields as they are stored and sent."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def event(name: str, *, live: str | None = None, audit: Audit | None = None) -> Callable[[E], E]:
    """Declare an Event class: `noun.verb`, where subscribers hear of it, and whether it is logged
    as an activity.
    """

    def declare(cls: E) -> E:
        fields = set(cls.__struct_fields__)
        if audit is not None and audit.id is not None and audit.id not in fields:
            raise TypeError(f"{cls.__name__}: audit names the unknown field {audit.id}")
        cls.name = name
        cls.live = live
        cls.audit = audit
        return cls

    return declare
