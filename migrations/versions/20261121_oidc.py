"""Oidc.

Revision ID: 20261121_oidc
Revises: 20261121_mfa
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_oidc"
down_revision = "20261121_mfa"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())
NOW = sa.text("now()")


def _time(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=NOW, nullable=False)


def upgrade() -> None:
    op.create_table(
        "oidc_providers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("client_secret_key_id", sa.Text(), nullable=True),
        sa.Column("endpoints", JSONB, nullable=False),
        sa.Column("scopes", JSONB, nullable=False),
        sa.Column("claims", JSONB, nullable=False),
        sa.Column("role_mappings", JSONB, nullable=False),
        sa.Column("auto_create", sa.Boolean(), nullable=False),
        sa.Column("update_on_login", sa.Boolean(), nullable=False),
        sa.Column("allow_linking", sa.Boolean(), nullable=False),
        sa.Column("trust_email", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        _time("created_at"),
        _time("updated_at"),
        sa.CheckConstraint(
            "(client_secret_sealed is null) = (client_secret_key_id is null)",
            name=op.f("ck_oidc_providers_sealed_secret"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_providers")),
        sa.UniqueConstraint("name", name=op.f("uq_oidc_providers_name")),
    )
    op.create_index(
        "uq_oidc_providers_default",
        "oidc_providers",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "oidc_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        _time("created_at"),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["oidc_providers.id"],
            name=op.f("fk_oidc_links_provider_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_oidc_links_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_links")),
        sa.UniqueConstraint(
            "provider_id", "subject", name=op.f("uq_oidc_links_provider_id_subject")
        ),
        sa.UniqueConstraint(
            "user_id", "provider_id", name=op.f("uq_oidc_links_user_id_provider_id")
        ),
    )
    op.create_index(op.f("ix_oidc_links_provider_id"), "oidc_links", ["provider_id"], unique=False)
    op.create_table(
        "oidc_sessions",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id_token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id_token_key_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["oidc_providers.id"],
            name=op.f("fk_oidc_sessions_provider_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_oidc_sessions")),
    )
    for column in ("created_at", "provider_id"):
        op.create_index(op.f(f"ix_oidc_sessions_{column}"), "oidc_sessions", [column], unique=False)
    op.create_table(
        "oidc_states",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("binding_hash", sa.LargeBinary(), nullable=False),
        sa.Column("in_browser", sa.Boolean(), nullable=False),
        sa.Column("redirect_path", sa.Text(), nullable=False),
        sa.Column("carried_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("carried_key_id", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["oidc_providers.id"],
            name=op.f("fk_oidc_states_provider_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_oidc_states_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_states")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oidc_states_code_hash")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_oidc_states_state_hash")),
    )
    for column in ("expires_at", "provider_id", "user_id"):
        op.create_index(op.f(f"ix_oidc_states_{column}"), "oidc_states", [column], unique=False)
