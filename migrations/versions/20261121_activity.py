"""Activity.

Revision ID: 20261121_activity
Revises: 20261121_apikeys
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_activity"
down_revision = "20261121_apikeys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("action", sa.Text(collation="C"), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("resource_type", sa.Text(collation="C"), nullable=True),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("success", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_log")),
    )
    op.create_index(op.f("ix_activity_log_at"), "activity_log", ["at"], unique=False)
    op.create_index("ix_activity_log_actor_id", "activity_log", ["actor_id", "id"], unique=False)
    op.create_index("ix_activity_log_action", "activity_log", ["action", "id"], unique=False)
    op.create_index(
        "ix_activity_log_resource",
        "activity_log",
        ["resource_type", "resource_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_activity_log_failures",
        "activity_log",
        ["id"],
        unique=False,
        postgresql_where=sa.text("not success"),
    )
