"""Oidc.

Revision ID: 20261121_oidc
Revises: 20261121_mfa
"""

revision = "20261121_oidc"
down_revision = "20261121_mfa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
