"""The index of search in tests: brought up to date at once."""

from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.search.jobs import ReindexSearch
from tests.support.jobs import carry_out


async def index(app: Container) -> None:
    """Index all that there is, and leave no job behind."""
    assert await carry_out(app, ReindexSearch()) == "completed"
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from jobs where starts_with(kind, 'search.')"))
