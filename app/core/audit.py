"""The activity log is written with what it tells of: in the same commit, or not at all.

An event that is declared with `audit=` leaves a row when it is emitted; whoever does something has
nothing else to call. The slice `activity` reads the table.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Table,
    Text,
    Uuid,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.core.access import Viewer
from app.core.events import Event
from app.core.ids import new_id
from app.core.tables import metadata

MOST_AGENT = 300
TOPIC = "activity"  # where the ids of new rows are told

activity_log = Table(
    "activity_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
    Column("action", Text(collation="C"), nullable=False),
    Column("actor_id", Uuid),  # no foreign key: what was done outlives who did it
    Column("actor_name", Text),
    Column("api_key_id", Uuid),
    Column("resource_type", Text(collation="C")),
    Column("resource_id", Uuid),
    Column("changes", JSONB),
    Column("address", Text),
    Column("agent", Text),
    Column("success", Boolean, nullable=False, server_default=true()),
    Column("problem", Text),
    Index("ix_activity_log_actor_id", "actor_id", "id"),
    Index("ix_activity_log_action", "action", "id"),
    Index("ix_activity_log_resource", "resource_type", "resource_id", "id"),
    Index("ix_activity_log_failures", "id", postgresql_where=text("not success")),
)


def audited(events: Sequence[Event], viewer: Viewer) -> list[dict[str, Any]]:
    """The rows of those events that are declared with `audit`, in the order of the events."""
    return [_row(event, viewer) for event in events if event.audit is not None]


def _row(event: Event, viewer: Viewer) -> dict[str, Any]:
    audit = event.audit
    assert audit is not None  # noqa: S101 - chosen by the caller
    client = viewer.client
    changes: dict[str, Any] | None = getattr(event, "changes", None)
    found: UUID | None = getattr(event, audit.id, None) if audit.id else None
    return {
        "id": new_id(),
        "action": event.name,
        "actor_id": viewer.user_id,
        "actor_name": viewer.username,
        "api_key_id": viewer.api_key_id,
        "resource_type": audit.resource,
        "resource_id": found,
        "changes": msgspec.to_builtins(changes) if changes else None,
        "address": client.address or None,
        "agent": client.agent[:MOST_AGENT] or None,
        "success": getattr(event, "success", True),
        "problem": getattr(event, "problem", None),
    }
