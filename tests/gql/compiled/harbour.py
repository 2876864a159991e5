"""A small schema of our kernel, with everything in it that a schema can have: a harbour.

`Harbour.ask` sends a document to both executors, each with a fleet of its own, and insists that
they answer alike.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, NewType
from uuid import UUID

import msgspec
import orjson
import strawberry
from msgspec import Struct
from msgspec.structs import replace
from strawberry.schema.config import StrawberryConfig

from app.context import Context
from app.core.access import PUBLIC, SYSTEM, Permission, Viewer
from app.core.config import GraphQLConfig
from app.core.metrics import Metrics
from app.core.page import Listing, Page
from app.gql.access import mutation, query, subscription
from app.gql.arguments import Doc, First, Ref
from app.gql.connection import Connection
from app.gql.edge import arg, edge
from app.gql.enums import expose
from app.gql.execution import Prepared, Request, Schema
from app.gql.info import Info
from app.gql.node import NodeRegistry, NodeRoots
from app.gql.scalars import SCALARS, BigInt
from app.gql.view import Node, field, interface, view
from tests.gql.comparison import canonical, difference
from tests.gql.executors import Executors
from tests.support.api import origin

BORN = datetime(1980, 5, 17, 8, 30, tzinfo=UTC)


class Flag(Enum):
    """Whose colours a ship flies."""

    RED = "red"
    BLUE = 2
    WHITE = "white"


expose(Flag, "Colours.", {Flag.RED: "Red.", Flag.BLUE: "Blue.", Flag.WHITE: "White."})


# What is shown of it is what its value makes of it: anything, nothing, or an exception.
Riddle = NewType("Riddle", object)
RIDDLE = strawberry.scalar(
    name="Riddle", description="Whatever it makes of itself.", serialize=lambda value: value()
)


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


@view(Port, node="port", load=batch("port"), access=PUBLIC)
class PortView(Node):
    """A place to land."""

    name: str = field("Name.")
    berths: int = field("How many ships can lie there.")
    ships: list["FloatingView"] = edge(berthed_at, "What lies there.", max=10)


@interface
class FloatingView(Node):
    """What swims."""

    name: str = field("Name.")
    port: PortView | None = edge(batch("port"), "Where it lies.", key="port_id")


@view(Sailor, node="sailor", load=batch("sailor"), access=PUBLIC)
class SailorView(Node):
    """Somebody aboard."""

    name: str = field("Name.")
    born: datetime = field("When.")
    wage: BigInt = field("In pennies.")
    port: PortView | None = edge(batch("port"), "Where they live.", key="port_id")
    diary: str = edge(probed("diary"), "Not for everybody.", access=Permission.USERS_LIST)


@view(Ship, node="ship", load=batch("ship"), access=PUBLIC)
class ShipView(FloatingView):
    """Something that sails."""

    length: float = field("In metres.")
    flag: Flag = field("Colours.")
    cargo: list[str] = field("What is aboard.")
    loud: str = field("The name, aloud.", of=lambda ship: ship.name.upper())
    captain: SailorView | None = edge(batch("sailor"), "Who commands.", key="captain_id")
    master: SailorView = edge(
        batch("sailor"), "Who commands; there has to be one.", key="captain_id"
    )
    crew: list[SailorView] = edge(crew_of, "Who is aboard.", first=arg(int, 2, le=10))
    crew_size: int = edge(lengths_of, "How many are aboard.")
    beside: list["ShipView"] = edge(beside, "The other ships.", max=10)
    orders: str | None = edge(probed("orders"), "Not for everybody.", access=Permission.USERS_LIST)


@view(Buoy, node="buoy", load=batch("buoy"), access=PUBLIC)
class BuoyView(FloatingView):
    """Something that stays where it is."""

    colour: str | None = field("Colour.")


Found = Annotated[
    ShipView | SailorView | PortView,
    strawberry.union("Found", description="What can be looked for."),
]


def pure(name: str) -> Any:
    """A computed field that is what the probe wants."""
    return field(f"{name}.", of=lambda probe: probe.of(name))


@view(Lower)
class LowerView:
    """What a test wants it to be, below a probe."""

    text: str | None = pure("text")
    sure_text: str = pure("sure_text")
    later: str | None = edge(probed("later"), "By a batch.")
    sure_later: str = edge(probed("sure_later"), "By a batch, not null.")
    deeper: "ProbeView | None" = edge(probed("deeper"), "By a batch.")
    sure_deeper: "ProbeView" = edge(probed("sure_deeper"), "By a batch, not null.")


@view(Probe)
class ProbeView:
    """What a test wants it to be: at once or by a batch, where null may stand and where not."""

    text: str | None = pure("text")
    sure_text: str = pure("sure_text")
    number: int | None = pure("number")
    fraction: float | None = pure("fraction")
    truth: bool | None = pure("truth")
    big: BigInt | None = pure("big")
    time: datetime | None = pure("time")
    flag: Flag | None = pure("flag")
    sure_flag: Flag = pure("sure_flag")
    riddle: Riddle | None = pure("riddle")
    below: LowerView | None = pure("below")
    sure_below: LowerView = pure("sure_below")
    many: list[int | None] | None = pure("many")
    many_sure: list[int | None] = pure("many_sure")
    sure_many: list[int] | None = pure("sure_many")
    sure_many_sure: list[int] = pure("sure_many_sure")
    belows: list[LowerView | None] | None = pure("belows")
    sure_belows: list[LowerView] = pure("sure_belows")
    either: Found | None = pure("either")
    floating: FloatingView | None = pure("floating")
    matrix: list[list[int | None] | None] | None = pure("matrix")
    later: str | None = edge(probed("later"), "By a batch.")
    sure_later: str = edge(probed("sure_later"), "By a batch, not null.")
    below_later: LowerView | None = edge(probed("below_later"), "By a batch.")
    sure_below_later: LowerView = edge(probed("sure_below_later"), "By a batch, not null.")
    belows_later: list[LowerView | None] = edge(probed("belows_later"), "By a batch.", max=10)
    sure_belows_later: list[LowerView] = edge(probed("sure_belows_later"), "A batch.", max=10)
    numbers_later: list[int] = edge(probed("numbers_later"), "By a batch.", max=10)


@strawberry.input(description="What is to be shipped.")
class CargoInput:
    """What is to be shipped."""

    name: str = strawberry.field(description="Name.")
    weight: int | None = strawberry.field(default=None, description="In tons.")
    flag: Flag = strawberry.field(default=Flag.RED, description="Colours.")
    tags: list[str] | None = strawberry.field(default=None, description="Tags.")
    inside: "CargoInput | None" = strawberry.field(default=None, description="What is in it.")


@strawberry.input(one_of=True, description="Where to land: one of these.")
class BerthInput:
    """Where to land: one of these."""

    port: str | None = strawberry.field(default=strawberry.UNSET, description="In a port.")
    number: int | None = strawberry.field(default=strawberry.UNSET, description="At a number.")


@strawberry.input(description="A place on a voyage.")
class StopInput:
    """A place on a voyage, with names of two words."""

    port_name: str = strawberry.field(description="Name of the port.")
    days_there: int = strawberry.field(default=3, description="How long.")
    next_stop: "StopInput | None" = strawberry.field(default=None, description="The next.")


Text = Annotated[str, Doc("A text.")]
Number = Annotated[int, Doc("A number.")]


def told(**given: Any) -> str:
    """Arguments as they arrived."""
    return ", ".join(f"{name}={_plain(value)}" for name, value in sorted(given.items()))


def _plain(value: Any) -> str:
    if isinstance(value, CargoInput | BerthInput | StopInput):
        given = {name: one for name, one in vars(value).items() if one is not strawberry.UNSET}
        return f"{type(value).__name__.removesuffix('Input').lower()}({told(**given)})"
    return f"[{', '.join(map(_plain, value))}]" if isinstance(value, list) else repr(value)


@strawberry.type
class Asked:
    """Roots that say what they were given."""

    @query(str, access=PUBLIC)
    async def text(self, info: Info, text: Annotated[str | None, Doc("A text.")] = None) -> str:
        """A text that may be left out."""
        return told(text=text)

    @query(str, access=PUBLIC)
    async def sure(self, info: Info, text: Text) -> str:
        """A text that has to be there."""
        return told(text=text)

    @query(str, access=PUBLIC)
    async def usual(self, info: Info, text: Text = "as ever", number: Number = 7) -> str:
        """What is not null, and has a default."""
        return told(text=text, number=number)

    @query(str, access=PUBLIC)
    async def cargo(
        self, info: Info, cargo: Annotated[CargoInput | None, Doc("Cargo.")] = None
    ) -> str:
        """An input."""
        return told(cargo=cargo)

    @query(str, access=PUBLIC)
    async def lists(
        self,
        info: Info,
        texts: Annotated[list[str | None] | None, Doc("Texts.")] = None,
        sure: Annotated[list[str] | None, Doc("Texts, none of them null.")] = None,
        cargos: Annotated[list[CargoInput] | None, Doc("Cargos.")] = None,
        matrix: Annotated[list[list[int]] | None, Doc("Numbers in rows.")] = None,
    ) -> str:
        """Lists."""
        return told(texts=texts, sure=sure, cargos=cargos, matrix=matrix)

    @query(str, access=PUBLIC)
    async def leaves(
        self,
        info: Info,
        flag: Annotated[Flag | None, Doc("Colours.")] = None,
        fraction: Annotated[float | None, Doc("A fraction.")] = None,
        truth: Annotated[bool | None, Doc("A truth.")] = None,
        time: Annotated[datetime | None, Doc("A time.")] = None,
        big: Annotated[BigInt | None, Doc("A big number.")] = None,
    ) -> str:
        """One of every leaf."""
        return told(flag=flag, fraction=fraction, truth=truth, time=time, big=big)

    @query(str | None, access=PUBLIC)
    async def berth(self, info: Info, at: Annotated[BerthInput, Doc("Where.")]) -> str:
        """An input of which one field is given."""
        return told(at=at)

    @query(str, access=PUBLIC)
    async def voyage(
        self,
        info: Info,
        home_port: Text = "Sund",
        first_stop: Annotated[StopInput | None, Doc("The first.")] = None,
    ) -> str:
        """Arguments with names of two words."""
        return told(home_port=home_port, first_stop=first_stop)


ShipId = Annotated[UUID, Ref("ship"), Doc("Id of a ship.")]


@strawberry.type
class Query(Asked, NodeRoots):
    """What can be asked."""

    @query(ShipView | None, access=PUBLIC)
    async def ship(self, info: Info, id: ShipId) -> Any:  # noqa: A002 - as everywhere
        """A ship."""
        await fleet(info).reach("root.ship")
        return id

    @query(ShipView, access=PUBLIC)
    async def flagship(self, info: Info) -> Any:
        """The ship there has to be."""
        await fleet(info).reach("root.flagship")
        return fleet(info).things[uuid(20)]

    @query(Connection[ShipView], access=PUBLIC)
    async def ships(self, info: Info, first: First = 20) -> Any:
        """All ships."""
        app = fleet(info)
        await app.reach("root.ships")
        ids = [i for i, thing in app.things.items() if isinstance(thing, Ship)]

        async def count() -> int:
            await app.reach("count")
            return len(ids)

        shown = tuple(ids[:first])
        return Listing(
            Page(ids=shown, keys=tuple(msgspec.msgpack.encode((i,)) for i in shown)), count
        )

    @query(list[FloatingView | None], access=PUBLIC, max=10)
    async def afloat(self, info: Info) -> Any:
        """Whatever swims."""
        await fleet(info).reach("root.afloat")
        found = [t for t in fleet(info).things.values() if isinstance(t, Ship | Buoy)]
        return [*found[:2], None, *found[2:]]

    @query(list[Found], access=PUBLIC, max=10)
    async def find(self, info: Info) -> Any:
        """Whatever is found."""
        await fleet(info).reach("root.find")
        return fleet(info).found or [fleet(info).things[uuid(n)] for n in (20, 10, 1, 21)]

    @query(ProbeView | None, access=PUBLIC)
    async def probe(self, info: Info) -> Any:
        """What a test wants."""
        await fleet(info).reach("root.probe")
        return Probe(uuid(90), fleet(info).probe)

    @query(ProbeView, access=PUBLIC)
    async def sure_probe(self, info: Info) -> Any:
        """The same where null may not stand."""
        await fleet(info).reach("root.sure_probe")
        return Probe(uuid(90), fleet(info).probe)

    @query(str, access=Permission.USERS_LIST)
    async def log(self, info: Info) -> str:
        """Not for everybody."""
        await fleet(info).reach("root.log")
        return "sunny"


@strawberry.type
class Mutation:
    """What can be done."""

    @mutation(str | None, access=PUBLIC)
    async def note(self, info: Info, text: Text, pause: Number = 0) -> str:
        """Note something, after a while."""
        app = fleet(info)
        for _ in range(min(pause, 20)):
            await asyncio.sleep(0)
        await app.reach(f"note.{text}")
        app.logged.append(text)
        return " ".join(app.logged)

    @mutation(str, access=PUBLIC)
    async def sure_note(self, info: Info, text: Text) -> str | None:
        """Note something; the answer may not be null."""
        app = fleet(info)
        await app.reach(f"note.{text}")
        app.logged.append(text)
        return None if text == "null" else " ".join(app.logged)

    @mutation(ShipView, access=PUBLIC)
    async def rename(self, info: Info, id: ShipId, name: Text) -> Any:  # noqa: A002
        """Rename a ship."""
        app = fleet(info)
        before = app.things[id]
        app.things[id] = Ship(
            **{n: getattr(before, n) for n in Ship.__struct_fields__} | {"name": name}
        )
        return id

    @mutation(str | None, access=PUBLIC)
    async def land(self, info: Info, at: Annotated[BerthInput, Doc("Where.")]) -> str:
        """Land somewhere."""
        fleet(info).logged.append(told(at=at))
        return told(at=at)

    @mutation(FloatingView | None, access=PUBLIC)
    async def launch(self, info: Info) -> Any:
        """Launch something of which nobody knows what it is."""
        fleet(info).logged.append("launched")
        return Stranger(uuid(5))


@strawberry.type
class Subscription:
    """What can be listened to."""

    @subscription(ProbeView, access=PUBLIC)
    async def probes(self, info: Info, count: Number = 2) -> AsyncGenerator[Any, None]:
        """Some probes, one after the other."""
        for number in range(min(count, 1000)):
            yield Probe(uuid(90 + number), {"number": number, **fleet(info).probe})

    @subscription(ProbeView | None, access=PUBLIC)
    async def signals(self, info: Info) -> AsyncGenerator[Any, None]:
        """What a test wants: an exception is one of the events, and what is raised ends them."""
        app = fleet(info)
        await app.reach("root.signals")
        try:
            for event in app.events:
                if isinstance(event, Raised):
                    raise event.error
                yield Probe(uuid(90), event) if isinstance(event, dict) else event
                await app.reach("signals")
        finally:
            app.closed.append("signals")


def fleet(info: Info) -> Fleet:
    """What stands for the application."""
    app: Any = info.app
    assert isinstance(app, Fleet)
    return app


SOMEBODY = replace(SYSTEM, user_id=uuid(99))
VIEWS = (PortView, SailorView, ShipView, BuoyView)


def harbour_schema() -> Schema:
    """The schema."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*VIEWS],
        extensions=[Prepared],
        config=StrawberryConfig(
            scalar_map={**SCALARS, Riddle: RIDDLE}, info_class=Info, disable_field_suggestions=True
        ),
    )


class Harbour:
    """Both executors of the schema."""

    def __init__(self, **limits: Any) -> None:
        config = GraphQLConfig(**limits)
        self.executors = Executors(harbour_schema, config, Metrics())
        self.nodes = NodeRegistry(VIEWS)
        self.fleet = Fleet()

    def context(self, fleet: Fleet, viewer: Viewer = SOMEBODY) -> Context:
        """Of one operation."""
        app: Any = fleet
        return Context(app, self.nodes, lambda: viewer, origin())

    async def ask(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        set_up: Callable[[Fleet], None] = lambda _: None,
        *,
        name: str | None = None,
        viewer: Viewer = SOMEBODY,
        left: Collection[str] | None = (),
    ) -> Any:
        """What both answer, each on a fleet of its own that `set_up` has changed. `left` are the
        reasons for which this document is left to the reference executor; None for any.
        """
        request = Request(document, dict(variables or {}), name)
        before = self.executors.fallbacks()

        async def run(executor: Any) -> dict[str, Any]:
            self.fleet = Fleet()
            set_up(self.fleet)
            context = self.context(self.fleet, viewer)
            return await self.executors.answer(executor, request, viewer, context)

        expected = await run(self.executors.reference)
        by_reference = self.fleet
        found = await run(self.executors.compiled)
        by_plan = self.fleet
        told = await difference(expected, found, lambda: run(self.executors.lenient))
        assert told is None, (told, expected, found)
        self.fleet = by_plan
        assert sorted(by_plan.logged) == sorted(by_reference.logged)
        after = self.executors.fallbacks()
        fallbacks = {r for r in after if after[r] != before.get(r, 0)}
        assert left is None or fallbacks == set(left)
        return orjson.loads(canonical(found))
