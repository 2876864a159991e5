"""Apikeys.

Revision ID: 20261121_apikeys
Revises: 20261121_oidc
"""

revision = "20261121_apikeys"
down_revision = "20261121_oidc"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
