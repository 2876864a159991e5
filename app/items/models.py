"""Tables of items and their playable versions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    func,
)

from app.core.tables import metadata

items = Table(
    "items",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("library_id", Uuid, ForeignKey("libraries.id"), nullable=False),
    Column("parent_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), index=True),
    Column("certification", Text),
    Column("age", SmallInteger),
    Column("state", Text, nullable=False, server_default="available"),
    Column("missing_since", DateTime(timezone=True)),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_items_library", items.c.library_id, items.c.kind, items.c.added_at, items.c.id)
Index("ix_items_recent", items.c.added_at, items.c.id)
Index(
    "ix_items_missing",
    items.c.missing_since,
    postgresql_where=items.c.missing_since.is_not(None),
)

# How many items there are of each sort, as the sum of amounts: triggers on `items` add a row for
# what each statement changes, less as well as more. Of a library that is gone they sum up to none.
item_counts = Table(
    "item_counts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("library_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("age", SmallInteger),
    Column("amount", BigInteger, nullable=False),
)

item_versions = Table(
    "item_versions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("edition", Text),
    Column("format_3d", Text),
    Column("source", Text),
    Column("height", Integer),
    Column("resolution", Text),
    Column("hdr", Text),
    Column("duration", Double),
    Column("confidence", Double),
    Column("chosen", Boolean, nullable=False, server_default=false()),
)
Index("ix_item_versions_resolution", item_versions.c.resolution, item_versions.c.item_id)

version_files = Table(
    "version_files",
    metadata,
    Column("file_id", Uuid, ForeignKey("library_files.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "version_id",
        Uuid,
        ForeignKey("item_versions.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    Column("part", SmallInteger),
)

# Files of which somebody has said by hand what they are; one that is not `fixed` was taken from its
# item, and stands alone until somebody says what it is.
identifications = Table(
    "identifications",
    metadata,
    Column("file_id", Uuid, ForeignKey("library_files.id", ondelete="CASCADE"), primary_key=True),
    Column("fixed", Boolean, nullable=False),
)
