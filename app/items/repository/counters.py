"""Upkeep of the counters of items; see `counted` for what reads them."""

from sqlalchemy import text

from app.core.tx import Tx

# Two that fold could wait for each other, two that recount would put it right twice. Nobody who
# writes items ever takes it.
LOCK = "items.counts"
FOLD = text("""
with many as (
     select library_id, kind, state, age from item_counts
      group by 1, 2, 3, 4 having count(*) > 1 or sum(amount) = 0),
gone as (
     delete from item_counts c using many m
      where c.library_id = m.library_id and c.kind = m.kind and c.state = m.state
        and c.age is not distinct from m.age
     returning c.*)
insert into item_counts (library_id, kind, state, age, amount)
select library_id, kind, state, age, sum(amount) from gone
 group by 1, 2, 3, 4 having sum(amount) <> 0
""")
# One statement, so both sides are of one moment: every write shows in both or in neither.
RECOUNT = text("""
insert into item_counts (library_id, kind, state, age, amount)
select library_id, kind, state, age, sum(amount)
  from (select library_id, kind, state, age, count(*) as amount from items group by 1, 2, 3, 4
        union all
        select library_id, kind, state, age, -amount from item_counts) both_sides
 group by 1, 2, 3, 4 having sum(amount) <> 0
returning abs(amount)
""")


class ItemCounters:
    """What keeps the counters of `ItemRepository` short and true."""

    async def fold_counts(self, tx: Tx) -> None:
        """Make one row of all that say of one sort of item; what they add up to stays."""
        await tx.lock(LOCK)
        await tx.execute(FOLD)

    async def recount(self, tx: Tx) -> int:
        """Put right what the counters say; answers by how many items they were wrong."""
        await tx.lock(LOCK)
        wrong = sum(int(amount) for amount in (await tx.execute(RECOUNT)).scalars())
        if wrong:
            tx.touch("items")
        return wrong
