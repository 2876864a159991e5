"""Uploads that wait to be used.

Revision ID: 20261121_uploads
Revises: 20261121_activity
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121_uploads"
down_revision = "20261121_activity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("claimed_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_uploads_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    for name in ("user_id", "expires_at"):
        op.create_index(op.f(f"ix_uploads_{name}"), "uploads", [name], unique=False)
