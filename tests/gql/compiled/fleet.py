"""What there is in a harbour: ports, ships, those aboard, and the batches that load them."""

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from msgspec import Struct

from app.core.access import Viewer
from app.gql.enums import expose

BORN = datetime(1980, 5, 17, 8, 30, tzinfo=UTC)


class Flag(Enum):
    """Whose colours a ship flies."""

    RED = "red"
    BLUE = 2
    WHITE = "white"


expose(Flag, "Colours.", {Flag.RED: "Red.", Flag.BLUE: "Blue.", Flag.WHITE: "White."})


class Port(Struct, frozen=True):
    """A place to land."""

    id: UUID
    name: str
    berths: int


class Sailor(Struct, frozen=True):
    """Somebody aboard."""

    id: UUID
    name: str
    born: datetime
    wage: int
    port_id: UUID | None = None


class Ship(Struct, frozen=True):
    """Something that sails."""

    id: UUID
    name: str
    length: float
    flag: Flag
    port_id: UUID | None = None
    captain_id: UUID | None = None
    cargo: tuple[str, ...] = ()


class Buoy(Struct, frozen=True):
    """Something that stays where it is."""

    id: UUID
    name: str
    colour: str | None
    port_id: UUID | None = None


class Stranger(Struct, frozen=True):
    """Something that no type of the schema stands for."""

    id: UUID


class Raised(Struct, frozen=True):
    """What a batch does instead of answering."""

    error: Exception


class Probe(Struct, frozen=True):
    """Something whose every field is what a test wants it to be: `values` by their names."""

    id: UUID
    values: dict[str, Any]

    def of(self, name: str) -> Any:
        """The value of a field; an exception is raised."""
        value = self.values.get(name)
        if isinstance(value, Exception):
            raise value
        return value


class Lower(Probe, frozen=True):
    """The same below another one."""


def uuid(number: int) -> UUID:
    """An id that is the same every time."""
    return UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + number)


class Fleet:
    """What there is. `trouble` is raised by the batch or root of that name; `calls` is what was
    asked for; `gates` are waited for by batches of that name.
    """

    def __init__(self) -> None:
        ports = [Port(uuid(n), name, n) for n, name in enumerate(("Nordhafen", "Sund"), 1)]
        names = ("Ada", "Bo", "Cleo", "Dag")
        sailors = [
            Sailor(uuid(10 + n), name, BORN, 2**33 + n, ports[n % 2].id if n < 3 else None)
            for n, name in enumerate(names)
        ]
        ships = [
            Ship(uuid(20), "Albatros", 30.5, Flag.RED, uuid(1), uuid(10), ("salt", "tea")),
            Ship(uuid(21), "Biene", 12.0, Flag.BLUE, uuid(2), uuid(11)),
            Ship(uuid(22), "Condor", 7.25, Flag.WHITE, uuid(1), None, ("fish",)),
        ]
        buoys = [Buoy(uuid(30), "Mark One", "green", uuid(1)), Buoy(uuid(31), "Mark Two", None)]
        everything: list[Any] = [*ports, *sailors, *ships, *buoys]
        self.things: dict[UUID, Any] = {thing.id: thing for thing in everything}
        self.crews = {uuid(20): (10, 12, 13), uuid(21): (11, 10), uuid(22): ()}
        self.trouble: dict[str, Exception] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.reached: dict[str, asyncio.Event] = {}
        self.probe: dict[str, Any] = {}
        self.events: list[Any] = []
        self.closed: list[str] = []
        self.found: list[Any] = []
        self.logged: list[str] = []

    async def reach(self, name: str, keys: Collection[Any] = ()) -> None:
        """Note that something is asked for, wait where a test wants it, and fail where it does."""
        self.calls.append((name, tuple(keys)))
        self.reached.setdefault(name, asyncio.Event()).set()
        if name in self.gates:
            await self.gates[name].wait()
        if name in self.trouble:
            raise self.trouble[name]

    async def by_ids(self, name: str, ids: Collection[UUID]) -> dict[UUID, Any]:
        """Things by their ids."""
        await self.reach(name, ids)
        return {i: self.things[i] for i in ids if i in self.things}


def batch(name: str) -> Callable[..., Any]:
    """A batch by id."""

    async def load(app: Fleet, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Any]:
        return await app.by_ids(name, ids)

    return load


async def crew_of(
    app: Fleet, viewer: Viewer, ids: Collection[UUID], first: int
) -> dict[UUID, list[Any]]:
    await app.reach("crew", ids)
    return {i: [app.things[uuid(n)] for n in app.crews[i][:first]] for i in ids if i in app.crews}


async def berthed_at(app: Fleet, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    await app.reach("ships", ids)
    ships = [thing for thing in app.things.values() if isinstance(thing, Ship | Buoy)]
    return {i: [ship for ship in ships if ship.port_id == i] for i in ids}


async def beside(app: Fleet, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    await app.reach("beside", ids)
    ships = [thing for thing in app.things.values() if isinstance(thing, Ship)]
    return {i: [ship for ship in ships if ship.id != i] for i in ids}


async def lengths_of(app: Fleet, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Any]:
    await app.reach("crew_size", ids)
    return {i: len(app.crews.get(i, ())) for i in ids}


def probed(name: str) -> Callable[..., Any]:
    """A batch that answers what the probe wants for a field."""

    async def load(app: Fleet, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Any]:
        await app.reach(f"probe.{name}", ids)
        value = app.probe.get(name)
        if isinstance(value, Raised):
            raise value.error
        return dict.fromkeys(ids, value)

    return load
