"""What kind of library a folder is, by the names in it."""

from pathlib import Path

import pytest

from app.libraries.domain import LibraryKind
from app.scanning.service.kinds import detected_kind


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        ([], LibraryKind.MOVIES),
        (["Alien (1979)/Alien (1979).mkv", "Heat.1995.1080p.mkv"], LibraryKind.MOVIES),
        (["Show/Season 1/Show S01E01.mkv", "Show/Specials/Making of.mkv"], LibraryKind.SHOWS),
        (["Show/tvshow.nfo", "Show/Odd.mkv"], LibraryKind.SHOWS),
        (["[Grp] Anime - 07 [1080p].mkv"], LibraryKind.SHOWS),
        (["Daily/Daily.2019.03.05.mkv"], LibraryKind.SHOWS),
        (["Films/Alien (1979).mkv", "Shows/Show/Show S01E01.mkv"], LibraryKind.MIXED),
        (["Alien (1979)/Alien.mkv", "Alien (1979)/Extras/Alien S01E01.mkv"], LibraryKind.MOVIES),
    ],
)
def test_detected(tmp_path: Path, paths: list[str], kind: LibraryKind) -> None:
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    assert detected_kind(str(tmp_path)) is kind


def test_a_root_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        detected_kind(str(tmp_path / "nowhere"))
