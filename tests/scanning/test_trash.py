"""The trash: what vanished is kept for a while, then purged by a job that says what it removed."""

import asyncio
import shutil
import time
from typing import Any

import pytest
from sqlalchemy import text

from app.core.access import SYSTEM
from app.core.ids import new_id
from app.items.domain import ItemId
from app.libraries.domain import ScanKind
from app.libraries.events import LIBRARIES_TOPIC
from app.libraries.jobs import PurgeFiles
from app.libraries.service import folders
from app.matching.domain import Choice, Title
from app.scanning.service import purging
from app.scanning.service.life import shown_in
from app.watch.domain import Progress
from tests.scanning.stage import Stage, completed

FILMS = ("Alien (1979)", "Brazil (1985)", "Cube (1997)")


@pytest.fixture
async def films(stage: Stage) -> Stage:
    """Three films; of the first there is a second version."""
    for film in FILMS:
        stage.put(f"{film}/{film} 1080p.mkv")
    stage.put(f"{FILMS[0]}/{FILMS[0]} 720p.mkv")
    await stage.make()
    completed(await stage.scan())
    return stage


async def purge(stage: Stage) -> None:
    run = await stage.run_of(PurgeFiles())
    await stage.app.purging.purge(run)
    await stage.app.cache.settle()


async def age(stage: Stage, days: int) -> None:
    """As if what is missing had been so for that long."""
    async with stage.app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(
                f"update library_files set missing_since = now() - interval '{days} days' "
                "where missing_since is not null"
            )
        )


async def age_items(stage: Stage, days: int) -> None:
    """The same of items."""
    async with stage.app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(
                f"update items set missing_since = now() - interval '{days} days' "
                "where missing_since is not null"
            )
        )


async def log_of(stage: Stage) -> list[Any]:
    return await stage.rows("select changes from activity_log where action = 'library.purge'")


async def test_what_vanished_is_purged_when_its_time_has_come(films: Stage) -> None:
    (films.root / FILMS[0] / f"{FILMS[0]} 720p.mkv").unlink()
    shutil.rmtree(films.root / FILMS[1])
    assert completed(await films.scan()).removed == 2
    await age(films, 29)
    await purge(films)
    assert len(await films.files()) == 4
    assert await log_of(films) == []
    await age(films, 31)
    await purge(films)
    assert set(await films.files()) == {f"{f}/{f} 1080p.mkv" for f in (FILMS[0], FILMS[2])}
    assert [(title, len(v)) for title, _, _, v in await films.films()] == [
        ("Alien", 1),
        ("Cube", 1),
    ]
    ((changes,),) = await log_of(films)
    assert (changes["files"], changes["items"]) == (2, 1)
    assert sorted(changes["first"]) == [
        f"{FILMS[0]}/{FILMS[0]} 720p.mkv",
        f"{FILMS[1]}/{FILMS[1]} 1080p.mkv",
    ]
    await purge(films)  # nothing is left to say
    assert len(await log_of(films)) == 1


async def test_subscribers_hear_which_items_went(films: Stage) -> None:
    shutil.rmtree(films.root / FILMS[1])
    await films.scan()
    film = (await films.film_ids())["Brazil"]
    await age(films, 31)
    async with films.app.live.subscribe(LIBRARIES_TOPIC) as messages:
        await purge(films)
        async with asyncio.timeout(5):
            async for message in messages:
                if message.payload.get("deleted"):
                    break
    assert message.payload["deleted"] == [{"id": str(film), "kind": "movie", "age": None}]


async def test_the_time_is_a_setting(films: Stage) -> None:
    (films.root / FILMS[0] / f"{FILMS[0]} 720p.mkv").unlink()
    await films.scan()
    await age(films, 3)
    await films.app.settings.update(SYSTEM, "scanning.trash_days", 2)
    await purge(films)
    assert len(await films.files()) == 3


async def test_an_empty_or_unreachable_root_never_purges(
    films: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(films.root / FILMS[1])
    await films.scan()
    await age(films, 400)
    aside = films.root.with_name("aside")
    films.root.rename(aside)
    await purge(films)
    films.root.mkdir()
    await purge(films)
    films.put("lost+found/x.mkv")
    films.put("stray.txt")
    films.put("Other/other.mkv")  # another disk is mounted there
    await purge(films)
    assert len(await films.files()) == 4
    shutil.rmtree(films.root)
    aside.rename(films.root)
    monkeypatch.setattr(folders, "LOOK_TIMEOUT", 0.05)

    def hang(path: str) -> Any:
        time.sleep(0.5)
        return shown_in(path)

    monkeypatch.setattr(purging, "shown_in", hang)
    await purge(films)
    assert len(await films.files()) == 4
    monkeypatch.undo()
    await purge(films)
    assert len(await films.files()) == 3


async def test_where_everything_was_deleted_an_empty_root_keeps_its_trash(films: Stage) -> None:
    for film in FILMS:
        shutil.rmtree(films.root / film)
    assert completed(await films.scan(ScanKind.FULL)).removed == 4
    await age(films, 31)
    await purge(films)
    assert len(await films.files()) == 4
    films.put("New (2000)/New (2000).mkv")
    await films.scan()
    await purge(films)
    assert set(await films.files()) == {"New (2000)/New (2000).mkv"}


async def test_a_film_that_is_purged_takes_its_progress_along(films: Stage, people: Any) -> None:
    user = await people.make()
    film = ItemId((await films.film_ids())["Brazil"])
    now = films.app.clock.now()
    async with films.app.db.write(SYSTEM) as tx:
        seen = Progress(
            user_id=user.id, item_id=film, position=1, duration=2, completed=False,
            plays=0, last_watched_at=now, completed_at=None,
        )  # fmt: skip
        await films.app.watch_repository.write(tx, [seen])
    shutil.rmtree(films.root / FILMS[1])
    await films.scan()
    await age(films, 31)
    await purge(films)
    assert await films.rows("select 1 from watch_progress") == []


async def test_seasons_and_shows_go_with_their_last_part(films: Stage) -> None:
    """Generic in items: whatever hangs on a parent."""
    show, season, other = new_id(), new_id(), new_id()
    episode = (await films.film_ids())["Brazil"]
    async with films.app.db.write(SYSTEM) as tx:
        made = ((show, "show", None), (season, "season", show), (other, "season", show))
        for id_, kind, parent in made:
            await tx.execute(
                text(
                    "insert into items (id, kind, library_id, parent_id) "
                    "values (:id, :kind, :library, :parent)"
                ),
                {"id": id_, "kind": kind, "library": films.library.id, "parent": parent},
            )
        await tx.execute(
            text("update items set parent_id = :season where id = :id"),
            {"season": season, "id": episode},
        )
    shutil.rmtree(films.root / FILMS[1])
    await films.scan()
    await age(films, 31)
    await purge(films)
    left = {r["id"] for r in await films.rows("select id from items")}
    assert show in left
    assert other in left
    assert season not in left
    assert episode not in left


async def test_items_whose_files_became_those_of_others_go_too(films: Stage) -> None:
    """A wrong title that somebody corrected; one whose files are there, or only missing, stays."""
    rows = await films.rows("select id from library_files where name like 'Alien%'")
    choice = Choice(movie=Title(title="Solaris"))
    await films.app.matching.identify(SYSTEM, [row["id"] for row in rows], choice)
    shutil.rmtree(films.root / FILMS[1])
    await films.scan()
    wrong = (await films.film_ids())["Alien"]
    await age_items(films, 29)
    await purge(films)
    assert {t for t, _ in await films.titles()} == {"Alien", "Solaris", "Brazil", "Cube"}
    await age_items(films, 31)
    scan = await films.start()
    await purge(films)
    assert wrong in (await films.film_ids()).values(), "while a scan is under way nothing goes"
    await films.carry_out(*await films.claim())
    completed(await films.record(scan))
    await purge(films)
    assert {t for t, _ in await films.titles()} == {"Solaris", "Brazil", "Cube"}
    ((changes,),) = await log_of(films)
    assert (changes["files"], changes["items"]) == (0, 1)


async def test_what_comes_back_is_missing_no_more(films: Stage) -> None:
    file = films.root / FILMS[1] / f"{FILMS[1]} 1080p.mkv"
    content = file.read_bytes()
    file.unlink()
    await films.scan()
    since = "select count(missing_since) as many from items"
    assert (await films.rows(since))[0]["many"] == 1
    file.write_bytes(content)
    await films.scan()
    assert (await films.rows(since))[0]["many"] == 0


async def test_many_files_go_in_few_statements_and_commits(
    films: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "IDS_AT_ONCE", 3)
    monkeypatch.setattr(purging, "BATCHES", 2)
    for n in range(20):
        films.put(f"Film {n} (2001)/Film {n} (2001).mkv")
    await films.scan()
    for n in range(20):
        shutil.rmtree(films.root / f"Film {n} (2001)")
    await films.scan()
    await age(films, 31)
    await purge(films)
    assert len(await films.files()) == 4
    told = [row["changes"] for row in await log_of(films)]
    assert [one["files"] for one in told] == [6, 6, 6, 2]
