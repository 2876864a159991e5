"""Tables of roles and grants."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    func,
    text,
)

from app.core.tables import metadata

# Built-in rows are made by the migration; what they permit stands in code.
roles = Table(
    "roles",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text(collation="C"), unique=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text(collation="C"), nullable=False, unique=True),
    Column("description", Text, nullable=False, server_default=""),
    Column("permissions", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("built_in", Boolean, nullable=False, server_default=false()),
    Column("requires_factor", Boolean, nullable=False, server_default=false()),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

user_roles = Table(
    "user_roles",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", Uuid, ForeignKey("roles.id"), primary_key=True, index=True),
)

user_policies = Table(
    "user_policies",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("requires_factor", Boolean, nullable=False, server_default=false()),
)

library_grants = Table(
    "library_grants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column(
        "library_id",
        Uuid,
        ForeignKey("libraries.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE")),
    Column("role_id", Uuid, ForeignKey("roles.id", ondelete="CASCADE")),
    Column("level", Text(collation="C"), nullable=False, server_default="view"),
    Column("granted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("user_id", "library_id"),
    UniqueConstraint("role_id", "library_id"),
    CheckConstraint("num_nonnulls(user_id, role_id) = 1", name="one_grantee"),
)

hidden_libraries = Table(
    "hidden_libraries",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "library_id",
        Uuid,
        ForeignKey("libraries.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)
