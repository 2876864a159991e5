"""What a folder is mounted from, and what `revenge doctor` makes of it."""

import pytest

from app.cli.doctor import _watches, _watching
from app.container import Container
from app.scanning.service.mounts import is_remote, mounted_as, remote_kind, watch_limit
from tests.scanning.stage import Stage

MOUNTINFO = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /media/films rw,relatime shared:9 - nfs4 nas:/films rw,vers=4.2
31 22 0:41 / /media/my\040shows rw - cifs //nas/shows rw
32 30 0:42 / /media/films/cloud rw - fuse.rclone remote: rw
33 22 0:43 / /media/pool rw - fuse.mergerfs a:b rw
34 22 0:44 / /media/pool rw - xfs /dev/sdb rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind", "remote"),
    [
        ("/media/films/Alien", "nfs4", True),
        ("/media/films", "nfs4", True),
        ("/media/filmset", "ext4", False),
        ("/media/my shows/x", "cifs", True),
        ("/media/films/cloud/a", "fuse.rclone", True),
        ("/media/pool/a", "xfs", False),
        ("/", "ext4", False),
    ],
)
def test_the_file_system_of_a_path(path: str, kind: str, remote: bool) -> None:
    assert mounted_as(path, MOUNTINFO) == kind
    assert is_remote(kind) is remote


def test_this_machine_says_something() -> None:
    assert remote_kind("/") is None
    assert (watch_limit() or 0) > 0


def test_a_limit_that_is_too_low_is_said_with_how_to_raise_it() -> None:
    ((good, told),) = _watches(100_000, 8192)
    assert not good
    assert "fs.inotify.max_user_watches = 524288" in told
    ((good, told),) = _watches(400_000, 8192)
    assert "fs.inotify.max_user_watches = 800000" in told
    ((good, told),) = _watches(1000, 8192)
    assert good
    assert _watches(1000, None) == []


async def test_the_doctor_says_where_folders_are_looked_at(
    stage: Stage, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.put("Alien (1979)/Alien (1979).mkv")
    await stage.make()
    await stage.scan()
    assert await _watching(app.config) == [(True, "watching: off (REVENGE_SCAN__WATCH)")]
    scan = app.config.scan.model_copy(update={"watch": True})
    config = app.config.model_copy(update={"scan": scan})
    ((good, told),) = await _watching(config)
    assert good
    assert told.startswith("watching: 1 folders, the kernel allows ")
    monkeypatch.setattr("app.cli.doctor.remote_kind", lambda _: "nfs4")
    ((good, told),) = await _watching(config)
    assert good
    assert told == (
        f"watching: {stage.root} is looked at every 2 seconds (REVENGE_SCAN__POLL) (nfs4)"
    )
