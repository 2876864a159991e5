"""Tables of what every kind of content has."""

from sqlalchemy import Column, ForeignKey, Index, SmallInteger, Table, Text, Uuid

from app.core.tables import metadata

genres = Table(
    "genres",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", Text(collation="C"), nullable=False, unique=True),
)

item_genres = Table(
    "item_genres",
    metadata,
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("genre_id", Uuid, ForeignKey("genres.id"), primary_key=True, index=True),
    Column("position", SmallInteger, nullable=False),
)

networks = Table(
    "networks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", Text(collation="C"), nullable=False, unique=True),
)

item_networks = Table(
    "item_networks",
    metadata,
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("network_id", Uuid, ForeignKey("networks.id"), primary_key=True, index=True),
    Column("position", SmallInteger, nullable=False),
)

# What is said of an item in a language; what its own table says is in the library's.
item_texts = Table(
    "item_texts",
    metadata,
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("title", Text),
    Column("overview", Text),
    Column("tagline", Text),
)

credits = Table(  # noqa: A001 - the field's word for it
    "credits",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", Uuid, ForeignKey("people.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("character", Text),
    Column("job", Text),
    Column("position", SmallInteger, nullable=False),
)
Index("ix_credits_item", credits.c.item_id, credits.c.kind, credits.c.position)

external_ids = Table(
    "external_ids",
    metadata,
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("value", Text(collation="C"), nullable=False),
)
Index("ix_external_ids_value", external_ids.c.source, external_ids.c.value)

collections = Table(
    "collections",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text(collation="C"), nullable=False, unique=True),
    Column("overview", Text),
)

collection_items = Table(
    "collection_items",
    metadata,
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("collection_id", Uuid, ForeignKey("collections.id"), nullable=False, index=True),
)
