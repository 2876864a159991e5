"""Uploads that wait to be used; accounts are searched, and found by avatar.

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
    op.create_unique_constraint(op.f("uq_users_avatar_id"), "users", ["avatar_id"])
    for name, column in (("username", "username_key"), ("email", "email_key")):
        op.create_index(
            op.f(f"ix_users_{name}_prefix"),
            "users",
            [column],
            postgresql_ops={column: "text_pattern_ops"},
        )
    by_name = sa.text("lower(display_name) text_pattern_ops")
    op.create_index(op.f("ix_users_name_prefix"), "users", [by_name])
    op.create_index(op.f("ix_users_created_at"), "users", ["created_at", "id"])
    op.create_index(
        op.f("ix_users_deleted_at"),
        "users",
        ["deleted_at", "id"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
