"""Libraries through the API: what may be one, and how they come, change and go."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.core.access import EVERYTHING, SYSTEM
from app.core.clock import SteppedClock
from app.core.errors import Code, Invalid
from app.libraries.domain import LibraryInput, LibraryKind
from app.libraries.service import next_time, usable_folder
from tests.libraries.requests import CREATE, UPDATE, given
from tests.scanning.stage import Stage
from tests.support.api import Api
from tests.support.people import Somebody


async def test_a_library_is_made(api: Api, admin: Somebody, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "två — 2"
    one.mkdir()
    two.mkdir()
    wanted = given(one, two, name="  My \n films ", scanOnStart=True, language="pt-BR")
    made = (await api.run(CREATE, admin, input=wanted | {"schedule": "*/5 * * * *"}))[
        "createLibrary"
    ]
    assert made.pop("id").startswith("library_")
    assert made == {
        "name": "My films",
        "kind": "MOVIES",
        "enabled": True,
        "scanOnStart": True,
        "schedule": "*/5 * * * *",
        "language": "pt-BR",
        "folders": [{"path": str(one.resolve())}, {"path": str(two.resolve())}],
    }


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \n "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"folders": []}, "folders"),
        ({"folders": ["/tmp"] * 51}, "folders"),
        ({"language": "english"}, "language"),
        ({"language": "e"}, "language"),
        ({"language": "en-"}, "language"),
        ({"language": "日本"}, "language"),
        ({"language": ""}, "language"),
        ({"language": "12"}, "language"),
        ({"language": "en-1"}, "language"),
        ({"language": "en-Latn-US-and-a-lot-more"}, "language"),
        ({"schedule": "daily"}, "schedule"),
        ({"schedule": "* * * *"}, "schedule"),
        ({"schedule": "* * * * * *"}, "schedule"),
        ({"schedule": "61 * * * *"}, "schedule"),
        ({"schedule": "0 0 31 2 *"}, "schedule"),
        ({"schedule": "* " * 500}, "schedule"),
        ({"schedule": "٣ * * * *"}, "schedule"),
        ({"schedule": " "}, "schedule"),
    ],
)
async def test_other_refusals_name_the_field(
    api: Api, admin: Somebody, tmp_path: Path, more: dict[str, Any], field: str
) -> None:
    error = await api.fails(CREATE, admin, input=given(tmp_path) | more)
    assert (error.code, error.field) == (Code.INVALID, field)


@pytest.mark.parametrize("more", [{"name": "a\x00b"}, {"folders": ["/tmp/a\x00b"]}])
async def test_nul_is_refused(
    api: Api, admin: Somebody, tmp_path: Path, more: dict[str, Any]
) -> None:
    assert (await api.fails(CREATE, admin, input=given(tmp_path) | more)).code is Code.INVALID
    with pytest.raises(Invalid):
        usable_folder("/tmp/a\x00b")


async def test_names_are_unique(api: Api, admin: Somebody, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    await api.run(CREATE, admin, input=given(tmp_path / "a", name="Straße"))
    error = await api.fails(CREATE, admin, input=given(tmp_path / "b", name="STRASSE"))
    assert (error.code, error.field) == (Code.CONFLICT, "name")
    second = await api.run(CREATE, admin, input=given(tmp_path / "b", name="Other"))
    ref = second["createLibrary"]["id"]
    error = await api.fails(UPDATE, admin, id=ref, input={"name": "strasse"})
    assert error.code is Code.CONFLICT
    kept = await api.run(UPDATE, admin, id=ref, input={"name": "OTHER"})
    assert kept["updateLibrary"]["name"] == "OTHER"


async def test_changes(api: Api, admin: Somebody, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    made = await api.run(CREATE, admin, input=given(tmp_path / "a", schedule="0 4 * * *"))
    ref = made["createLibrary"]["id"]
    changed = await api.run(UPDATE, admin, id=ref, input={"enabled": False, "schedule": ""})
    assert changed["updateLibrary"] == {
        "id": ref,
        "name": "Films",
        "enabled": False,
        "scanOnStart": False,
        "schedule": None,
        "language": "en",
        "folders": [{"path": str(tmp_path / "a")}],
    }
    (tmp_path / "a").rename(tmp_path / "unmounted")
    folders = [str(tmp_path / "a"), str(tmp_path / "b")]
    added = await api.run(UPDATE, admin, id=ref, input={"folders": folders})
    assert [f["path"] for f in added["updateLibrary"]["folders"]] == folders
    error = await api.fails(UPDATE, admin, id=ref, input={"folders": folders[:1]})
    assert "is taken out by deleting its library" in error.message
    error = await api.fails(UPDATE, admin, id=ref, input={"folders": [*folders, folders[0] + "/x"]})
    assert error.field == "folders"
    assert (await api.fails(UPDATE, admin, id="library_" + "0" * 32, input={})).code is (
        Code.NOT_FOUND
    )


def test_when_a_schedule_comes_next() -> None:
    now = datetime(2026, 1, 31, 23, 59, 30, tzinfo=UTC)
    assert next_time("0 0 * * *", now) == datetime(2026, 2, 1, tzinfo=UTC)
    assert next_time("", now) is None
    assert next_time(None, now) is None
    with pytest.raises(Invalid):
        next_time("* * * * \x00", now)


def test_inputs_keep_what_they_do_not_name() -> None:
    assert LibraryInput().changes() == {}
    assert LibraryInput(schedule="").changes() == {"schedule": None}
    assert LibraryInput(enabled=False, name="x").changes() == {"enabled": False, "name": "x"}


async def test_what_is_answered_is_what_is_stored(stage: Stage) -> None:
    (stage.root / "b").mkdir()
    (stage.root / "a").mkdir()
    made = await stage.make(stage.root / "b", stage.root / "a")
    stored = await stage.app.library_repository.by_ids(EVERYTHING, [made.id])
    assert stored == {made.id: made}
    assert len({folder.id for folder in made.folders}) == 2


async def test_one_spelling_is_stored(stage: Stage) -> None:
    wanted = LibraryInput(
        name="Films", folders=(str(stage.root),), schedule=" 0  4 * *\t* ", language="ZH-hant-tw"
    )
    libraries = stage.app.libraries
    made = await libraries.create(SYSTEM, LibraryKind.MOVIES, wanted)
    assert (made.schedule, made.language) == ("0 4 * * *", "zh-Hant-TW")
    changed = await libraries.update(SYSTEM, made.id, LibraryInput(language="ES-419"))
    assert changed.language == "es-419"


async def test_what_came_due_while_switched_off_is_not_made_up_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SteppedClock(datetime(2026, 3, 1, 3, 30, tzinfo=UTC))
    libraries: Any = stage.app.libraries
    monkeypatch.setattr(libraries, "_clock", clock)
    library = await stage.make()
    await libraries.update(SYSTEM, library.id, LibraryInput(schedule="0 4 * * *", enabled=False))
    clock.advance(datetime(2026, 3, 9, 12, tzinfo=UTC) - clock.now())
    await libraries.update(SYSTEM, library.id, LibraryInput(enabled=True))
    (row,) = await stage.rows("select next_scan_at from libraries")
    assert row["next_scan_at"] == datetime(2026, 3, 10, 4, tzinfo=UTC)
