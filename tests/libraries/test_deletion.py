"""Taking a library apart: in batches, whatever dies meanwhile, and nothing comes in again."""

import asyncio
from typing import Any

import pytest

from app.core.access import SYSTEM
from app.core.errors import Code
from app.core.ids import decode_id, new_id
from app.core.jobs import Cancel
from app.core.jobs.run import Run
from app.libraries.domain import (
    LibraryInput,
    LibraryKind,
    LibraryNotFound,
    ScanKind,
    ScanState,
)
from app.libraries.jobs import DeleteLibrary
from app.scanning.service import deletion, records
from tests.conftest import wait_until
from tests.libraries.requests import CREATE, DELETE, LIST, given
from tests.scanning.stage import Stage
from tests.support.api import Api
from tests.support.people import People, Somebody

GONE = (
    *("items", "movies", "item_versions", "version_files", "library_files", "item_genres"),
    *("credits", "artwork", "external_ids", "collection_items", "watch_progress"),
    *("library_scans", "library_grants"),
)
# Every list of the API, and whatever leads from what one may see to what one may not.


async def test_deleting_takes_everything_but_the_files(
    api: Api, admin: Somebody, stage: Stage
) -> None:
    for number in range(30):
        film = f"Film {number} (1990) {{tmdb-{number}}}"
        stage.put(f"{film}/{film}.mkv")
        stage.put(f"{film}/poster.jpg")
        more = "<actor><name>A</name></actor><set>S</set><genre>G</genre>"
        stage.put(f"{film}/movie.nfo", f"<movie>{more}</movie>")
    await stage.make()
    await stage.scan()
    app, library = api.app, stage.library
    movies = list((await stage.film_ids()).values())
    viewer = await People(app).viewer(admin)
    await app.watch.update(viewer, movies[0], 10, 100)
    await app.rbac.grant(SYSTEM, admin.id, library.id)
    open_scan = await stage.start()
    names: list[str] = []
    removed: set[str] = set()

    async def listen() -> None:
        async with app.live.subscribe("libraries") as messages:
            async for message in messages:
                names.append(message.name)
                removed.update(item["id"] for item in message.payload.get("deleted", ()))

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.2)
    ref = (await api.run(LIST, admin))["libraries"]["nodes"][0]["id"]
    assert decode_id("library", ref) == library.id
    assert await api.run(DELETE, admin, id=ref) == {"deleteLibrary": ref}
    assert (await api.run(LIST, admin))["libraries"] == {"totalCount": 0, "nodes": []}
    assert (await api.fails(DELETE, admin, id=ref)).code is Code.NOT_FOUND
    other = stage.root.with_name("other")
    other.mkdir()
    await api.run(CREATE, admin, input=given(other))  # the name is free at once
    await stage.run_deletion()
    await wait_until(lambda: "library.deleted" in names)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert removed == {str(movie) for movie in movies}
    assert (await stage.record_or_none(open_scan)) is None
    for table in GONE:
        assert await stage.rows(f"select 1 from {table}") == [], table
    assert len(await stage.rows("select 1 from libraries")) == 1
    assert len(list(stage.root.rglob("*.mkv"))) == 30


async def test_deleting_can_be_carried_on(
    api: Api, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between two batches, the next attempt does the rest."""
    monkeypatch.setattr(deletion, "AT_ONCE", 5)
    for number in range(20):
        stage.put(f"Film {number} (1990).mkv")
    await stage.make()
    await stage.scan()
    await api.app.libraries.delete(SYSTEM, stage.library.id)
    delete, done = api.app.item_repository.delete, []

    async def dying(*args: Any) -> Any:
        done.append(1)
        if len(done) == 3:
            raise RuntimeError("killed")
        return await delete(*args)

    with monkeypatch.context() as patched:
        patched.setattr(api.app.item_repository, "delete", dying)
        ledger = stage.ledger
        (job,) = [j for j in await ledger.claim("default", 9, 60) if j.kind == "libraries.delete"]
        with pytest.raises(RuntimeError):
            await stage.carry_out(job, Run(api.app.db, api.app.live, job, ledger.worker))
        await ledger.fail(job, "available", delay=0, error=None, counts=False)
    assert len(await stage.rows("select 1 from items")) == 10
    await stage.run_deletion()
    assert await stage.rows("select 1 from libraries") == []


async def test_a_deleted_library_is_scanned_no_more(api: Api, stage: Stage) -> None:
    stage.put("Film (1990).mkv")
    await stage.make()
    await stage.start()
    job, run = await stage.claim()
    await api.app.libraries.delete(SYSTEM, stage.library.id)
    with pytest.raises(Cancel):
        await stage.carry_out(job, run)
    assert await stage.rows("select 1 from items") == []


async def test_a_scan_under_way_adds_nothing_more(
    api: Api, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the deletion is asked for between the walk and the import."""
    stage.put("Film (1990).mkv")
    await stage.make()
    asked = await stage.start()
    importer: Any = api.app.facts.importers[LibraryKind.MOVIES]
    read = importer.read

    async def late(batch: Any) -> Any:
        await api.app.libraries.delete(SYSTEM, stage.library.id)
        return await read(batch)

    monkeypatch.setattr(importer, "read", late)
    with pytest.raises(Cancel):
        await stage.carry_out(*await stage.claim())
    (row,) = await stage.rows("select state, problem from library_scans where id = $1", asked.id)
    assert tuple(row) == (ScanState.CANCELLED.value, "The library is deleted.")
    assert await stage.rows("select 1 from items") == await stage.rows(
        "select 1 from library_files"
    )


async def test_a_scan_asked_for_while_it_is_deleted(stage: Stage) -> None:
    """Seen a moment ago is not enough: the library itself is held, or waited for."""
    library = await stage.make()
    app = stage.app
    async with app.db.write(SYSTEM) as tx:
        assert await app.library_repository.hide(tx, library.id)
        scan = asyncio.create_task(app.scanning.start(SYSTEM, library.id, ScanKind.FULL))
        change = asyncio.create_task(
            app.libraries.update(SYSTEM, library.id, LibraryInput(name="Other"))
        )
        again = asyncio.create_task(app.libraries.delete(SYSTEM, library.id))
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in (scan, change, again))
    for task in (scan, change, again):
        with pytest.raises(LibraryNotFound):
            await task
    assert await stage.rows("select 1 from library_scans") == []


async def test_following_a_deleted_library_ends(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LOOK_EVERY", 0.1)
    await stage.make()
    await stage.start()
    states = []
    async with asyncio.timeout(10):
        async for scan in stage.app.scanning.follow(stage.library):
            states.append(scan.state)
            if scan.state is ScanState.PENDING:
                await stage.app.libraries.delete(SYSTEM, stage.library.id)
            else:
                await stage.run_deletion()
    assert states == [ScanState.PENDING, ScanState.CANCELLED]


async def test_its_folders_and_name_are_free_at_once(stage: Stage) -> None:
    """Before the old content is gone, and without touching the new one when it goes."""
    stage.put("Film (1990).mkv")
    old = await stage.make()
    await stage.scan()
    await stage.app.libraries.delete(SYSTEM, old.id)
    new = await stage.make()
    await stage.scan()
    assert len(await stage.rows("select 1 from movies")) == 2
    await stage.run_deletion()
    assert await stage.titles() == [("Film", 1990)]
    (row,) = await stage.rows("select library_id from library_files")
    assert row["library_id"] == new.id
    (row,) = await stage.rows("select id from libraries")
    assert row["id"] == new.id
    assert (await stage.scan()).unchanged == 1


async def carry_on(stage: Stage) -> int:
    async with stage.app.db.write(SYSTEM) as tx:
        return await stage.app.libraries.carry_on_deletions(tx)


async def test_a_deletion_that_was_given_up_is_carried_on(stage: Stage) -> None:
    stage.put("Film (1990).mkv")
    await stage.make()
    await stage.scan()
    libraries = stage.app.libraries
    assert await carry_on(stage) == 0
    await libraries.delete(SYSTEM, stage.library.id)
    (job,) = [j for j in await stage.ledger.claim("default", 9, 60) if "delete" in j.kind]
    await stage.ledger.fail(job, "discarded", delay=0, error=None, counts=True)
    assert await carry_on(stage) == 1
    assert await carry_on(stage) == 1, "still one job"
    await stage.run_deletion()
    assert await stage.rows("select 1 from libraries") == []
    assert await carry_on(stage) == 0


async def test_a_deletion_done_twice_is_told_once(stage: Stage) -> None:
    await stage.make()
    await stage.app.libraries.delete(SYSTEM, stage.library.id)
    await stage.run_deletion()
    async with stage.app.db.write(SYSTEM) as tx:
        tx.enqueue(DeleteLibrary(stage.library.id))
    await stage.run_deletion()
    told = await stage.rows("select 1 from outbox where events::text like '%library.deleted%'")
    assert len(told) == 1


async def test_what_hangs_on_others_goes_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a batch stays a batch, and every episode of a show is told."""
    monkeypatch.setattr(deletion, "AT_ONCE", 1)
    library = await stage.make()
    ids = [new_id() for _ in range(3)]
    kinds = ("episode", "season", "show")  # upside down: neither names nor ages decide
    for item, kind, parent in zip(ids, kinds, (None, *ids), strict=False):
        await stage.rows(
            "insert into items (id, kind, library_id, parent_id) values ($1, $2, $3, $4)",
            *(item, kind, library.id, parent),
        )
    await stage.app.libraries.delete(SYSTEM, library.id)
    await stage.run_deletion()
    rows = await stage.rows("select events from outbox order by created_at")
    told = [d["kind"] for r in rows for e in r["events"] for d in e["payload"].get("deleted", ())]
    assert told == ["show", "season", "episode"]
