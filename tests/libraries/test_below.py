"""Which files lie below a folder, asked for many folders at once."""

import pytest
from sqlalchemy import text

from app.core.access import SYSTEM
from app.core.ids import new_id
from app.libraries.repository.statements import SOME_VIDEOS
from tests.scanning.stage import Stage

PATHS = (
    "top.mkv",
    "Season 1/a.mkv",
    "Show/b.mkv",
    "Show/b.srt",
    "Show/Season 1/c.mkv",
    "Show/Season 2/d.mkv",
    "Show.2/e.mkv",
    "Show0/f.mkv",
)


@pytest.fixture
async def known(stage: Stage) -> Stage:
    """A library of these paths."""
    for path in PATHS:
        stage.put(path)
    await stage.make()
    await stage.scan()
    return stage


@pytest.mark.parametrize(
    ("tops", "without", "found"),
    [
        (["Show"], [], "bcd"),
        (["Show"], ["Show", "Show/Season 2"], "c"),
        (["Show", "Show0"], [], "bcdf"),
        ([""], [], ["top", *"abcdef"]),
        ([""], ["", "Show/Season 1"], "abdef"),
        (["Nothing"], [], ""),
    ],
)
async def test_some_videos(known: Stage, tops: list[str], without: list[str], found: str) -> None:
    app = known.app
    folder = known.library.folders[0].id
    rows = await app.file_repository.known.some_below(folder, tops, without, 20)
    assert len(rows) == len(set(rows)), "none twice"
    names = {
        row["id"]: row["name"] for row in await known.rows("select id, name from library_files")
    }
    assert sorted(names[i].removesuffix(".mkv") for _, i in rows) == sorted(found)
    few = await app.file_repository.known.some_below(folder, tops, without, 1)
    assert len(few) == len({top for top, _ in rows})


async def test_it_reads_by_the_index(known: Stage) -> None:
    """A condition that is not a range reads all files of the library for each folder."""
    params = {"dirs": ["a", "b"], "folder": new_id(), "without": [], "most": 20}
    async with known.app.db.write(SYSTEM) as tx:
        await tx.execute(text("set local enable_seqscan = off"))
        explained = await tx.execute(text(f"explain {SOME_VIDEOS.text}"), params)
        plan = "\n".join(explained.scalars())
    ranges = [line for line in plan.splitlines() if "Index Cond" in line and "dir >=" in line]
    assert len(ranges) == 1, plan
