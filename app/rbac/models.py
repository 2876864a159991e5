"""Tables of roles and grants."""

from sqlalchemy import Column, DateTime, ForeignKey, Table, Text, Uuid, func

from app.core.tables import metadata

user_roles = Table(
    "user_roles",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, primary_key=True),
)

library_grants = Table(
    "library_grants",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "library_id",
        Uuid,
        ForeignKey("libraries.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    Column("granted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
