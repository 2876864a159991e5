"""Mfa.

Revision ID: 20261121_mfa
Revises: 20261121_settings
"""

revision = "20261121_mfa"
down_revision = "20261121_settings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
