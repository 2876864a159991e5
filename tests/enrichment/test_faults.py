"""A provider that is gone, or never answers, takes nobody along."""

from functools import partial

import pytest
from msgspec import structs

from app.catalog.domain.said import MetadataState
from app.container import Container
from app.core.access import SYSTEM
from app.settings.domain import METADATA_LANGUAGES
from bench.metadata.desks import Faults
from bench.metadata.world import world_servers
from tests.enrichment.many import asked_of, at_pace, seed
from tests.enrichment.world import one
from tests.support.library import Shelves

PROVIDERS = ("tmdb", "omdb", "trakt")
SAID = (
    "select m.title, m.runtime, i.state, i.problem, jsonb_array_length(i.ratings) as ratings,"
    " i.due_at < now() + interval '1 hour' as soon"
    " from movies m join item_metadata i on i.item_id = m.id where m.id = :id"
)


@pytest.mark.uncounted
@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", [Faults(killed=True), Faults(hang=True)], ids=["killed", "hangs"])
@pytest.mark.parametrize("name", PROVIDERS)
async def test_the_others_work_and_the_item_is_tried_again(
    app: Container, monkeypatch: pytest.MonkeyPatch, name: str, fault: Faults
) -> None:
    shelf = await Shelves(app).library("Films")
    begin = partial(app.db.write, SYSTEM)
    async with world_servers(films=3, shows=0) as world:
        await asked_of(app, world, PROVIDERS)
        await app.settings.update(SYSTEM, METADATA_LANGUAGES.key, value="en de")
        at_pace(app, monkeypatch, 50, 20)
        for link in app.provider_chain.all:  # an answer that never comes is not waited for so long
            hurried = structs.replace(link.asking.spec, timeout=0.5, attempts=1)
            monkeypatch.setattr(type(link.provider), "spec", hurried)
            monkeypatch.setattr(link.asking, "spec", hurried)
        [item_id, *_] = await seed(app, shelf.id, world.catalogue)
        film = world.catalogue.film(0)
        await world.faults(**{name: fault})
        await app.cache.settle()
        outcome = await app.refreshing.titles.refresh(begin, item_id, force=False)
        said = await one(app, SAID, id=item_id)
        assert outcome.state is MetadataState.PARTIAL, outcome.problem
        assert (said["title"], said["runtime"]) == (film.title, film.runtime * 60)
        assert said["problem"]
        assert said["soon"], "it is tried again before long"
        await world.heal()
        await app.outside.close()  # the breaker would leave it alone for half a minute
        await app.cache.settle()
        outcome = await app.refreshing.titles.refresh(begin, item_id, force=True)
        assert outcome.state is MetadataState.MATCHED, outcome.problem
        assert (await one(app, SAID, id=item_id))["ratings"] >= 3
