"""Tables of accounts."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    true,
)

from app.core.tables import metadata

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False, unique=True),
    Column("display_name", Text),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("max_age", SmallInteger),
    Column("email", Text),
    Column("email_key", Text, unique=True),
    Column("email_verified_at", DateTime(timezone=True)),
    Column("locale", Text, nullable=False, server_default="en-US"),
    Column("timezone", Text, nullable=False, server_default="UTC"),
    Column("avatar_id", Uuid, unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_login_at", DateTime(timezone=True)),
    Column("deleted_at", DateTime(timezone=True)),
)
# What a search begins with: the beginning of a name or an address.
Index(
    "ix_users_username_prefix",
    users.c.username_key,
    postgresql_ops={"username_key": "text_pattern_ops"},
)
Index("ix_users_email_prefix", users.c.email_key, postgresql_ops={"email_key": "text_pattern_ops"})
Index(
    "ix_users_name_prefix",
    func.lower(users.c.display_name).label("name_key"),
    postgresql_ops={"name_key": "text_pattern_ops"},
)
Index("ix_users_created_at", users.c.created_at, users.c.id)
Index(
    "ix_users_deleted_at",
    users.c.deleted_at,
    users.c.id,
    postgresql_where=users.c.deleted_at.is_not(None),
)
