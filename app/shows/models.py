"""The tables of shows, seasons and episodes. Columns of one name mean one thing in all of them."""

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from app.core.tables import metadata

shows = Table(
    "shows",
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
    Column("last_air_date", Date),
    Column("next_air_date", Date),
    Column("overview", Text),
    Column("tagline", Text),
    Column("status", Text),
    Column("ordering", Text, nullable=False, server_default="standard"),
    Column("runtime", Integer),
    Column("rating", Double),
    Column("votes", Integer),
    Column("popularity", Double),
    Column("trailer_url", Text),
    # When the newest of its episodes was added.
    Column("latest_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_shows_sort_title", shows.c.sort_title, shows.c.id)
# The direction that lists have by themselves; what is unknown comes last.
for _name in ("year", "rating", "popularity"):
    Index(f"ix_shows_{_name}", shows.c[_name].desc().nulls_last(), shows.c.id.desc())
Index("ix_shows_latest_at", shows.c.latest_at, shows.c.id)
Index("ix_shows_title_key", shows.c.title_key, shows.c.id)

seasons = Table(
    "seasons",
    metadata,
    Column("id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("show_id", Uuid, ForeignKey("shows.id", ondelete="CASCADE"), nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("title", Text),
    Column("title_from", Text, nullable=False, server_default="file"),
    Column("overview", Text),
    Column("release_date", Date),
)
Index("uq_seasons_number", seasons.c.show_id, seasons.c.number, unique=True)

# An episode has a number in its season, or a day of its own.
episodes = Table(
    "episodes",
    metadata,
    Column("id", Uuid, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("show_id", Uuid, ForeignKey("shows.id", ondelete="CASCADE"), nullable=False),
    Column("season_id", Uuid, ForeignKey("seasons.id", ondelete="CASCADE"), nullable=False),
    Column("season", SmallInteger, nullable=False),
    Column("number", Integer),
    Column("absolute", Integer),
    Column("position", Integer, nullable=False),
    Column("ordering", Text, nullable=False, server_default="standard"),
    Column("title", Text, nullable=False),
    Column("title_from", Text, nullable=False, server_default="file"),
    Column("overview", Text),
    Column("release_date", Date),
    Column("runtime", Integer),
    Column("rating", Double),
    Column("votes", Integer),
)
Index(
    "uq_episodes_number",
    episodes.c.season_id,
    episodes.c.number,
    unique=True,
    postgresql_where=text("number is not null"),
)
Index(
    "uq_episodes_day",
    episodes.c.season_id,
    episodes.c.release_date,
    unique=True,
    postgresql_where=text("number is null"),
)
Index("ix_episodes_order", episodes.c.show_id, episodes.c.season, episodes.c.position)
Index("ix_episodes_season", episodes.c.season_id, episodes.c.position)
Index("ix_episodes_absolute", episodes.c.show_id, episodes.c.absolute)
Index("ix_episodes_release_date", episodes.c.release_date, episodes.c.id)

# Episodes that providers know of and the library does not have: those to come, and the missing.
show_guide = Table(
    "show_guide",
    metadata,
    Column("show_id", Uuid, ForeignKey("shows.id", ondelete="CASCADE"), primary_key=True),
    Column("season", SmallInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("title", Text),
    Column("release_date", Date),
)
Index("ix_show_guide_release_date", show_guide.c.release_date, show_guide.c.show_id)
