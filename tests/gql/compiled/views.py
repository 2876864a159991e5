"""What is shown of a harbour, and what is given to it: the types of its schema."""

from datetime import datetime
from typing import Annotated, Any, NewType

import strawberry

from app.core.access import PUBLIC, Permission
from app.gql.edge import arg, edge
from app.gql.scalars import BigInt
from app.gql.view import Node, field, interface, view
from tests.gql.compiled.fleet import (
    Buoy,
    Flag,
    Lower,
    Port,
    Probe,
    Sailor,
    Ship,
    batch,
    berthed_at,
    beside,
    crew_of,
    lengths_of,
    probed,
)

# What is shown of it is what its value makes of it: anything, nothing, or an exception.
Riddle = NewType("Riddle", object)
RIDDLE = strawberry.scalar(
    name="Riddle", description="Whatever it makes of itself.", serialize=lambda value: value()
)


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
