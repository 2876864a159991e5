"""Logos of studios and networks are pictures like those of everything else.

Revision ID: 20261126_logos
Revises: 20261125_metadata
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_logos"
down_revision = "20261125_metadata"
branch_labels = None
depends_on = None

BEFORE = "item_id, person_id, collection_id"
OWNERS = {"studio_id": "studios", "network_id": "networks"}


def upgrade() -> None:
    for column, target in OWNERS.items():
        op.add_column("artwork", sa.Column(column, sa.Uuid(), nullable=True))
        name = op.f(f"fk_artwork_{column}")
        op.create_foreign_key(name, "artwork", target, [column], ["id"], ondelete="CASCADE")
        op.create_index(op.f(f"ix_artwork_{column}"), "artwork", [column])
    _own(f"{BEFORE}, {', '.join(OWNERS)}")


def downgrade() -> None:
    op.execute("delete from artwork where num_nonnulls(studio_id, network_id) > 0")
    _own(BEFORE)
    for column in OWNERS:
        op.drop_column("artwork", column)


def _own(columns: str) -> None:
    """A picture has one owner."""
    op.drop_constraint(op.f("ck_artwork_owner"), "artwork", type_="check")
    op.create_check_constraint(op.f("ck_artwork_owner"), "artwork", f"num_nonnulls({columns}) = 1")
