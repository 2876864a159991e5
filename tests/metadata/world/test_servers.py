"""The servers themselves: keys, what they write down of whoever asks, and how they fail."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.http import Outside, OutsideUnavailable, Policy, origin_of
from app.core.http.client import Means
from app.core.metrics import Metrics
from app.metadata.domain import ProviderFailed, ProviderRefused, Query, RecordKind
from app.metadata.providers import PROVIDERS
from app.metadata.providers.asking import Asking
from app.settings.domain import METADATA_PROVIDERS, Values
from bench.metadata.desks import Faults
from bench.metadata.speaking.speaker import KEYS
from bench.metadata.world import World
from tests.metadata.world.conftest import Ask
from tests.support.providers import asked_by

KEYED = [name for name, keys in KEYS.items() if keys]


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    await world.forget()
    async with httpx.AsyncClient(trust_env=False, timeout=5) as made:
        yield made
    await world.heal()


def configuration(world: World) -> str:
    """A short document, with its key."""
    return f"{world.addresses['tmdb']}/configuration?api_key={KEYS['tmdb']['api_key']}"


def test_there_is_a_server_for_every_provider(world: World) -> None:
    assert set(world.addresses) == set(METADATA_PROVIDERS)
    known = {setting.key for one in METADATA_PROVIDERS.values() for setting in one.all}
    assert set(world.settings()) <= known


@pytest.mark.parametrize("name", KEYED)
async def test_another_key_is_refused(world: World, tmp_path: Path, name: str) -> None:
    wrong = {key: "f" * 40 for key in world.settings(name) if not key.endswith(".address")}
    settings = Values({**world.settings(name), **wrong})
    made = next(one for one in PROVIDERS if one.spec.name == name)
    async with asked_by(settings, str(tmp_path)) as needs:
        provider: Any = made(Asking(made.spec, needs))
        id_ = "tt1000003" if name == "omdb" else "3000"
        asked = (
            provider.artwork(RecordKind.MOVIE, {"tmdb": "1000"})
            if name == "fanarttv"
            else provider.movie(id_, ["en"])
        )
        with pytest.raises(ProviderRefused):
            await asked


async def test_the_report_counts_who_came_when(world: World, client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await asyncio.gather(*(client.get(configuration(world)) for _ in range(6)))
        await asyncio.sleep(1.1)
    await client.get(world.addresses["tmdb"] + "/configuration")
    report = await world.report("tmdb", 1, 60, rate=2)
    assert (report.requests, report.statuses) == (13, {"200": 12, "401": 1})
    assert report.most == {"1": 6, "60": 13}
    assert 6 <= report.level <= 10, "six at once, and two a second go out"
    assert 2.2 <= report.seconds < 4
    assert (await world.report("omdb")).requests == 0, "each has its own"
    await world.forget()
    assert (await world.report("tmdb")).requests == 0


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    made = Outside(Metrics())
    yield made
    await made.close()


async def test_the_level_tells_who_keeps_a_rate_from_who_does_not(
    world: World, client: httpx.AsyncClient, outside: Outside
) -> None:
    # So slow that what a busy machine brings late, and then together, is one or two.
    rate, burst, asked = 5, 4, 16
    address = world.addresses["tmdb"]
    policy = Policy(
        name="kept", label="T", rate=rate, burst=burst, configured=frozenset({origin_of(address)})
    )
    asking = await outside.client(policy)
    await asyncio.gather(*(asking.get(f"{configuration(world)}&n={n}") for n in range(asked)))
    kept = await world.report("tmdb", rate=rate)
    assert kept.requests == asked
    assert kept.level < 2 * burst, "those of the burst, and what was late"
    await world.forget()
    await asyncio.gather(*(client.get(configuration(world)) for _ in range(asked)))
    assert (await world.report("tmdb", rate=rate)).level > 2 * burst


async def test_a_share_fails_with_errors(world: World, client: httpx.AsyncClient) -> None:
    await world.faults(tmdb=Faults(errors=0.3))
    answers = [await client.get(configuration(world)) for _ in range(100)]
    failed = [answer for answer in answers if answer.status_code == 500]
    assert 15 <= len(failed) <= 45
    assert (await world.report("tmdb")).statuses == {
        "200": 100 - len(failed),
        "500": len(failed),
    }
    other = await client.get(f"{world.addresses['tvmaze']}/search/shows?q=x")
    assert other.status_code == 200, "only that provider fails"


async def test_a_share_is_told_to_wait(world: World, client: httpx.AsyncClient) -> None:
    await world.faults(tmdb=Faults(limited=1, retry_after=7))
    answer = await client.get(configuration(world))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_a_share_comes_late(world: World, client: httpx.AsyncClient) -> None:
    await world.faults(tmdb=Faults(slow=1, delay=0.4))
    before = time.monotonic()
    assert (await client.get(configuration(world))).status_code == 200
    assert time.monotonic() - before >= 0.4


async def test_a_share_is_garbage(world: World, client: httpx.AsyncClient, ask: Ask) -> None:
    await world.faults(tmdb=Faults(garbage=1))
    with pytest.raises(ProviderFailed, match="form that is not its own"):
        await ask("tmdb").search_movies(Query(title="Harbour"))


async def test_connections_are_reset(world: World, client: httpx.AsyncClient, ask: Ask) -> None:
    await world.faults(tmdb=Faults(reset=1))
    with pytest.raises(httpx.ReadError):
        await client.get(configuration(world))
    with pytest.raises(ProviderFailed, match="cannot be reached"):
        await ask("tmdb", attempts=1).search_movies(Query(title="Harbour"))
    assert (await world.report("tmdb")).statuses == {"reset": 2}


async def test_one_that_hangs_never_answers(
    world: World, client: httpx.AsyncClient, ask: Ask
) -> None:
    await world.faults(tmdb=Faults(hang=True))
    with pytest.raises(httpx.ReadTimeout):
        await client.get(configuration(world), timeout=0.5)
    with pytest.raises(ProviderFailed, match="in time"):
        await ask("tmdb", attempts=1, timeout=0.5).search_movies(Query(title="Harbour"))
    await world.heal()
    assert (await client.get(configuration(world))).status_code == 200


async def test_one_that_is_killed_lets_nobody_in(
    world: World, client: httpx.AsyncClient, ask: Ask
) -> None:
    assert (await client.get(configuration(world))).status_code == 200
    await world.faults(tmdb=Faults(killed=True))
    with pytest.raises(httpx.TransportError):
        await client.get(configuration(world))
    with pytest.raises(httpx.ConnectError):
        await client.get(configuration(world))
    with pytest.raises(ProviderFailed, match="cannot be reached"):
        await ask("tmdb", attempts=1).search_movies(Query(title="Harbour"))
    assert await ask("trakt").search_movies(Query(title="Harbour")), "the others are there"
    await world.heal()
    assert (await client.get(configuration(world))).status_code == 200, "and back again"


async def test_pictures_are_no_questions(world: World, client: httpx.AsyncClient) -> None:
    url = world.picture("tmdb", "https://image.tmdb.org/t/p/original/poster-movie1-en0.jpg")
    assert (await client.get(url)).headers["content-type"] == "image/jpeg"
    nothing = world.picture("tmdb", "https://image.tmdb.org/t/p/original/nothing.jpg")
    assert (await client.get(nothing)).status_code == 404
    report = await world.report("tmdb")
    assert (report.requests, report.pictures) == (0, 2)


async def test_the_proxy_leads_to_pictures_under_their_own_addresses(
    world: World, tmp_path: Path
) -> None:
    trusted = tmp_path / "world.pem"
    trusted.write_text(world.certificate)
    tls = ssl.create_default_context(cafile=str(trusted))
    outside = Outside(Metrics(), Means(tls=tls))
    names = {
        "tmdb": "https://image.tmdb.org/t/p/original/poster-movie1-en0.jpg",
        "simkl": "https://wsrv.nl/?url=https://simkl.in/posters/12/movie00000012_m.webp&q=90",
    }
    asked = await outside.client(Policy(name="pictures", label="T", proxy=world.proxy))
    for provider, url in names.items():
        through = await asked.get(url)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert through.body == (await client.get(world.picture(provider, url))).content
        assert through.headers["content-type"].startswith("image/")
    origin = origin_of(world.addresses["tmdb"])
    policy = Policy(name="api", label="T", proxy=world.proxy, configured=frozenset({origin}))
    answer = await (await outside.client(policy)).get(configuration(world))
    assert answer.status == 200
    with pytest.raises(OutsideUnavailable):
        await asked.get("https://elsewhere.example/p.jpg")
    await outside.close()
