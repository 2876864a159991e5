"""Tables of persons."""

from sqlalchemy import (
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    not_,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from app.core.tables import metadata
from app.people.domain import PUNCTUATION

_QUOTED = PUNCTUATION.replace("'", "''")
# Words of a name, by whose beginnings one may look for it.
_WORDS = (
    f"array_to_tsvector(array_remove(string_to_array(translate(name_key, '{_QUOTED}',"
    f" '{' ' * len(PUNCTUATION)}'), ' '), ''))"
)

# Who is not `identified` is known by name alone, and one name is one person.
people = Table(
    "people",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text(collation="C"), nullable=False),
    Column("words", TSVECTOR, Computed(_WORDS, persisted=True)),
    Column("portrait_url", Text),
    Column("identified", Boolean, nullable=False, server_default=false()),
    Column("biography", Text),
    Column("texts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),  # by language
    Column("birth_date", Date),
    Column("death_date", Date),
    Column("birth_place", Text),
    Column("department", Text),
    Column("homepage", Text),
    Column("also_known_as", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("popularity", Double),
    Column("locks", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("problem", Text),
    Column("failures", SmallInteger, nullable=False, server_default="0"),
    Column("refreshed_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
)
Index(
    "uq_people_name_key",
    people.c.name_key,
    unique=True,
    postgresql_where=not_(people.c.identified),
)
Index("ix_people_name_key", people.c.name_key, people.c.id)
Index("ix_people_due", people.c.due_at, postgresql_where=people.c.due_at.is_not(None))
Index(
    "ix_people_popularity",
    people.c.popularity.desc().nulls_last(),
    people.c.name_key,
    people.c.id,
)
Index("ix_people_words", people.c.words, postgresql_using="gin")

person_ids = Table(
    "person_ids",
    metadata,
    Column("source", Text, primary_key=True),
    Column("value", Text(collation="C"), primary_key=True),
    Column(
        "person_id",
        Uuid,
        ForeignKey("people.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)
