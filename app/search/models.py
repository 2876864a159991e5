"""Tables of what is searched."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from app.core.tables import metadata
from app.search.domain import Number

# Counts the changes of documents. Whoever writes some holds one lock, so that a higher version is
# never committed before a lower one: search servers follow by it.
versions = Sequence("search_versions", metadata=metadata)

# One row for each thing that is searched, all types in one, so that they have one order. What has
# vanished stays as a row that is `gone` until search servers were told. `name` is shown, `title`
# the same, folded; `keys` are all titles, `words` their words, the first of each also with a "^"
# before it. `facets` are ids of values, with the facet's code in the highest of four bytes.
documents = Table(
    "search_documents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("gone", Boolean, nullable=False, server_default=false()),
    Column("library_id", Uuid),
    Column("age", SmallInteger),
    Column("libraries", ARRAY(Uuid)),  # of what is seen in several, with the age for each
    Column("ages", ARRAY(SmallInteger)),
    Column("people", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("name", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False, server_default=""),
    Column("keys", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("words", ARRAY(Text(collation="C")), nullable=False, server_default=text("'{}'")),
    Column("facets", ARRAY(Integer), nullable=False, server_default=text("'{}'")),
    *(Column(number.value, Double) for number in Number),
    Column("titles", TSVECTOR, nullable=False, server_default=text("''")),
    Column("everything", TSVECTOR, nullable=False, server_default=text("''")),
    Column("digest", LargeBinary, nullable=False),
    Column("body", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
)
Index("ix_search_documents_version", documents.c.version)
Index("ix_search_documents_kind", documents.c.kind, documents.c.id)
Index(
    "ix_search_documents_popularity",
    documents.c.popularity.desc().nulls_last(),
    documents.c.id,
    postgresql_where=~documents.c.gone,
)
Index("ix_search_documents_everything", documents.c.everything, postgresql_using="gin")
Index("ix_search_documents_titles", documents.c.titles, postgresql_using="gin")
Index("ix_search_documents_called", documents.c.title)
Index(
    "ix_search_documents_title",
    documents.c.title,
    postgresql_using="gin",
    postgresql_ops={"title": "gin_trgm_ops"},
)

values = Table(
    "search_values",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("code", SmallInteger, nullable=False),
    Column("value", Text(collation="C"), nullable=False),
)
Index("uq_search_values_value", values.c.code, values.c.value, unique=True)

# Where a search server's index of a type stands: its name there, up to which version it was told,
# and the one that is being built to take its place, with the version up to which it is. `walked` is
# the last id that is compared with the content while all of a type is.
indexes = Table(
    "search_indexes",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text),
    Column("told", BigInteger, nullable=False, server_default="0"),
    Column("building", Text),
    Column("built", BigInteger, nullable=False, server_default="0"),
    Column("walked", Uuid),
)

# Queries that nothing was found for.
misses = Table(
    "search_misses",
    metadata,
    Column("query", Text(collation="C"), primary_key=True),
    Column("times", BigInteger, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_search_misses_times", misses.c.times.desc(), misses.c.query)
