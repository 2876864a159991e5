"""What goes wrong beside a refresh, and what is changed meanwhile, takes nothing away."""

from app.container import Container
from app.core.access import SYSTEM
from app.enrichment.domain import Refreshable
from app.enrichment.jobs import RefreshDue, RefreshMetadata
from tests.enrichment.test_movies import again
from tests.enrichment.world import column, film, one, providers
from tests.support.jobs import carry_out
from tests.support.library import Shelves


async def test_who_is_due_while_nobody_can_be_asked_stays_due(app: Container) -> None:
    shelf = await Shelves(app).library("Films")
    waiting = "select (select count(*) from people where due_at <= now()) + (select count(*) from"
    waiting += " collections where due_at <= now()) as number"
    async with providers(app):
        await again(app, await film(app, shelf.id, "Glass Weather", year=2004))
        await app.settings.update(SYSTEM, "metadata.tmdb.enabled", value=False)
        await app.cache.settle()
        [person, *_] = await column(app, "select id from people order by id")
        await carry_out(app, RefreshMetadata(Refreshable.PERSON, person))
        await carry_out(app, RefreshDue())
        assert (await one(app, waiting))["number"] == 4
        await app.settings.update(SYSTEM, "metadata.tmdb.enabled", value=True)
        await app.cache.settle()
        await carry_out(app, RefreshDue())
        assert (await one(app, waiting))["number"] == 0
        named = await one(app, "select refreshed_at from collections")
        assert named["refreshed_at"] is not None
