"""A small schema of our kernel, with everything in it that a schema can have: a harbour.

`Harbour.ask` sends a document to both executors, each with a fleet of its own, and insists that
they answer alike.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import orjson
import strawberry
from msgspec.structs import replace
from strawberry.schema.config import StrawberryConfig

from app.context import Context
from app.core.access import PUBLIC, SYSTEM, Permission, Viewer
from app.core.config import GraphQLConfig
from app.core.metrics import Metrics
from app.core.page import Listing, Page
from app.gql.access import mutation, query, subscription
from app.gql.arguments import Bounds, Doc, First, Length, Ref
from app.gql.connection import Connection
from app.gql.execution import Prepared, Request, Schema
from app.gql.info import Info
from app.gql.node import NodeRegistry, NodeRoots
from app.gql.scalars import SCALARS, BigInt
from tests.gql.comparison import canonical, difference
from tests.gql.compiled.fleet import Buoy, Flag, Fleet, Probe, Raised, Ship, Stranger, uuid
from tests.gql.compiled.views import (
    RIDDLE,
    BerthInput,
    BuoyView,
    CargoInput,
    FloatingView,
    Found,
    PortView,
    ProbeView,
    Riddle,
    SailorView,
    ShipView,
    StopInput,
)
from tests.gql.executors import Executors
from tests.support.api import origin

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
    async def bounded(
        self,
        info: Info,
        first: Annotated[int, Bounds(1, 9), Doc("A number.")] = 1,
        after: Annotated[str | None, Length(1, 9), Doc("A text.")] = None,
    ) -> str:
        """What has limits of its own."""
        return told(first=first, after=after)

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
