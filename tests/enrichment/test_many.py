"""Thousands of films brought up to date by providers that fail now and then: all end right, nobody
is asked more often than allowed, and memory does not grow with their number.

10,000 films with SCALE=full, a twentieth otherwise.
"""

import os
from collections import Counter
from typing import Final

import pytest
from sqlalchemy import text

from app.catalog.domain.said import MetadataState
from app.container import Container
from app.core.access import SYSTEM
from app.enrichment.jobs import RefreshDue, RefreshLibrary
from app.settings.domain import METADATA_LANGUAGES
from bench.metadata.desks import Faults
from bench.metadata.world import world_servers
from tests.enrichment.many import asked_of, at_pace, later, sampled, seed
from tests.support.jobs import carry_out
from tests.support.library import Shelves

FULL: Final = os.environ.get("SCALE") == "full"
FILMS: Final = int(os.environ.get("FILMS", "10000" if FULL else "500"))
PROVIDERS: Final = ("tmdb", "omdb", "trakt")
RATE, BURST = 50.0, 20.0
FAILING: Final = Faults(
    errors=0.02, limited=0.003, retry_after=1, slow=0.01, delay=0.5, reset=0.001
)
ROUNDS: Final = 10
MOST_GROWTH: Final = 24 << 20  # bytes, in the second half: what is kept is bounded
STATES: Final = text("select state, count(*) from item_metadata group by state")
SAID: Final = text(
    "select m.id, m.title, i.texts -> 'de' ->> 'title' as german, m.runtime,"
    " jsonb_array_length(i.ratings) as ratings,"
    " (select value from external_ids e where e.item_id = m.id and e.source = 'tmdb') as tmdb"
    " from movies m join item_metadata i on i.item_id = m.id"
)


async def states(app: Container) -> Counter[str]:
    rows = await app.db.records(STATES)
    return Counter({row["state"]: row["count"] for row in rows})


@pytest.mark.alone
@pytest.mark.uncounted
@pytest.mark.timeout(3600)
async def test_all_end_right_whatever_fails(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = await Shelves(app).library("Films")
    async with world_servers(films=FILMS, shows=0) as world:
        await asked_of(app, world, PROVIDERS)
        await app.settings.update(SYSTEM, METADATA_LANGUAGES.key, value="en de")
        at_pace(app, monkeypatch, RATE, BURST)
        numbers = await seed(app, shelf.id, world.catalogue)
        await world.faults(**dict.fromkeys(PROVIDERS, FAILING))
        await carry_out(app, RefreshLibrary(shelf.id, True))
        async with sampled() as samples:
            for _ in range(ROUNDS):
                await carry_out(app, RefreshDue())
                if not await later(app):
                    break
        first, half, last = samples[0], samples[len(samples) // 2], samples[-1]
        assert await states(app) == {MetadataState.MATCHED.value: FILMS}
        wrong = []
        for row in await app.db.records(SAID):
            film = world.catalogue.film(numbers[row["id"]])
            if (row["title"], row["german"], row["runtime"], row["tmdb"]) != (
                film.title, film.texts["de"].title, film.runtime * 60, film.ids["tmdb"],
            ) or row["ratings"] < 3:  # fmt: skip
                wrong.append((film.title, dict(row)))
        assert not wrong, wrong[:5]
        for name in PROVIDERS:
            report = await world.report(name, 1.0, rate=RATE)
            print(f"{name}: {report}")
            assert report.level <= BURST, name
            assert report.statuses["500"] > 0
    print(
        f"{FILMS} films; memory grew by {(half - first) >> 20} MiB while caches filled,"
        f" and by {(last - half) >> 20} MiB in the second half of the time"
    )
    assert last - half < MOST_GROWTH
