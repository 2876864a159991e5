"""The table of API keys; tokens are stored as hashes only."""

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, LargeBinary, Table, Text, Uuid, func

from app.core.tables import metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("prefix", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("scopes", ARRAY(Text(collation="C")), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), index=True),
    Column("last_used_at", DateTime(timezone=True)),
    Column("last_address", Text),
    Column("revoked_at", DateTime(timezone=True), index=True),
)
