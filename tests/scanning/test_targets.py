"""Scans of single paths: what they look at, what they leave alone, and how requests gather."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.core.access import SYSTEM
from app.core.errors import Code, Invalid
from app.core.ids import encode_id
from app.libraries.domain import LibraryInput, LibraryKind, ScanKind, ScanState
from tests.scanning.stage import Stage, StubProber, completed, nfo, reasons
from tests.support.api import Api
from tests.support.people import People

FILMS = ("Alien (1979)", "Brazil (1985)", "Cube (1997)")


@pytest.fixture
async def films(stage: Stage) -> Stage:
    """Three films, scanned."""
    for film in FILMS:
        stage.put(f"{film}/{film}.mkv")
    await stage.make()
    completed(await stage.scan())
    return stage


async def missing(stage: Stage) -> set[str]:
    """Paths of files that are marked missing."""
    return {path for path, row in (await stage.files()).items() if row["missing_since"]}


async def test_only_the_folder_that_was_asked_for_is_scanned(films: Stage) -> None:
    films.put("Dune (1984)/Dune (1984).mkv")
    films.put("Eraserhead (1977)/Eraserhead (1977).mkv")
    shutil.rmtree(films.root / FILMS[0])
    scan = completed(await films.scan(ScanKind.INCREMENTAL, "Dune (1984)"))
    assert (scan.found, scan.added, scan.removed, scan.partial) == (1, 1, 0, True)
    assert [title for title, _ in await films.titles()] == ["Alien", "Brazil", "Cube", "Dune"]
    assert await missing(films) == set()


async def test_a_file_stands_for_its_folder(films: Stage) -> None:
    films.put("Brazil (1985)/movie.nfo", nfo("Brasilien"))
    path = films.put("Brazil (1985)/Brazil (1985) 720p.mkv")
    scan = completed(await films.scan(ScanKind.INCREMENTAL, path))
    assert (scan.found, scan.added) == (3, 2)
    film = next(f for f in await films.films() if f[1] == 1985)
    assert film[0] == "Brasilien"
    assert len(film[3]) == 2


async def test_what_vanished_is_removed_with_all_below_it(films: Stage) -> None:
    films.put("Set/One (2001)/One (2001).mkv")
    films.put("Set/Two (2002)/Two (2002).mkv")
    films.put("Settle (2003)/Settle (2003).mkv")
    await films.scan()
    shutil.rmtree(films.root / "Set")
    (films.root / FILMS[0] / f"{FILMS[0]}.mkv").unlink()
    gone = ("Set/One (2001)/One (2001).mkv", f"{FILMS[0]}/{FILMS[0]}.mkv")
    scan = completed(await films.scan(ScanKind.INCREMENTAL, *gone))
    assert scan.removed == 3
    assert await missing(films) == {*gone, "Set/Two (2002)/Two (2002).mkv"}


async def test_the_discs_of_a_film_come_together(films: Stage) -> None:
    films.put("Das Boot (1981)/CD1/boot.avi")
    await films.scan()
    films.put("Das Boot (1981)/CD2/boot.avi")
    films.put("Das Boot (1981)/Subs/boot.srt")
    scan = completed(await films.scan(ScanKind.INCREMENTAL, "Das Boot (1981)/CD2"))
    assert (scan.found, scan.added) == (2, 1)
    film = next(f for f in await films.films() if f[0] == "Das Boot")
    assert film[3] == [["boot.avi", "boot.avi"]]


async def test_a_root_that_is_unplugged_loses_nothing(films: Stage) -> None:
    aside = films.root.with_name("aside")
    films.root.rename(aside)
    scan = completed(await films.scan(ScanKind.INCREMENTAL, *FILMS))
    assert scan.removed == 0
    assert "reached" in reasons(scan)[str(films.root)]
    films.root.mkdir()  # the empty place where it was mounted
    for kind in (ScanKind.INCREMENTAL, ScanKind.FULL):
        scan = completed(await films.scan(kind, *FILMS))
        assert scan.removed == 0
        assert "mounted" in reasons(scan)[str(films.root)]
    assert await missing(films) == set()
    scan = completed(await films.scan(ScanKind.FULL, films.root))
    assert scan.removed == 3


async def test_a_folder_that_is_ignored_from_now_on(films: Stage) -> None:
    films.put(f"{FILMS[0]}/.nomedia", b"")
    scan = completed(await films.scan(ScanKind.INCREMENTAL, f"{FILMS[0]}/.nomedia"))
    assert scan.removed == 1
    (films.root / FILMS[0] / ".nomedia").unlink()
    scan = completed(await films.scan(ScanKind.INCREMENTAL, f"{FILMS[0]}/.nomedia"))
    assert await missing(films) == set()


async def test_below_an_ignored_folder_nothing_is_found(films: Stage) -> None:
    films.put(f"{FILMS[0]}/.nomedia", b"")
    films.put(f"{FILMS[0]}/More/More (2000).mkv")
    scan = completed(await films.scan(ScanKind.INCREMENTAL, f"{FILMS[0]}/More"))
    assert (scan.found, scan.removed) == (0, 1)


async def test_a_linked_folder_that_is_known_is_followed_and_another_asks_for_everything(
    films: Stage, tmp_path: Path
) -> None:
    for name in ("known", "strange"):
        (tmp_path / name / f"{name} (2000)").mkdir(parents=True)
        (tmp_path / name / f"{name} (2000)" / f"{name} (2000).mkv").write_bytes(name.encode())
    (films.root / "known").symlink_to(tmp_path / "known")
    await films.scan()
    (tmp_path / "known" / "More (2001)").mkdir()
    (tmp_path / "known" / "More (2001)" / "More (2001).mkv").write_bytes(b"more of it")
    scan = completed(await films.scan(ScanKind.INCREMENTAL, "known/More (2001)"))
    assert (scan.found, scan.added) == (1, 1)
    (films.root / "strange").symlink_to(tmp_path / "strange")
    scan = completed(await films.scan(ScanKind.INCREMENTAL, "strange"))
    assert scan.found == 0
    job, run = await films.claim()
    await films.carry_out(job, run)
    assert "strange" in await films.film_ids()


@pytest.mark.parametrize(
    "path", ["out/theirs", "out/theirs/Theirs (2001)", "out/inner", "out/inner/Hidden (2002)"]
)
async def test_a_path_behind_a_link_leads_into_no_other_library(
    films: Stage, tmp_path: Path, path: str
) -> None:
    for name in ("disk/Mine (2000)", "disk/theirs/Theirs (2001)", "away/Hidden (2002)"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / f"{Path(name).name}.mkv").write_bytes(name.encode())
    (tmp_path / "disk/inner").symlink_to(tmp_path / "away")
    (films.root / "out").symlink_to(tmp_path / "disk")
    for name in ("disk/theirs", "away"):
        folders = (str(tmp_path / name),)
        wanted = LibraryInput(name=name, folders=folders)
        await films.app.libraries.create(SYSTEM, LibraryKind.MOVIES, wanted)
    await films.scan()
    known = set(await films.files())
    assert "out/Mine (2000)/Mine (2000).mkv" in known
    completed(await films.scan(ScanKind.INCREMENTAL, path, f"{path}/{Path(path).name}.mkv"))
    assert set(await films.files()) == known


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("relative/film.mkv", "absolute"),
        ("{root}/../other", "absolute"),
        ("{root}/Alien (1979)/../../../etc/passwd", "absolute"),
        ("{root}\x00/x", "absolute"),
        ("/etc/passwd", "in no folder"),
        ("{root}more/film.mkv", "in no folder"),
        ("{root}/" + "x" * 2001, "longer"),
        ("{root}/\ud800", "UTF-8"),
    ],
)
async def test_a_path_outside_of_the_library_is_refused(films: Stage, path: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        await films.app.scanning.start(
            SYSTEM, films.library.id, ScanKind.INCREMENTAL, [path.format(root=films.root)]
        )
    assert refused.value.field == "paths"


async def test_how_many_paths_a_request_takes(films: Stage) -> None:
    for paths in ([], [str(films.root / str(n)) for n in range(1001)]):
        with pytest.raises(Invalid, match="1 to 1000"):
            await films.app.scanning.start(SYSTEM, films.library.id, ScanKind.INCREMENTAL, paths)


async def test_a_link_out_of_the_root_leads_nowhere(films: Stage, tmp_path: Path) -> None:
    (films.root / "out").symlink_to("/etc")
    (films.root / "loop").symlink_to(films.root)
    os.mkfifo(films.root / FILMS[0] / "pipe.mkv")
    scan = completed(
        await films.scan(ScanKind.INCREMENTAL, "out/passwd.d", "loop/Alien (1979)", FILMS[0])
    )
    assert scan.found == 1
    job, run = await films.claim()  # links that are not known ask for everything
    await films.carry_out(job, run)
    assert set(await films.files()) == {f"{film}/{film}.mkv" for film in FILMS}


async def test_requests_gather_while_a_scan_is_under_way(films: Stage) -> None:
    await films.start()
    first, run = await films.claim()
    paths = [films.put(f"New {n} (2000)/New {n} (2000).mkv") for n in range(20)]
    real, asked = films.app.scanner._import, list[Any]()

    async def later(*args: Any) -> None:
        for path in paths:
            asked.append(await films.request(path))
        await real(*args)

    films.app.scanner._import = later  # type: ignore[method-assign, assignment]
    await films.carry_out(first, run)
    films.app.scanner._import = real  # type: ignore[method-assign]
    assert asked == [None] * 20
    waiting = await films.app.scan_repository.open_scans()
    assert [(scan.paths, scan.state) for scan in waiting] == [((), ScanState.PENDING)]
    await films.carry_out(*await films.claim())
    scan = completed(await films.record(waiting[0]))
    assert len(scan.paths or ()) == 20
    assert await films.app.scan_repository.open_scans() == []
    assert await films.rows("select 1 from library_scan_requests") == []


async def test_very_many_paths_become_one_scan_of_everything(films: Stage) -> None:
    for start in range(0, 10_000, 500):
        await films.request(*(f"Folder {n}/x.mkv" for n in range(start, start + 500)))
    assert len(await films.rows("select 1 from library_scan_requests")) <= 501
    assert len(await films.app.scan_repository.open_scans()) == 1
    shutil.rmtree(films.root / FILMS[0])
    asked = (await films.app.scan_repository.open_scans())[0]
    await films.carry_out(*await films.claim())
    scan = completed(await films.record(asked))
    assert not scan.partial
    assert scan.removed == 1
    assert await films.app.scan_repository.open_scans() == []


async def test_a_scan_that_was_killed_leaves_its_requests_to_the_next(films: Stage) -> None:
    await films.request(FILMS[0])
    opened = (await films.app.scan_repository.open_scans())[0]
    await films.app.scanning.stop(opened)
    assert await films.app.scanning.follow_jobs() >= 1
    await films.carry_out(*await films.claim())
    assert await films.rows("select 1 from library_scan_requests") == []


async def test_a_library_that_is_off_is_not_scanned_for_requests(films: Stage) -> None:
    off = LibraryInput(enabled=False)
    await films.app.libraries.update(SYSTEM, films.library.id, off)
    assert await films.request(FILMS[0]) is None
    assert await films.rows("select 1 from library_scan_requests") == []


async def test_a_full_scan_of_a_folder_looks_at_its_files_again(
    films: Stage, prober: StubProber
) -> None:
    await films.probe()
    assert len(prober.asked) == 3
    completed(await films.scan(ScanKind.FULL, FILMS[1]))
    await films.probe()
    assert prober.asked[3:] == [str(films.root / FILMS[1] / f"{FILMS[1]}.mkv")]


async def test_paths_through_the_api(films: Stage, api: Api, people: People) -> None:
    query = """mutation ($id: ID!, $paths: [String!]) {
        scanLibrary(libraryId: $id, paths: $paths) { partial state } }"""
    admin, library = await people.admin(), encode_id("library", films.library.id)
    paths = [str(films.root / FILMS[0])]
    answer = await api.run(query, admin, id=library, paths=paths)
    assert answer["scanLibrary"] == {"partial": True, "state": "PENDING"}
    wrong = await api.fails(query, admin, id=library, paths=["/etc"])
    assert (wrong.code, wrong.field) == (Code.INVALID, "paths")
    assert "in no folder of this library" in wrong.message
