"""Tables of accounts."""

from sqlalchemy import Boolean, Column, DateTime, SmallInteger, Table, Text, Uuid, func, true

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
    Column("avatar_id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_login_at", DateTime(timezone=True)),
    Column("deleted_at", DateTime(timezone=True)),
)
