"""Items know since when their files are missing.

Revision ID: 20261123_missing
Revises: 20261123_watched
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_missing"
down_revision = "20261123_watched"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("items", sa.Column("missing_since", sa.DateTime(timezone=True)))
    op.execute("update items set missing_since = now() where state = 'missing'")
    op.create_index(
        "ix_items_missing",
        "items",
        ["missing_since"],
        postgresql_where=sa.text("missing_since is not null"),
    )


def downgrade() -> None:
    op.drop_index("ix_items_missing", table_name="items")
    op.drop_column("items", "missing_since")
