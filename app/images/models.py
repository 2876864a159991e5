"""The table of artwork references."""

from sqlalchemy import Column, ForeignKey, SmallInteger, Table, Text, Uuid

from app.core.tables import metadata

artwork = Table(
    "artwork",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("url", Text),
    Column("file_id", Uuid, ForeignKey("library_files.id", ondelete="CASCADE"), index=True),
    Column("position", SmallInteger, nullable=False, server_default="0"),
)
