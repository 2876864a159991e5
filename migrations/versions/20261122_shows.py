"""Shows with seasons and episodes, networks, texts in languages; versions are chosen, files
identified by hand.

Revision ID: 20261122_shows
Revises: 20261121_uploads
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_shows"
down_revision = "20261121_uploads"
branch_labels = None
depends_on = None

C = "C"


def upgrade() -> None:
    _movies()
    _shows()
    _seasons()
    _episodes()
    _networks()
    _texts()
    op.add_column("item_versions", sa.Column("confidence", sa.Double(), nullable=True))
    op.add_column(
        "item_versions",
        sa.Column("chosen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "identifications",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        _of("identifications", "file_id", "library_files"),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_identifications")),
    )
    _progress()


def _of(table: str, column: str, target: str, ondelete: str | None = "CASCADE") -> sa.Constraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def _progress() -> None:
    op.add_column("watch_progress", sa.Column("root_id", sa.Uuid(), nullable=True))
    op.execute("update watch_progress set root_id = item_id")  # there were only movies
    op.alter_column("watch_progress", "root_id", nullable=False)
    op.create_index(
        "ix_watch_progress_root",
        "watch_progress",
        ["user_id", "root_id", "last_watched_at"],
        postgresql_where=sa.text("root_id <> item_id"),
    )


def _movies() -> None:
    """Their orders in the direction that lists have by themselves, what is unknown last."""
    for name in ("year", "rating", "popularity"):
        op.drop_index(f"ix_movies_{name}", "movies")
        op.create_index(f"ix_movies_{name}", "movies", _descending(name))


def _descending(name: str) -> list[sa.TextClause]:
    return [sa.text(f"{name} desc nulls last"), sa.text("id desc")]


def _shows() -> None:
    op.create_table(
        "shows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sort_title", sa.Text(collation=C), nullable=False),
        sa.Column("title_from", sa.Text(), server_default="name", nullable=False),
        sa.Column("title_key", sa.Text(collation=C), nullable=False),
        sa.Column("name_year", sa.SmallInteger(), nullable=True),
        sa.Column("original_title", sa.Text(), nullable=True),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("release_date", sa.Date(), nullable=True),
        sa.Column("last_air_date", sa.Date(), nullable=True),
        sa.Column("overview", sa.Text(), nullable=True),
        sa.Column("tagline", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("ordering", sa.Text(), server_default="standard", nullable=False),
        sa.Column("runtime", sa.Integer(), nullable=True),
        sa.Column("rating", sa.Double(), nullable=True),
        sa.Column("votes", sa.Integer(), nullable=True),
        sa.Column("popularity", sa.Double(), nullable=True),
        sa.Column("trailer_url", sa.Text(), nullable=True),
        sa.Column(
            "latest_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        _of("shows", "id", "items"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shows")),
    )
    for name in ("sort_title", "latest_at", "title_key"):
        op.create_index(f"ix_shows_{name}", "shows", [name, "id"])
    for name in ("year", "rating", "popularity"):
        op.create_index(f"ix_shows_{name}", "shows", _descending(name))


def _seasons() -> None:
    op.create_table(
        "seasons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("title_from", sa.Text(), server_default="file", nullable=False),
        sa.Column("overview", sa.Text(), nullable=True),
        sa.Column("release_date", sa.Date(), nullable=True),
        _of("seasons", "id", "items"),
        _of("seasons", "show_id", "shows"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seasons")),
    )
    op.create_index("uq_seasons_number", "seasons", ["show_id", "number"], unique=True)


def _episodes() -> None:
    op.create_table(
        "episodes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("season_id", sa.Uuid(), nullable=False),
        sa.Column("season", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("absolute", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ordering", sa.Text(), server_default="standard", nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_from", sa.Text(), server_default="file", nullable=False),
        sa.Column("overview", sa.Text(), nullable=True),
        sa.Column("release_date", sa.Date(), nullable=True),
        sa.Column("runtime", sa.Integer(), nullable=True),
        sa.Column("rating", sa.Double(), nullable=True),
        sa.Column("votes", sa.Integer(), nullable=True),
        _of("episodes", "id", "items"),
        _of("episodes", "show_id", "shows"),
        _of("episodes", "season_id", "seasons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
    )
    for name, column, where in (
        ("uq_episodes_number", "number", "number is not null"),
        ("uq_episodes_day", "release_date", "number is null"),
    ):
        columns = ["season_id", column]
        op.create_index(name, "episodes", columns, unique=True, postgresql_where=sa.text(where))
    op.create_index("ix_episodes_order", "episodes", ["show_id", "season", "position"])
    op.create_index("ix_episodes_season", "episodes", ["season_id", "position"])
    op.create_index("ix_episodes_absolute", "episodes", ["show_id", "absolute"])
    op.create_index("ix_episodes_release_date", "episodes", ["release_date", "id"])


def _networks() -> None:
    op.create_table(
        "networks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(collation=C), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_networks")),
        sa.UniqueConstraint("slug", name=op.f("uq_networks_slug")),
    )
    op.create_table(
        "item_networks",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        _of("item_networks", "item_id", "items"),
        _of("item_networks", "network_id", "networks", None),
        sa.PrimaryKeyConstraint("item_id", "network_id", name=op.f("pk_item_networks")),
    )
    op.create_index(op.f("ix_item_networks_network_id"), "item_networks", ["network_id"])


def _texts() -> None:
    op.create_table(
        "item_texts",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("overview", sa.Text(), nullable=True),
        sa.Column("tagline", sa.Text(), nullable=True),
        _of("item_texts", "item_id", "items"),
        sa.PrimaryKeyConstraint("item_id", "language", name=op.f("pk_item_texts")),
    )
