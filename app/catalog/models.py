"""Tables of what every kind of content has."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core.tables import metadata


def _json(name: str, empty: str) -> Column[Any]:
    return Column(name, JSONB, nullable=False, server_default=text(f"'{empty}'::jsonb"))


def _texts(name: str) -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=False, server_default=text("'{}'::text[]"))


def _refreshed() -> list[Column[Any]]:
    """When it was asked for at providers, when it is to be again, and what went wrong."""
    return [
        Column("problem", Text),
        Column("failures", SmallInteger, nullable=False, server_default="0"),
        Column("refreshed_at", DateTime(timezone=True)),
        Column("due_at", DateTime(timezone=True)),
    ]


def _named() -> list[Column[Any]]:
    """What a provider has, by its id there and its title."""
    return [
        Column("source", Text, primary_key=True),
        Column("value", Text(collation="C"), primary_key=True),
        Column("title", Text, nullable=False),
        Column("year", SmallInteger),
        Column("picture_url", Text),
    ]


def _label(name: str, *more: Column[Any]) -> tuple[Table, Table]:
    """What many items share under a name: itself, and which items have it in which place."""
    own = Table(
        f"{name}s",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("name", Text, nullable=False),
        Column("slug", Text(collation="C"), nullable=False, unique=True),
        *more,
    )
    links = Table(
        f"item_{name}s",
        metadata,
        Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
        Column(f"{name}_id", Uuid, ForeignKey(own.c.id), primary_key=True, index=True),
        Column("position", SmallInteger, nullable=False),
    )
    return own, links


def _organisation() -> list[Column[Any]]:
    return [Column("logo_url", Text), Column("country", Text)]


genres, item_genres = _label("genre", _json("texts", "{}"))  # names by language
networks, item_networks = _label("network", *_organisation())
keywords, item_keywords = _label("keyword")
studios, item_studios = _label("studio", *_organisation())

# What is said of an item beside its own table: that is in `language`, `texts` hold other ones as
# {language: {title, overview, tagline}}, `provenance` {field: {source, at}}; `locks` are fields
# that nobody but people changes.
item_metadata = Table(
    "item_metadata",
    metadata,
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("language", Text),
    Column("original_language", Text),
    _json("texts", "{}"),
    _texts("alternative_titles"),
    _json("ratings", "[]"),
    _json("certifications", "{}"),
    _json("videos", "[]"),
    _texts("countries"),
    Column("homepage", Text),
    Column("budget", BigInteger),
    Column("revenue", BigInteger),
    _json("provenance", "{}"),
    _texts("locks"),
    Column("state", Text, nullable=False, server_default="waiting"),
    _json("candidates", "[]"),
    *_refreshed(),
)
Index(
    "ix_item_metadata_due",
    item_metadata.c.due_at,
    postgresql_where=item_metadata.c.due_at.is_not(None),
)
Index("ix_item_metadata_state", item_metadata.c.state, item_metadata.c.item_id)

# What providers say is like an item; `kind` is "similar" or "recommended".
item_related = Table(
    "item_related",
    metadata,
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    *_named(),
    Column("position", SmallInteger, nullable=False),
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
    Column("department", Text),
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

# One that a provider knows has its id there; of others the name is all that tells them apart.
collections = Table(
    "collections",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text(collation="C"), nullable=False),
    Column("overview", Text),
    Column("source", Text),
    Column("value", Text(collation="C")),
    _json("texts", "{}"),
    *_refreshed(),
)
Index(
    "uq_collections_name_key",
    collections.c.name_key,
    unique=True,
    postgresql_where=collections.c.source.is_(None),
)
Index(
    "uq_collections_value",
    collections.c.source,
    collections.c.value,
    unique=True,
    postgresql_where=collections.c.source.is_not(None),
)
Index("ix_collections_name_key", collections.c.name_key, collections.c.id)
Index(
    "ix_collections_due",
    collections.c.due_at,
    postgresql_where=collections.c.due_at.is_not(None),
)

# What belongs to a collection, whether it is in a library or not.
collection_parts = Table(
    "collection_parts",
    metadata,
    Column(
        "collection_id",
        Uuid,
        ForeignKey("collections.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    *_named(),
    Column("release_date", Date),
    Column("position", SmallInteger, nullable=False),
)

collection_items = Table(
    "collection_items",
    metadata,
    Column("item_id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("collection_id", Uuid, ForeignKey("collections.id"), nullable=False, index=True),
)
