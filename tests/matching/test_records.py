"""Files that somebody says to be a provider's record: its title, year and ids are theirs."""

import pytest

from app.core.access import SYSTEM
from app.core.errors import AppError, Code
from app.matching.domain import Choice, Numbers, Title
from tests.enrichment.test_shows import ONE, SHOW, TWO
from tests.enrichment.world import column, one, providers
from tests.matching.test_identify import NAMELESS, ids, scanned
from tests.matching.test_shows import scanned as scanned_shows
from tests.scanning.stage import Stage
from tests.support.jobs import carry_out_waiting


async def test_a_file_is_the_film_of_a_record(stage: Stage) -> None:
    await scanned(stage, NAMELESS)
    app = stage.app
    async with providers(app):
        choice = Choice(movie=Title(title="", record="tmdb:12"))
        done = await app.matching.identify(SYSTEM, await ids(stage, NAMELESS), choice)
        await app.cache.settle()
        assert await carry_out_waiting(app, "metadata.refresh_due") == "completed"
    [item_id] = done.items
    row = await one(app, "select title, year, overview from movies where id = :id", id=item_id)
    assert tuple(row) == ("Glass Weather", 2004, "Rain on glass.")
    known = await column(app, "select value from external_ids where source = 'tmdb'")
    assert known == ["12"]


async def test_files_are_episodes_of_the_show_of_a_record(stage: Stage) -> None:
    app = stage.app
    await scanned_shows(stage, "odd.mkv")
    files = await ids(stage, "odd.mkv")
    async with providers(app) as said:
        said.omdb.documents["/"] = {"Response": "False", "Error": "Series not found!"}
        said.tmdb.documents |= {
            "/tv/50": SHOW,
            "/tv/50/season/1": ONE,
            "/tv/50/season/2": TWO,
        }
        numbers = Numbers(show=Title(title="", record="tmdb:50"), season=1, episodes=(2,))
        await app.matching.identify(SYSTEM, files, Choice(episode=numbers))
        await app.cache.settle()
        assert await carry_out_waiting(app, "metadata.refresh_due") == "completed"
    titles = await column(app, "select title from episodes")
    assert titles == ["Night"]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("tmdb:99", Code.INVALID),
        ("tmdb", Code.INVALID),
        ("tmdb:../12", Code.INVALID),
        ("nobody:1", Code.NOT_FOUND),
    ],
)
async def test_records_that_are_not_there(stage: Stage, record: str, code: Code) -> None:
    await scanned(stage, NAMELESS)
    async with providers(stage.app):
        choice = Choice(movie=Title(title="", record=record))
        with pytest.raises(AppError) as caught:
            await stage.app.matching.identify(SYSTEM, await ids(stage, NAMELESS), choice)
    assert caught.value.code is code
    assert await column(stage.app, "select id from movies") == []
