"""Entries of the activity log, written as the kernel writes them."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM, Client, Viewer
from app.core.events import Audit, Event, event
from app.core.ids import new_id

INSERT: Final = text("""
insert into activity_log (id, at, action, actor_id, actor_name, resource_type, resource_id,
                          changes, address, agent, success, problem)
values (:id, coalesce(cast(:at as timestamptz), now()), :action, :actor_id, :actor_name,
        :resource_type, :resource_id, cast(:changes as jsonb), :address, :agent, :success, :problem)
""")


@event("tests.done", audit=Audit("thing", "thing_id"))
class Done(Event, frozen=True, kw_only=True):
    """Something was done to a thing."""

    thing_id: UUID
    changes: dict[str, Any] | None = None
    success: bool = True
    problem: str | None = None


def row(action: str = "tests.done", **values: Any) -> dict[str, Any]:
    """An entry of nobody about nothing, but for what is said."""
    nothing = dict.fromkeys(
        ("at", "actor_id", "actor_name", "resource_type", "resource_id", "address", "agent")
    )
    made = {"id": new_id(), "action": action, "success": True, "problem": None, **nothing, **values}
    return made | {"changes": json.dumps(values.get("changes"))}


async def write(app: Container, *rows: dict[str, Any]) -> list[UUID]:
    """Put entries into the log, in this order."""
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(INSERT, list(rows))
    return [made["id"] for made in rows]


def from_somewhere(viewer: Viewer, address: str = "192.0.2.7", agent: str = "A Browser") -> Viewer:
    """The viewer as one who came over the network."""
    return msgspec.structs.replace(viewer, client=Client(address, agent))


def iso(moment: datetime) -> str:
    """As the API takes times."""
    return moment.isoformat()
