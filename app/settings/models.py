"""Tables of settings: a row only for what somebody has set."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.core.tables import metadata

server_settings = Table(
    "server_settings",
    metadata,
    Column("key", Text(collation="C"), primary_key=True),
    Column("value", JSONB(none_as_null=True)),
    Column("value_sealed", LargeBinary),  # instead of `value`, for what is secret
    Column("value_key_id", Text),
    Column("updated_by", Uuid, ForeignKey("users.id", ondelete="SET NULL"), index=True),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint(
        "(value is null) <> (value_sealed is null)"
        " and (value_sealed is null) = (value_key_id is null)",
        name="one_value",
    ),
)

user_settings = Table(
    "user_settings",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text(collation="C"), primary_key=True),
    Column("value", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
