"""Whether the kernel can tell of changes in a folder: what it is mounted from, and how many folders
may be watched.
"""

import re
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
WATCHES: Final = Path("/proc/sys/fs/inotify/max_user_watches")
# What others change on these, the kernel here does not hear of.
REMOTE: Final = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "9p", "virtiofs"),
        *("vboxsf", "prl_fs", "drvfs", "davfs", "glusterfs", "lustre", "beegfs", "ocfs2", "gfs2"),
    }
)
LOCAL_FUSE: Final = frozenset({"fuse.mergerfs", "fuse.ntfs-3g", "fuse.exfat", "fuse.bindfs"})
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")


def mounted_as(path: str, mounts: str) -> str:
    """The type of the file system that a path lies on, by the lines of `mountinfo`."""
    best, kind = "", ""
    for line in mounts.splitlines():
        left, separator, right = line.partition(" - ")
        fields = left.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = _ESCAPE.sub(lambda m: chr(int(m[1], 8)), fields[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # of two on one place the later one is seen
            best, kind = point, right.split(" ")[0]
    return kind


def is_remote(kind: str) -> bool:
    """Whether changes on a file system of this type are not all heard of."""
    return kind in REMOTE or (kind.startswith("fuse.") and kind not in LOCAL_FUSE)


def remote_kind(path: str) -> str | None:
    """The type of the network file system that a path lies on; None for a local one."""
    try:
        kind = mounted_as(path, MOUNTS.read_text(errors="replace"))
    except OSError:
        return None
    return kind if is_remote(kind) else None


def watch_limit() -> int | None:
    """How many folders a user's processes may watch; None where the kernel does not say."""
    try:
        return int(WATCHES.read_text())
    except (OSError, ValueError):
        return None
