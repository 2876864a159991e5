"""What a scan is not sure of waits, among shows as among films."""

from app.core.access import SYSTEM
from app.libraries.domain import ScanKind
from app.matching.domain import Numbers, Title
from app.settings.domain import MATCH_THRESHOLD
from tests.matching.test_identify import ids, waiting
from tests.matching.test_shows import episodes, say, scanned
from tests.scanning.stage import Stage

NAMELESS = "x264/Season 01/S01E02.mkv"


async def test_a_show_without_a_name_waits(stage: Stage) -> None:
    await scanned(stage, NAMELESS, "Named/Named S01E01.mkv")
    assert [e[0] for e in await episodes(stage)] == ["Named"]
    assert await waiting(stage) == ["S01E02.mkv"]
    (file,) = await ids(stage, "S01E02.mkv")
    reading = (await stage.app.matching.read(SYSTEM, [file]))[file]
    assert (reading.reason.value, reading.title) == ("doubtful", None)
    await say(stage, Numbers(show=Title(title="Show"), season=1, episodes=(2,)), "S01E02.mkv")
    assert await waiting(stage) == []
    stage.put("x264/Season 01/S01E03.mkv")
    await stage.scan(ScanKind.FULL)
    assert await waiting(stage) == ["S01E03.mkv"], "each file is doubted by itself"


async def test_it_counts_from_the_next_look_on(stage: Stage) -> None:
    settings = stage.app.settings
    await settings.update(SYSTEM, MATCH_THRESHOLD.key, 0.0)
    await scanned(stage, NAMELESS, "Named/Named S01E01.mkv")
    assert [e[0] for e in await episodes(stage)] == ["Named", "x264"]
    await settings.update(SYSTEM, MATCH_THRESHOLD.key, 0.97)
    stage.put("Named/Named S01E02.mkv")
    stage.put("Known (2001) [tvdbid-42]/Known S01E01.mkv")
    (stage.root / NAMELESS).write_bytes(b"another copy, longer than the first one")
    await stage.scan(ScanKind.FULL)
    assert await waiting(stage) == ["Named S01E02.mkv"], "no year, no id"
    assert [e[:4] for e in await episodes(stage)] == [
        ("Known", 1, 1, "available"),
        ("Named", 1, 1, "available"),
        ("x264", 1, 2, "available"),
    ]
    await settings.update(SYSTEM, MATCH_THRESHOLD.key, MATCH_THRESHOLD.default)
    await stage.scan(ScanKind.FULL)
    assert await waiting(stage) == []
