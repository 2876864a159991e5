"""Users.

Revision ID: 20261121_users
Revises: 20261121_rbac
"""

revision = "20261121_users"
down_revision = "20261121_rbac"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
