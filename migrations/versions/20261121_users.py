"""Users: e-mail addresses, languages, avatars, deletion, and what mails carry a link for.

Revision ID: 20261121_users
Revises: 20261121_rbac
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121_users"
down_revision = "20261121_rbac"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("users", sa.Column("email", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("email_key", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("email_verified_at", moment, nullable=True))
    for name, default in (("locale", "en-US"), ("timezone", "UTC")):
        column = sa.Column(name, sa.Text(), server_default=default, nullable=False)
        op.add_column("users", column)
    op.add_column("users", sa.Column("avatar_id", sa.Uuid(), nullable=True))
    op.add_column("users", sa.Column("last_login_at", moment, nullable=True))
    op.add_column("users", sa.Column("deleted_at", moment, nullable=True))
    op.create_unique_constraint(op.f("uq_users_email_key"), "users", ["email_key"])
    op.create_table(
        "account_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_account_tokens_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_tokens_token_hash")),
    )
    for name in ("user_id", "expires_at"):
        op.create_index(op.f(f"ix_account_tokens_{name}"), "account_tokens", [name], unique=False)
