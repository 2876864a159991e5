"""The table of movies."""

from sqlalchemy import (
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from app.core.tables import metadata

movies = Table(
    "movies",
    metadata,
    Column("id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("title", Text, nullable=False),
    Column("sort_title", Text(collation="C"), nullable=False),
    Column("title_from", Text, nullable=False, server_default="name"),
    Column("title_key", Text(collation="C"), nullable=False),
    Column("name_year", SmallInteger),
    Column("original_title", Text),
    Column("year", SmallInteger),
    Column("release_date", Date),
    Column("overview", Text),
    Column("tagline", Text),
    Column("runtime", Integer),
    Column("rating", Double),
    Column("votes", Integer),
    Column("popularity", Double),
    Column("trailer_url", Text),
)
Index("ix_movies_sort_title", movies.c.sort_title, movies.c.id)
# The direction that lists have by themselves; what is unknown comes last.
for _name in ("year", "rating", "popularity"):
    Index(f"ix_movies_{_name}", movies.c[_name].desc().nulls_last(), movies.c.id.desc())
Index("ix_movies_title_key", movies.c.title_key, movies.c.id)
