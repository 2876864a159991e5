"""What is searched, as documents beside the content.

Revision ID: 20261127_search
Revises: 20261126_logos
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "20261127_search"
down_revision = "20261126_logos"
branch_labels = None
depends_on = None

NUMBERS = ("year", "released", "added", "rating", "votes", "popularity", "runtime")


def upgrade() -> None:
    op.execute("create extension if not exists pg_trgm")
    op.execute("create sequence search_versions")
    _documents()
    op.create_table(
        "search_values",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_values")),
    )
    op.create_index("uq_search_values_value", "search_values", ["code", "value"], unique=True)
    op.create_table(
        "search_indexes",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("told", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("building", sa.Text()),
        sa.Column("built", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("walked", sa.Uuid()),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_search_indexes")),
    )
    op.create_table(
        "search_misses",
        sa.Column("query", sa.Text(collation="C"), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column(
            "last_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("query", name=op.f("pk_search_misses")),
    )
    op.create_index(
        "ix_search_misses_times", "search_misses", [sa.literal_column("times DESC"), "query"]
    )


def _documents() -> None:
    op.create_table(
        "search_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("library_id", sa.Uuid()),
        sa.Column("age", sa.SmallInteger()),
        sa.Column("libraries", pg.ARRAY(sa.Uuid())),
        sa.Column("ages", pg.ARRAY(sa.SmallInteger())),
        sa.Column("people", pg.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        _many("keys"),
        _many("words", collation="C"),
        sa.Column("facets", pg.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        *(sa.Column(name, sa.Double()) for name in NUMBERS),
        sa.Column("titles", pg.TSVECTOR(), server_default=sa.text("''"), nullable=False),
        sa.Column("everything", pg.TSVECTOR(), server_default=sa.text("''"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_documents")),
    )
    # What a search looks at lies in the row, and the rest of it elsewhere.
    op.execute("alter table search_documents set (toast_tuple_target = 256)")
    for name in ("name", "title", "keys", "titles", "facets", "digest", "libraries", "ages"):
        op.execute(f"alter table search_documents alter column {name} set storage main")
    op.execute("alter table search_documents alter column everything set storage external")
    op.create_index("ix_search_documents_version", "search_documents", ["version"])
    op.create_index("ix_search_documents_kind", "search_documents", ["kind", "id"])
    op.create_index(
        "ix_search_documents_popularity",
        "search_documents",
        [sa.literal_column("popularity DESC NULLS LAST"), "id"],
        postgresql_where=sa.text("not gone"),
    )
    for name in ("everything", "titles"):
        op.create_index(
            f"ix_search_documents_{name}", "search_documents", [name], postgresql_using="gin"
        )
    op.create_index("ix_search_documents_called", "search_documents", ["title"])
    op.create_index(
        "ix_search_documents_title",
        "search_documents",
        ["title"],
        postgresql_using="gin",
        postgresql_ops={"title": "gin_trgm_ops"},
    )


def _many(name: str, collation: str | None = None) -> sa.Column[list[str]]:
    type_ = pg.ARRAY(sa.Text(collation=collation))
    return sa.Column(name, type_, server_default=sa.text("'{}'"), nullable=False)


def downgrade() -> None:
    for table in ("search_misses", "search_indexes", "search_values", "search_documents"):
        op.drop_table(table)
    op.execute("drop sequence search_versions")
    op.execute("drop extension if exists pg_trgm")
