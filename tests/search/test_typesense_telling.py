"""A search server that dies, loses everything and comes back has what the table has."""

import asyncio
import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.clock import seconds
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.core.jobs import Job, Snooze
from app.core.jobs.ledger import Ledger
from app.core.jobs.run import LostLease, Run
from app.search.domain import Search, SearchKind
from app.search.jobs import CompareDocuments, ReconcileSearch, TellSearchServer
from app.search.service.typesense import Filling
from app.search.service.typesense.server import KeyRefused
from tests.search.typesense import TypesenseProcess, document, held, store, wanted
from tests.support.jobs import carry_out

MOVIE = SearchKind.MOVIE


async def begun(app: Container, job: Job) -> Run:
    """A job that has been claimed."""
    async with app.db.write(SYSTEM) as tx:
        tx.enqueue(job)
    ledger = Ledger(app.db.pool, new_id())
    [mine] = await ledger.claim(job.policy.queue, 1, 30)
    return Run(app.db, app.live, mine, ledger.worker)


async def forgotten(app: Container) -> None:
    """No job is under way."""
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from jobs"))


async def tell(app: Container) -> None:
    assert await carry_out(app, TellSearchServer()) == "completed"


async def found(app: Container, text: str) -> list[UUID]:
    asked = Search(text=text, kinds=(MOVIE,))
    answer = await app.search_server.backend.search(EVERYTHING, asked, 20)
    return [hit.id for hit in answer.hits]


async def test_changes_and_deletions_follow(app: Container, typesense: TypesenseProcess) -> None:
    some = [document(title=f"Film {n}") for n in range(1200)]
    await store(app, *some)
    await tell(app)
    assert await held(app) == await wanted(app)
    assert len(await held(app)) == 1200
    renamed = document(id=some[0].id, title="Zardoz")
    await store(app, renamed, gone=tuple(one.id for one in some[600:]))
    await tell(app)
    assert await held(app) == await wanted(app)
    assert len(await held(app)) == 600
    assert await found(app, "zardoz") == [renamed.id]
    state = await app.search_server.indexes.one(MOVIE)
    assert state.told == await app.documents.version()


async def test_nothing_is_told_twice(app: Container, typesense: TypesenseProcess) -> None:
    await store(app, document(title="Once"))
    await tell(app)
    before = _asked(app, "typesense_filling")
    await tell(app)
    # Where each alias leads and which collections there are, and nothing more.
    assert _asked(app, "typesense_filling") - before == 2 * len(SearchKind)


def _asked(app: Container, target: str) -> float:
    [family] = app.metrics.outside_requests.collect()
    return sum(
        s.value for s in family.samples if s.name.endswith("_total") and target in s.labels.values()
    )


async def test_without_a_server_nothing_is_done(app: Container) -> None:
    await store(app, document())
    await tell(app)
    assert await app.search_server.indexes.all() == {} or not any(
        one.name for one in (await app.search_server.indexes.all()).values()
    )
    assert not app.search_server.configured
    with pytest.raises(Unavailable):
        await found(app, "anything")


async def test_killed_and_wiped_it_is_filled_again(
    app: Container, typesense: TypesenseProcess
) -> None:
    await store(app, *(document(title=f"Film {n}") for n in range(700)))
    await tell(app)
    typesense.kill()
    await store(app, document(title="Meanwhile"))
    with pytest.raises(Snooze) as snoozed:
        await app.search_server.telling.tell(await begun(app, TellSearchServer()))
    assert snoozed.value.delay <= seconds(5)
    await forgotten(app)
    typesense.wipe()
    typesense.start()
    await asyncio.sleep(1.1)  # the breaker of what fills
    started = time.monotonic()
    await tell(app)
    assert time.monotonic() - started < 30
    assert await held(app) == await wanted(app)
    assert len(await found(app, "meanwhile")) == 1


async def test_killed_it_has_the_rest_told(app: Container, typesense: TypesenseProcess) -> None:
    some = [document(title=f"Film {n}") for n in range(50)]
    await store(app, *some)
    await tell(app)
    name = await app.search_server.filling.shown(MOVIE)
    typesense.kill()
    await store(app, document(title="Meanwhile"), gone=(some[0].id,))
    typesense.start()
    await asyncio.sleep(1.1)
    await tell(app)
    assert await held(app) == await wanted(app)
    assert await app.search_server.filling.shown(MOVIE) == name  # it was not built anew


async def test_slow_it_goes_on_where_it_was(
    app: Container, typesense: TypesenseProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(app, document(title="Before"))
    await tell(app)
    await store(app, *(document(title=f"Film {n}") for n in range(100)))
    typesense.pause()
    task = asyncio.create_task(app.search_server.telling.tell(await begun(app, TellSearchServer())))
    await asyncio.sleep(2)
    assert not task.done()
    typesense.resume()
    await asyncio.wait_for(task, 20)
    assert await held(app) == await wanted(app)


async def test_a_lost_run_moves_nothing(app: Container, typesense: TypesenseProcess) -> None:
    await store(app, document(title="One"))
    await tell(app)
    before = await app.search_server.indexes.one(MOVIE)
    await store(app, document(title="Two"))
    run = await begun(app, TellSearchServer())
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text("update jobs set attempt = attempt + 1 where id = :i"), {"i": run.job.id}
        )
    with pytest.raises(LostLease):
        await app.search_server.telling.tell(run)
    assert await app.search_server.indexes.one(MOVIE) == before


async def test_built_anew_there_is_no_moment_without(
    app: Container, typesense: TypesenseProcess
) -> None:
    await store(app, *(document(title=f"Film {n}") for n in range(2000)), document(title="Zardoz"))
    await tell(app)
    old = await app.search_server.filling.shown(MOVIE)
    asked, over = 0, asyncio.Event()

    async def asking() -> None:
        nonlocal asked
        while not over.is_set():
            assert len(await found(app, "zardoz")) == 1
            asked += 1

    task = asyncio.create_task(asking())
    for _ in range(3):
        await app.search_server.telling.build(await begun(app, ReconcileSearch()), MOVIE)
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(text("delete from jobs"))
    over.set()
    await task
    assert asked > 10
    assert await app.search_server.filling.shown(MOVIE) != old
    assert len(await app.search_server.filling.names(MOVIE)) == 1
    assert await held(app) == await wanted(app)


async def test_a_build_goes_on_after_a_stop(
    app: Container, typesense: TypesenseProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(app, *(document(title=f"Film {n}") for n in range(1300)))
    put, times = Filling.put, 0

    async def stopping(*given: object) -> None:
        nonlocal times
        times += 1
        if times == 3:
            raise ConnectionResetError
        await put(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(Filling, "put", stopping)
    run = await begun(app, ReconcileSearch())
    with pytest.raises(ConnectionResetError):
        await app.search_server.telling.build(run, MOVIE)
    state = await app.search_server.indexes.one(MOVIE)
    assert state.building is not None
    assert state.built > 0
    with pytest.raises(Unavailable):
        await found(app, "film")  # half an index is not searched
    times = 10
    await store(app, document(title="Meanwhile"))
    await app.search_server.telling.build(run, MOVIE)
    assert times == 10 + 1  # what was told before is not told again
    assert await app.search_server.filling.shown(MOVIE) == state.building
    assert await held(app) == await wanted(app)


async def test_what_changes_while_it_is_built_is_there_at_once(
    app: Container, typesense: TypesenseProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(app, document(title="Zardoz"))
    await tell(app)
    put = Filling.put

    async def changing(*given: Any) -> None:
        monkeypatch.setattr(Filling, "put", put)
        await store(app, document(title="Meanwhile"))
        await put(*given)

    monkeypatch.setattr(Filling, "put", changing)
    await app.search_server.telling.build(await begun(app, ReconcileSearch()), MOVIE)
    assert await held(app) == await wanted(app)
    assert len(await found(app, "meanwhile")) == 1
    waiting = text("select count(*) from jobs where kind = 'search.tell' and state = 'available'")
    assert await app.db.scalar(waiting) == 1, "for what has changed since"


async def test_what_is_gone_is_kept_until_what_is_built_was_told(
    app: Container, typesense: TypesenseProcess
) -> None:
    await store(app, film := document(title="Zardoz"))
    await tell(app)
    async with app.db.write(SYSTEM) as tx:
        await app.search_server.indexes.begin(tx, MOVIE, "half built")
    await store(app, gone=(film.id,))
    await store(app, document(title="Other"))
    await tell(app)
    assert await carry_out(app, CompareDocuments()) == "completed"
    gone = [one.id for one in await app.documents.changed_since(MOVIE, 0, 10) if one.gone]
    assert film.id in gone


async def test_reconciling_mends_both_sides(app: Container, typesense: TypesenseProcess) -> None:
    some = [document(title=f"Film {n}") for n in range(30)]
    await store(app, *some)
    await tell(app)
    name = await app.search_server.filling.shown(MOVIE)
    assert name is not None
    filling = app.search_server.filling
    await filling.take(name, [one.id for one in some[:5]])
    strange = new_id()
    await filling.put(name, [{"id": strange.hex, "version": 3, "label": "Nobody knows"}])
    await filling.put(name, [{"id": some[9].id.hex, "version": 1, "also": ["outdated"]}])
    await store(app, document(title="Not told yet"))
    assert await carry_out(app, ReconcileSearch()) == "completed"
    there = await held(app)
    expected = await wanted(app)
    assert strange not in there
    assert len(there) == 30
    assert there.items() <= expected.items()
    assert await found(app, "outdated") == []
    assert await found(app, "film 9") != []
    await tell(app)
    assert await held(app) == expected


async def test_a_query_fails_within_a_second_and_then_at_once(
    app: Container, typesense: TypesenseProcess
) -> None:
    await store(app, document(title="Alien"))
    await tell(app)
    assert len(await found(app, "alien")) == 1
    typesense.pause()
    taken = []
    for _ in range(5):
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await found(app, "alien")
        taken.append(time.monotonic() - started)
    assert max(taken[:3]) < 1.0
    assert min(taken[3:]) < 0.05
    typesense.resume()
    await asyncio.sleep(5.1)
    assert len(await found(app, "alien")) == 1


async def test_a_dead_server_fails_at_once(app: Container, typesense: TypesenseProcess) -> None:
    await store(app, document(title="Alien"))
    await tell(app)
    typesense.kill()
    started = time.monotonic()
    with pytest.raises(Unavailable):
        await found(app, "alien")
    assert time.monotonic() - started < 0.5


async def test_a_wrong_key_is_said_and_never_shown(
    app: Container, typesense: TypesenseProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = "averysecretkeythatiswrong"
    await app.settings.update(SYSTEM, "search.typesense.api_key", wrong)
    with pytest.raises(KeyRefused) as refused:
        await found(app, "alien")
    assert wrong not in str(refused.value)
    assert wrong not in repr(app.search_server.connection.place)
    with pytest.raises(KeyRefused):  # an attempt is spent, and an administrator sees it
        await app.search_server.telling.tell(await begun(app, TellSearchServer()))
    shown = capsys.readouterr()
    assert wrong not in shown.out + shown.err
