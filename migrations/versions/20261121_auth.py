"""Auth.

Revision ID: 20261121_auth
Revises: 20261121_users
"""

revision = "20261121_auth"
down_revision = "20261121_users"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
