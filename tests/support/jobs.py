"""Jobs as a worker carries them out, one at a time."""

from typing import Any

from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.core.jobs import Job
from app.core.jobs.ledger import Ledger
from app.core.jobs.run import Run


async def carry_out(app: Container, job: Job) -> str:
    """Enqueue a job and run everything of its kind that is waiting, due or not; the last state."""
    async with app.db.write(SYSTEM) as tx:
        tx.enqueue(job)
    return await carry_out_waiting(app, job.policy.name)


async def carry_out_waiting(app: Container, kind: str) -> str:
    """Run all waiting jobs of a kind, due or not; the state that the last of them ended in."""
    state = "none"
    while (waiting := await _waiting(app, kind)) is not None:
        async with app.db.write(SYSTEM) as tx:
            # The others step back: what is claimed is this one.
            await tx.execute(
                text("update jobs set run_at = now() + interval '1 day' where id <> :id"), waiting
            )
            await tx.execute(text("update jobs set run_at = now() where id = :id"), waiting)
        state = await carry_out_next(app, waiting["queue"])
    return state


async def _waiting(app: Container, kind: str) -> dict[str, Any] | None:
    found = await app.db.records(
        text("select id, queue from jobs where kind = :kind and state = 'available' order by id"),
        {"kind": kind},
    )
    return dict(found[0]) if found else None


async def carry_out_next(app: Container, queue: str) -> str:
    """Run the next job of a queue that is due; the state it ended in."""
    ledger = Ledger(app.db.pool, new_id())
    [mine] = await ledger.claim(queue, 1, 30)
    bound, args = app.registry.decode(mine.kind, mine.args)
    run = Run(app.db, app.live, mine, ledger.worker)
    await bound.handler(app, args, run)
    if not run.finished:
        await ledger.finish(mine)
    return str(await app.db.scalar(text("select state from jobs where id = :id"), {"id": mine.id}))
