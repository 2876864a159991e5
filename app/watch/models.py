"""The table of watch progress."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Uuid,
    false,
    func,
    text,
)

from app.core.tables import metadata

watch_progress = Table(
    "watch_progress",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    # The show of an episode, which stays the same; what is no part of anything is its own.
    Column("root_id", Uuid, nullable=False),
    Column("position", Double, nullable=False),
    Column("duration", Double),
    Column("completed", Boolean, nullable=False, server_default=false()),
    Column("plays", Integer, nullable=False, server_default="0"),
    Column("last_watched_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("completed_at", DateTime(timezone=True)),
)
Index("ix_watch_progress_recent", watch_progress.c.user_id, watch_progress.c.last_watched_at)
# Of each show what was watched last, without reading all that was.
Index(
    "ix_watch_progress_root",
    watch_progress.c.user_id,
    watch_progress.c.root_id,
    watch_progress.c.last_watched_at,
    postgresql_where=text("root_id <> item_id"),
)
