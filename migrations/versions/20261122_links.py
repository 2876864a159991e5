"""Links lead out of the folders of libraries that say so.

Revision ID: 20261122_links
Revises: 20261122_change
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_links"
down_revision = "20261122_change"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "libraries",
        sa.Column("follow_links", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("libraries", "follow_links")
