"""What somebody says of files by hand holds."""

from typing import Any

import pytest

from app.core.access import EVERYTHING, SYSTEM
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.page import Keyset
from app.items.domain import ItemId
from app.libraries.domain import FileId, ScanKind
from app.matching.domain import Choice, Identified, Title
from tests.movies.test_embedded import look_inside, tagged
from tests.scanning.stage import Stage, StubProber, alter, nfo
from tests.support.people import People

NAMELESS = "9f8e7d6c5b4a39281706f5e4d3c2b1a0.mkv"


async def scanned(stage: Stage, *paths: str) -> None:
    for path in paths:
        stage.put(path)
    if not hasattr(stage, "library"):
        await stage.make()
    await stage.scan()


async def ids(stage: Stage, *names: str) -> list[Any]:
    files = {row["name"]: row["id"] for row in (await stage.files()).values()}
    return [files[name] for name in names]


async def identify(stage: Stage, title: str, year: int | None, *names: str) -> Identified:
    """Say that these files are the film of this title."""
    choice = Choice(movie=Title(title=title, year=year))
    done = await stage.app.matching.identify(SYSTEM, await ids(stage, *names), choice)
    await stage.app.cache.settle()
    return done


async def unidentify(stage: Stage, *names: str) -> Identified:
    done = await stage.app.matching.unidentify(SYSTEM, await ids(stage, *names))
    await stage.app.cache.settle()
    return done


async def waiting(stage: Stage) -> list[str]:
    """The names of files that belong to nothing."""
    found = await stage.app.matching.unmatched(SYSTEM, stage.library.id, Keyset(100))
    ids = [FileId(i) for i in found.page.ids]
    known = await stage.app.file_repository.by_ids(EVERYTHING, ids)
    assert await found.count() == len(ids)
    return [known[i].name for i in ids]


async def test_what_waits_is_identified(stage: Stage) -> None:
    await scanned(stage, NAMELESS, "Other (1991).mkv")
    assert await waiting(stage) == [NAMELESS]
    done = await identify(stage, "The Film", 1990, NAMELESS)
    assert await waiting(stage) == []
    assert await stage.films() == [
        ("Other", 1991, "available", [["Other (1991).mkv"]]),
        ("The Film", 1990, "available", [[NAMELESS]]),
    ]
    assert done.items == ((await stage.film_ids())["The Film"],)
    assert done.left == ()
    rows = await stage.rows("select confidence from item_versions where confidence = 1")
    assert len(rows) == 1


async def test_a_film_that_is_there_is_found(stage: Stage) -> None:
    """By its title, or said by its id."""
    await scanned(stage, NAMELESS, "A" + NAMELESS, "Film (1990)/Film (1990).mkv")
    await identify(stage, "the film", 1990, NAMELESS)
    film = (await stage.film_ids())["Film"]
    target = Choice(items=(("movie", film),))
    await stage.app.matching.identify(SYSTEM, await ids(stage, "A" + NAMELESS), target)
    assert [(t, len(v)) for t, _, _, v in await stage.films()] == [("Film", 3)]


async def test_what_is_known_of_the_file_is_told(stage: Stage, prober: StubProber) -> None:
    """Its streams were read while it waited."""
    path = stage.put(NAMELESS)
    await stage.make()
    await look_inside(stage, prober, path, tagged(tagged().tags.__class__()))
    await identify(stage, "Film", 1990, NAMELESS)
    (version,) = await stage.rows("select duration, resolution from item_versions")
    assert version["duration"] == 6000
    assert version["resolution"]


RESCANS = ("incremental", "full", "renamed", "moved", "changed", "again")


async def rescanned(stage: Stage, prober: StubProber, how: str, name: str) -> str:
    """What happens to a file afterwards; answers its name."""
    path = stage.root / name
    prober.readable(path)
    await stage.scan(ScanKind.FULL)
    await stage.probe()
    if how == "renamed":
        path = path.rename(stage.root / "Something Else (1999).mkv")
    elif how == "moved":
        (stage.root / "Folder (1998)").mkdir()
        path = path.rename(stage.root / "Folder (1998)" / path.name)
    elif how == "changed":
        path.write_bytes(b"another copy of it, longer")
    elif how == "again":
        stage.put("movie.nfo", nfo("Wrong", year=1950))
    await stage.scan(ScanKind.FULL if how == "full" else ScanKind.INCREMENTAL)
    await stage.probe()
    return path.name


@pytest.mark.parametrize("how", RESCANS)
async def test_an_identification_survives(stage: Stage, prober: StubProber, how: str) -> None:
    await scanned(stage, "Wrong (1950).mkv", NAMELESS)
    before = await stage.files()
    await identify(stage, "Right", 1990, "Wrong (1950).mkv", NAMELESS)
    film = (await stage.film_ids())["Right"]
    name = await rescanned(stage, prober, how, "Wrong (1950).mkv")
    assert [(t, y, s) for t, y, s, _ in await stage.films()] == [
        ("Right", 1990, "available"),
        ("Wrong", 1950, "missing"),
    ]
    rows = await stage.rows(
        """select f.name, v.item_id from version_files p join library_files f on f.id = p.file_id
             join item_versions v on v.id = p.version_id"""
    )
    assert {tuple(row) for row in rows} == {(name, film), (NAMELESS, film)}
    assert {r["id"] for r in before.values()} <= {r["id"] for r in (await stage.files()).values()}


@pytest.mark.parametrize("how", RESCANS)
async def test_what_was_taken_away_stays_away(stage: Stage, prober: StubProber, how: str) -> None:
    await scanned(stage, "Film (1990).mkv", "Film (1990) 720p.mkv")
    done = await unidentify(stage, "Film (1990).mkv")
    assert done.left == ()
    assert await waiting(stage) == ["Film (1990).mkv"]
    prober.readable(stage.root / "Film (1990) 720p.mkv")
    name = await rescanned(stage, prober, how, "Film (1990).mkv")
    assert await waiting(stage) == [name]
    (film,) = await stage.films()
    assert film == ("Film", 1990, "available", [["Film (1990) 720p.mkv"]])
    await identify(stage, "Film", 1990, name)
    assert await waiting(stage) == []
    assert len((await stage.films())[0][3]) == 2


async def test_a_film_that_loses_its_files_is_missing(stage: Stage, people: People) -> None:
    await scanned(stage, "Film (1990).mkv")
    assert (await unidentify(stage, "Film (1990).mkv")).left == tuple(
        (await stage.film_ids()).values()
    )
    assert [f[2] for f in await stage.films()] == ["missing"]
    stage.put("Film (1990) 720p.mkv")
    await stage.scan()
    assert [f[2:] for f in await stage.films()] == [("available", [["Film (1990) 720p.mkv"]])]


async def watch(stage: Stage, somebody: Any, item: Any, position: float) -> None:
    await alter(
        stage.app,
        f"""insert into watch_progress (user_id, item_id, root_id, position, duration)
            values ('{somebody.id}', '{item}', '{item}', {position}, 6000)""",
        f"watch:{somebody.id}",
    )


async def watched(stage: Stage) -> dict[tuple[str, Any], float]:
    rows = await stage.rows(
        """select m.title, w.user_id, w.position from watch_progress w
             join movies m on m.id = w.item_id"""
    )
    return {(row["title"], row["user_id"]): row["position"] for row in rows}


async def test_progress_goes_along(stage: Stage, people: People) -> None:
    """From a wrong title that a scan made and that has nothing left."""
    ann, ben = await people.make(), await people.make()
    await scanned(stage, "Wrong (1950).mkv", "Wrong (1950) 720p.mkv", "Right (1990).mkv")
    films = await stage.film_ids()
    await watch(stage, ann, films["Wrong"], 600)
    await watch(stage, ben, films["Wrong"], 700)
    await watch(stage, ben, films["Right"], 10)
    await identify(stage, "Right", 1990, "Wrong (1950).mkv")
    assert len(await watched(stage)) == 3, "another file of it is there"
    await identify(stage, "Right", 1990, "Wrong (1950) 720p.mkv")
    assert await watched(stage) == {
        ("Right", ann.id): 600,
        ("Right", ben.id): 10,
        ("Wrong", ben.id): 700,
    }


async def test_progress_stays_with_what_was_said_by_hand(stage: Stage, people: People) -> None:
    ann = await people.make()
    await scanned(stage, NAMELESS)
    await identify(stage, "First", 1990, NAMELESS)
    await watch(stage, ann, (await stage.film_ids())["First"], 600)
    await identify(stage, "Second", 1991, NAMELESS)
    assert await watched(stage) == {("First", ann.id): 600}


async def test_said_twice_is_said_once(stage: Stage) -> None:
    await scanned(stage, NAMELESS)
    await identify(stage, "Film", 1990, NAMELESS)
    film = ItemId((await stage.film_ids())["Film"])
    (version,) = (await stage.app.item_repository.versions(EVERYTHING, [film]))[film]
    again = Choice(items=(("movie", film),))
    await stage.app.matching.identify(SYSTEM, await ids(stage, NAMELESS), again)
    await stage.app.cache.settle()
    assert (await stage.app.item_repository.versions(EVERYTHING, [film]))[film][0] == version


async def test_parts_are_one_version(stage: Stage) -> None:
    names = ("Flim (1990) cd1.avi", "Flim (1990) cd2.avi")
    await scanned(stage, *names)
    await unidentify(stage, *names)
    await identify(stage, "Film", 1990, *names)
    (film,) = [f for f in await stage.films() if f[0] == "Film"]
    assert film[3] == [list(names)]


@pytest.mark.parametrize("fails_at", ["retell", "settle"])
async def test_all_of_it_or_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, fails_at: str
) -> None:
    await scanned(stage, "Wrong (1950).mkv")
    before = await stage.films()

    async def fail(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(stage.app.facts, fails_at, fail)
        with pytest.raises(RuntimeError):
            await identify(stage, "Right", 1990, "Wrong (1950).mkv")
    assert await stage.films() == before
    assert await stage.rows("select 1 from identifications") == []


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice(), "INVALID"),
        (Choice(movie=Title(title=" ")), "INVALID"),
        (Choice(movie=Title(title="x" * 501)), "INVALID"),
        (Choice(movie=Title(title="a\x00b")), "INVALID"),
        (Choice(movie=Title(title="Film", year=1)), "INVALID"),
        (Choice(movie=Title(title="Film", ids={"evil": "1"})), "INVALID"),
        (Choice(movie=Title(title="Film", ids={"imdb": "tt1' or"})), "INVALID"),
        (
            Choice(items=(("user", ItemId(SYSTEM.user_id or __import__("uuid").uuid4())),)),
            "INVALID",
        ),
        (Choice(items=(("movie", new_id()),)), "NOT_FOUND"),
    ],
)
async def test_targets_that_make_no_sense(stage: Stage, choice: Choice, code: str) -> None:
    await scanned(stage, NAMELESS)
    with pytest.raises(AppError) as refused:
        await stage.app.matching.identify(SYSTEM, await ids(stage, NAMELESS), choice)
    assert refused.value.code.value == code
    assert await waiting(stage) == [NAMELESS]
