"""Rbac.

Revision ID: 20261121_rbac
Revises: 20261121_foundation
"""

revision = "20261121_rbac"
down_revision = "20261121_foundation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
