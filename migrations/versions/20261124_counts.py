"""How many items there are, by library, kind, state and age, is kept by PostgreSQL itself.

Revision ID: 20261124_counts
Revises: 20261123_missing
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_counts"
down_revision = "20261123_missing"
branch_labels = None
depends_on = None

# Only inserts: writers at the same time never wait for each other here. What a statement leaves as
# it was, an update of other columns, adds nothing. Who truncates keeps all writers of items out,
# and those who fold are kept out as well.
FUNCTION = """
create function count_items() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into item_counts (library_id, kind, state, age, amount)
    select library_id, kind, state, age, count(*) from new_items group by 1, 2, 3, 4;
  elsif tg_op = 'DELETE' then
    insert into item_counts (library_id, kind, state, age, amount)
    select library_id, kind, state, age, -count(*) from old_items group by 1, 2, 3, 4;
  elsif tg_op = 'UPDATE' then
    insert into item_counts (library_id, kind, state, age, amount)
    select library_id, kind, state, age, sum(amount)
      from (select library_id, kind, state, age, 1 as amount from new_items
            union all
            select library_id, kind, state, age, -1 from old_items) changed
     group by 1, 2, 3, 4 having sum(amount) <> 0;
  else
    lock table item_counts in share row exclusive mode;
    delete from item_counts;
  end if;
  return null;
end $$
"""
TABLES = {
    "insert": "referencing new table as new_items",
    "update": "referencing old table as old_items new table as new_items",
    "delete": "referencing old table as old_items",
    "truncate": "",
}


def upgrade() -> None:
    op.create_table(
        "item_counts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("library_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("age", sa.SmallInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_counts")),
    )
    op.execute(FUNCTION)
    for operation, tables in TABLES.items():
        op.execute(
            f"create trigger items_counted_{operation} after {operation} on items {tables}"
            " for each statement execute function count_items()"
        )
    # With the triggers, writers are kept out until the commit: none is missed, none counted twice.
    op.execute(
        "insert into item_counts (library_id, kind, state, age, amount)"
        " select library_id, kind, state, age, count(*) from items group by 1, 2, 3, 4"
    )


def downgrade() -> None:
    for operation in TABLES:
        op.execute(f"drop trigger items_counted_{operation} on items")
    op.execute("drop function count_items()")
    op.drop_table("item_counts")
