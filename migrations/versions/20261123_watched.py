"""Libraries say that they are watched, so that a watch that broke off is noticed.

Revision ID: 20261123_watched
Revises: 20261122_links
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_watched"
down_revision = "20261122_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "libraries", sa.Column("watched", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("libraries", "watched")
