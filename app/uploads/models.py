"""The table of uploads."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Table, Uuid

from app.core.tables import metadata

# A row is there before its bytes are and until they are gone, so that none is ever forgotten.
uploads = Table(
    "uploads",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("size", BigInteger),  # none until all of it has arrived
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("claimed_at", DateTime(timezone=True)),
)
