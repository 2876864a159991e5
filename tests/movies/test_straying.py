"""Ids win over everything, also those that come after the first scan."""

from typing import Any

from app.core.access import SYSTEM
from app.items.domain import ItemId
from app.libraries.domain import ScanKind
from app.matching.domain import Choice, Title
from tests.scanning.stage import Stage, nfo
from tests.support.people import People

FILES = """
select m.title, x.value, f.name from movies m
  left join external_ids x on x.item_id = m.id
  left join item_versions v on v.item_id = m.id
  left join version_files p on p.version_id = v.id
  left join library_files f on f.id = p.file_id order by 1, 2, 3
"""


async def scanned(stage: Stage, *paths: str) -> None:
    for path in paths:
        stage.put(path)
    if not hasattr(stage, "library"):
        await stage.make()
    await stage.scan()


async def films(stage: Stage) -> list[tuple[Any, ...]]:
    """Title, id and file of every film."""
    return [tuple(row) for row in await stage.rows(FILES)]


def say(stage: Stage, path: str, tmdb: str, title: str = "Film") -> None:
    stage.put(path, nfo(title, more=f"<uniqueid type='tmdb'>{tmdb}</uniqueid>"))


async def test_a_version_that_is_another_film(stage: Stage) -> None:
    await scanned(stage, "Film (1990) {tmdb-1}/Film (1990).mkv", "Film (1990)/Film (1990) 720p.mkv")
    assert [row[1:] for row in await films(stage)] == [
        ("1", "Film (1990) 720p.mkv"),
        ("1", "Film (1990).mkv"),
    ]
    say(stage, "Film (1990)/movie.nfo", "2")
    expected = [("Film", "1", "Film (1990).mkv"), ("Film", "2", "Film (1990) 720p.mkv")]
    for kind in ScanKind:
        await stage.scan(kind)
        assert await films(stage) == expected


async def test_a_film_that_is_a_version(stage: Stage, people: People) -> None:
    await scanned(stage, "Film (1990) {tmdb-1}/Film (1990).mkv", "Flm (1990)/Flm (1990).mkv")
    wrong = (await stage.film_ids())["Flm"]
    viewer = await people.viewer(await people.admin())
    await stage.app.watch.mark(viewer, ItemId(wrong))
    say(stage, "Flm (1990)/movie.nfo", "1")
    expected = [
        ("Film", "1", "Film (1990).mkv"),
        ("Film", "1", "Flm (1990).mkv"),
        ("Flm", None, None),
    ]
    for kind in ScanKind:
        await stage.scan(kind)
        assert await films(stage) == expected
    states = await stage.rows("select state from items order by id")
    assert [row["state"] for row in states] == ["available", "missing"]
    right = ItemId((await stage.film_ids())["Film"])
    seen = await stage.app.watch_repository.by_items(viewer.account, [right, ItemId(wrong)])
    assert {i: progress.completed for i, progress in seen.items()} == {right: True}


async def test_a_film_of_another_id(stage: Stage) -> None:
    """Nothing contradicts: who corrects the id of a film has the same film."""
    await scanned(stage, "Film (1990) {tmdb-1}/Film (1990).mkv")
    before = await stage.film_ids()
    say(stage, "Film (1990) {tmdb-1}/movie.nfo", "2")
    await stage.scan()
    assert await films(stage) == [("Film", "2", "Film (1990).mkv")]
    (stage.root / "Film (1990) {tmdb-1}").rename(stage.root / "Film (1990) {tmdb-2}")
    await stage.scan()
    assert await films(stage) == [("Film", "2", "Film (1990).mkv")]
    assert await stage.film_ids() == before


async def test_what_is_said_by_hand_wins_over_ids(stage: Stage) -> None:
    await scanned(stage, "Film (1990) {tmdb-1}/Film (1990).mkv", "Flm (1990)/Flm (1990).mkv")
    files = {row["name"]: row["id"] for row in (await stage.files()).values()}
    choice = Choice(movie=Title(title="Flm", year=1990))
    await stage.app.matching.identify(SYSTEM, [files["Flm (1990).mkv"]], choice)
    say(stage, "Flm (1990)/movie.nfo", "1")
    await stage.scan(ScanKind.FULL)
    assert [row[::2] for row in await films(stage)] == [
        ("Film", "Film (1990).mkv"),
        ("Flm", "Flm (1990).mkv"),
    ]


async def test_who_corrects_a_name_makes_it_a_version(stage: Stage, people: People) -> None:
    """Of a film that is there; what was watched goes along."""
    await scanned(stage, "Alien (1979)/Alien (1979).mkv", "Alein (1979)/Alein (1979) 720p.mkv")
    ids = await stage.film_ids()
    wrong, right = ids["Alein"], ids["Alien"]
    viewer = await people.viewer(await people.admin())
    await stage.app.watch.mark(viewer, ItemId(wrong))
    (stage.root / "Alein (1979)/Alein (1979) 720p.mkv").rename(
        stage.root / "Alien (1979)/Alien (1979) 720p.mkv"
    )
    expected = [
        ("Alein", None, None),
        ("Alien", None, "Alien (1979) 720p.mkv"),
        ("Alien", None, "Alien (1979).mkv"),
    ]
    for kind in ScanKind:
        await stage.scan(kind)
        assert await films(stage) == expected
    seen = await stage.app.watch_repository.by_items(viewer.account, [ItemId(wrong), ItemId(right)])
    assert {i: progress.completed for i, progress in seen.items()} == {right: True}


async def test_a_name_alone_joins_no_films_of_two_ids(stage: Stage) -> None:
    await scanned(stage, "Alien (1979) {tmdb-1}/Alien (1979).mkv", "Alein (1979)/Alein (1979).mkv")
    say(stage, "Alein (1979)/movie.nfo", "2", "Alein")
    await stage.scan()
    before = await stage.rows("select id from movies order by id")
    (stage.root / "Alein (1979)").rename(stage.root / "Alien (1979)")
    (stage.root / "Alien (1979)/movie.nfo").unlink()
    await stage.scan()
    assert await stage.rows("select id from movies order by id") == before
    assert sorted(row[1] for row in await films(stage)) == ["1", "2"]


async def test_two_folders_that_change_names_stay_two_films(stage: Stage) -> None:
    await scanned(stage, "One (1990)/One (1990).mkv", "Two (1991)/Two (1991).mkv")
    before = await stage.film_ids()
    one, two = "One (1990)", "Two (1991)"
    for old, new in ((one, "Aside"), (two, one), ("Aside", two)):
        (stage.root / old).rename(stage.root / new)
    for folder, name in ((one, two), (two, one)):
        (stage.root / folder / f"{name}.mkv").rename(stage.root / folder / f"{folder}.mkv")
    await stage.scan()
    assert await stage.film_ids() == {"One": before["Two"], "Two": before["One"]}
