"""Settings.

Revision ID: 20261121_settings
Revises: 20261121_auth
"""

revision = "20261121_settings"
down_revision = "20261121_auth"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
