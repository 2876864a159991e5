"""Entry points of the jobs of accounts."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.users.jobs import DropAvatar, PurgeUsers

if TYPE_CHECKING:
    from app.container import Container


@handles(DropAvatar)
async def drop_avatar(app: "Container", job: DropAvatar, run: Run) -> None:
    await app.avatars.drop(job.avatar_id)
    async with run.tx() as tx:
        await run.finish(tx)


@handles(PurgeUsers)
async def purge_users(app: "Container", _: PurgeUsers, run: Run) -> None:
    await app.users.purge(run)
