"""A job with one effect, written in the commit that ends it: what must happen exactly once."""

import asyncio
from datetime import timedelta
from typing import Final

from sqlalchemy import text

from app.container import Container
from app.core.handlers import handles
from app.core.jobs.declare import Job, constant, job
from app.core.jobs.run import Run

TABLE: Final = "create unlogged table if not exists test_effects (number int, attempt int)"
EFFECT: Final = text("insert into test_effects (number, attempt) values (:number, :attempt)")


@job("tests.effect", attempts=5, backoff=constant(0.1), timeout=timedelta(minutes=1))
class Effect(Job, frozen=True):
    number: int
    pause: float
    deaf: bool = False  # goes on when it is told to stop, as a thread would


@handles(Effect)
async def effect(_: Container, job: Effect, run: Run) -> None:
    work = asyncio.create_task(_effect(job, run))
    await (asyncio.shield(work) if job.deaf else work)


async def _effect(job: Effect, run: Run) -> None:
    await asyncio.sleep(job.pause)
    async with run.tx() as tx:
        await tx.execute(EFFECT, {"number": job.number, "attempt": run.job.attempt})
        await run.finish(tx)
