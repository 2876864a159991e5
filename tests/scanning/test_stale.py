"""What a scan changes of films that stay: no cached list shows them as they were."""

import shutil
from typing import Any

from tests.scanning.stage import Stage, StubProber, completed
from tests.support.api import Api
from tests.support.people import People

SIZED = """query($resolutions: [String!]) {
  movies(filter: {resolutions: $resolutions}) { totalCount nodes { versions { resolution } } } }"""


async def test_versions_that_go_and_return(
    stage: Stage, api: Api, people: People, prober: StubProber
) -> None:
    """The film stays available all the time, so its own row never changes."""
    admin = await people.admin()
    big = stage.put("Film (1990)/Film (1990) 1080p.mkv")
    stage.put("Film (1990)/Film (1990) 720p.mkv")
    await stage.make()
    await stage.scan()

    async def shown(resolution: str) -> list[Any]:
        found = (await api.run(SIZED, admin, resolutions=[resolution]))["movies"]
        assert found["totalCount"] == len(found["nodes"])
        return [sorted(v["resolution"] for v in node["versions"]) for node in found["nodes"]]

    both = [["1080p", "720p"]]
    assert (await shown("1080p"), await shown("720p"), await shown("480p")) == (both, both, [])
    away = shutil.move(big, stage.root.parent / "away.mkv")
    assert completed(await stage.scan()).removed == 1
    assert (await shown("1080p"), await shown("720p")) == ([], [["720p"]])
    shutil.move(away, big)
    assert completed(await stage.scan()).updated == 1
    assert (await shown("1080p"), await shown("720p")) == (both, both)
    stage.put("Film (1990)/Film (1990) 480p.mkv")
    assert completed(await stage.scan()).added == 1
    assert await shown("480p") == [["1080p", "480p", "720p"]]


async def test_versions_that_go_and_return_are_told(stage: Stage, prober: StubProber) -> None:
    big = stage.put("Film (1990)/Film (1990) 1080p.mkv")
    stage.put("Film (1990)/Film (1990) 720p.mkv")
    await stage.make()
    await stage.scan()
    (film,) = (await stage.film_ids()).values()
    away = stage.root.parent / "away.mkv"
    for source, target in ((big, away), (away, big)):
        await stage.rows("delete from outbox")
        shutil.move(source, target)
        await stage.scan()
        told = await stage.rows("select events::text as events from outbox")
        assert any(str(film) in row["events"] for row in told), (str(target), film, told)
