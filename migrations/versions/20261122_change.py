"""Libraries are watched; single paths are scanned, and asked for; files that wait for a probe.

Revision ID: 20261122_change
Revises: 20261122_shows
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_change"
down_revision = "20261122_shows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("libraries", sa.Column("watch", sa.Text(), nullable=False, server_default="auto"))
    op.add_column("library_scans", sa.Column("paths", postgresql.JSONB(), nullable=True))
    op.create_table(
        "library_scan_requests",
        sa.Column("library_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["libraries.id"],
            name=op.f("fk_library_scan_requests_library_id_libraries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "library_id", "kind", "path", name=op.f("pk_library_scan_requests")
        ),
    )
    op.create_index(
        op.f("ix_library_files_waiting"),
        "library_files",
        ["library_id", "id"],
        postgresql_where=sa.text("probe = 'pending' and missing_since is null"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_library_files_waiting"), "library_files")
    op.drop_table("library_scan_requests")
    op.drop_column("library_scans", "paths")
    op.drop_column("libraries", "watch")
