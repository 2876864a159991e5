"""Second factors.

Revision ID: 20261121_mfa
Revises: 20261121_settings
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_mfa"
down_revision = "20261121_settings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "totp_secrets",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("secret_key_id", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        _time("created_at", default=True),
        _time("last_used_at"),
        _user("totp_secrets"),
        sa.PrimaryKeyConstraint("user_id", "confirmed", name=op.f("pk_totp_secrets")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rp_id", sa.Text(collation="C"), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("aaguid", sa.Text(), nullable=False),
        sa.Column("transports", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        _time("created_at", default=True),
        _time("last_used_at"),
        _time("cloned_at"),
        _user("passkeys"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"], unique=False)
    op.create_table(
        "passkey_challenges",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(collation="C"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Uuid(), nullable=True),
        sa.Column("rp_id", sa.Text(collation="C"), nullable=False),
        sa.Column("origins", postgresql.ARRAY(sa.Text()), nullable=False),
        _time("expires_at", nullable=False),
        _user("passkey_challenges"),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_passkey_challenges")),
    )
    for column in ("user_id", "expires_at"):
        name = op.f(f"ix_passkey_challenges_{column}")
        op.create_index(name, "passkey_challenges", [column], unique=False)
    op.create_table(
        "backup_peppers",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("pepper_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("pepper_key_id", sa.Text(), nullable=False),
        _time("created_at", default=True),
        _user("backup_peppers"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_backup_peppers")),
    )
    op.create_table(
        "backup_codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        _time("used_at"),
        _user("backup_codes"),
        sa.PrimaryKeyConstraint("user_id", "mac", name=op.f("pk_backup_codes")),
    )
    op.create_table(
        "trusted_devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("password_mark", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        _time("created_at", default=True),
        _time("expires_at", nullable=False),
        _time("last_used_at"),
        _user("trusted_devices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_trusted_devices_token_hash")),
    )
    for column in ("user_id", "expires_at"):
        name = op.f(f"ix_trusted_devices_{column}")
        op.create_index(name, "trusted_devices", [column], unique=False)


def _time(name: str, *, default: bool = False, nullable: bool = True) -> sa.Column[object]:
    kind = sa.DateTime(timezone=True)
    if default:
        return sa.Column(name, kind, server_default=sa.text("now()"), nullable=False)
    return sa.Column(name, kind, nullable=nullable)


def _user(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id")
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=name, ondelete="CASCADE")
