"""Uploads.

Revision ID: 20261121_uploads
Revises: 20261121_activity
"""

revision = "20261121_uploads"
down_revision = "20261121_activity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
