"""Trees that nobody would make, and what the documentation says of the things in them.

Bytes of names that are no UTF-8 are half surrogates in the strings here, as Python has them.
"""

import os
import random
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.scanning.service.walk import JUNK, MOST_DEPTH, MOST_PATH

MEDIA = (".mkv", ".MKV", ".mp4", ".srt", ".nfo", ".jpg", ".avi", ".m2ts")
OTHERS = (".txt", ".exe", ".mkv.part", "", ".", ".sh", ".zip")
TRAVERSAL = ("..", "...", "%2e%2e%2f", "%00", "\\..\\..\\", "C:\\", "~", "$HOME", "-rf", "--", "-i")
TEXTS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&amp;", "&#0;", '"', "'",
    "'; drop table movies; --", "' or 1=1 --", "{{7*7}}", "${jndi:x}", "%s%n", "{0.a}",
    "*", "?", "|", ":", "`id`", "$(id)", ";", "#", "\u2215", "\u2044", "\uff0f",
)  # fmt: skip
CONTROLS = (
    "\n", "\r\n", "\t", "\x01", "\x07", "\x08", "\x1b[2J\x1b[31m", "\x1b]0;x\x07", "\x7f", "\x85",
    "\x9b31m", "\u202e", "\u202d", "\u2066", "\u2069", "\u200f", "\u061c", "\u200b", "\u200d",
    "\u2060", "\ufeff", "\u00ad", "\u2028", "\u2029", "\u00a0", "\ufffe", "\U000e0041",
    "\U0010ffff", "\ufffd",
)  # fmt: skip
LETTERS = (
    "é", "e\u0301", "Å", "A\u030a", "ﬁ", "ﷺ", "İı", "ß", "日本語", "한국어", "العربية", "😀",
    "👨\u200d👩\u200d👧", "🇩🇪", "a" + "\u0301" * 30,
)  # fmt: skip
WORDS = (
    "con", "CON", "nul", "aux.", "com1", "prn", "LPT9", " ", "  ", "S01E02", "1x03", "(1999)",
    "cd1", "1080p", "{tmdb-1}", "[imdbid-tt0000001]", "Season 01", "-trailer", "Film", "sample",
)  # fmt: skip
BYTES = tuple(
    os.fsdecode(raw) for raw in (b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xf8\x88\x80", b"\x80\x81")
)
PARTS = (*TRAVERSAL, *TEXTS, *CONTROLS, *LETTERS, *WORDS, *BYTES)
TWINS = (("Twin", "TWIN"), ("é", "e\u0301"), ("ſs", "ss"), ("Dot", "Dot "), ("İ", "i\u0307"))


class Tree:
    """Puts things below `root`, the same ones for the same seed; `outside` is beside it."""

    def __init__(self, root: Path, outside: Path, seed: int) -> None:
        self._root, self._outside = root, outside
        self._chance = random.Random(seed)
        self._folders = [root]
        self._servers: list[socket.socket] = []

    def fill(self, count: int) -> None:
        """About so many things."""
        self._deep("d", 40)
        self._deep("e", MOST_DEPTH + 6)
        for number, target in enumerate(self._targets()):
            (self._root / f"link {number}.mkv").symlink_to(target)
        makers = (
            *[self._file] * 62, *[self._folder] * 14, *[self._link] * 10, *[self._special] * 5,
            *[self._twins] * 5, *[self._marker] * 1, *[self._longest] * 3,
        )  # fmt: skip
        for _ in range(count):
            with suppress(FileExistsError, IsADirectoryError):
                self._chance.choice(makers)()

    def close(self) -> None:
        """Close the sockets."""
        for server in self._servers:
            server.close()

    def _name(self, suffix: str, most: int) -> str:
        while True:
            parts = self._chance.choices(PARTS, k=self._chance.randint(1, 5))
            name = "".join(parts).replace("/", "")
            name = os.fsdecode(os.fsencode(name)[:most]) + suffix
            if name not in {".", ".."}:
                return name

    def _place(self) -> Path:
        """A folder, the first ones more often."""
        while True:
            place = self._folders[int(len(self._folders) * self._chance.random() ** 2)]
            if len(os.fsencode(place)) < 3500:
                return place

    def _file(self) -> None:
        name = self._name(self._chance.choice(MEDIA * 3 + OTHERS), 240)
        _put(self._place() / name, os.fsencode(name) * self._chance.randint(0, 3))

    def _longest(self) -> None:
        """255 bytes: all that a name may have."""
        suffix, letter = self._chance.choice(MEDIA), self._chance.choice("xéﷺ😀")
        _put(self._place() / (letter * ((255 - len(suffix)) // len(letter.encode())) + suffix))

    def _folder(self) -> None:
        path = self._place() / self._name("", 100)
        path.mkdir()
        self._folders.append(path)

    def _deep(self, letter: str, levels: int) -> None:
        path = self._root.joinpath(*[letter] * levels)
        path.mkdir(parents=True)
        self._folders += [path, path]

    def _twins(self) -> None:
        """Names that are one elsewhere: in another case, composed otherwise."""
        place, name = self._place(), self._name(self._chance.choice(MEDIA), 100)
        for twin in self._chance.choice(TWINS):
            _put(place / (twin + name), os.fsencode(twin + name))

    def _marker(self) -> None:
        place = self._chance.choice(self._folders[len(self._folders) // 2 :])
        if not place.is_relative_to(self._root / "d") and not place.is_relative_to(
            self._root / "e"
        ):
            _put(place / self._chance.choice((".nomedia", ".ignore")))

    def _link(self) -> None:
        name = self._name(self._chance.choice(MEDIA + OTHERS), 100)
        (self._place() / name).symlink_to(self._chance.choice(self._targets()))

    def _targets(self) -> list[str]:
        """Where links lead: up, around, out, to what no library has, and to a disk that may be."""
        disk, theirs = f"{self._outside}/disk", f"{self._outside}/theirs"
        return [
            *(".", "..", "../..", f"{self._root}", f"{self._root.parent}", "/", "/etc", "/proc"),
            *("/etc/passwd", "/dev/zero", "/dev/null", "/proc/self/environ", "nowhere"),
            *("../" * 60 + "etc/shadow", f"{self._chance.choice(self._folders)}", "link 15.mkv"),
            *(disk, f"{disk}/inner/One (1991).mkv", f"{disk}/secret", f"{self._outside}/pipe.mkv"),
            *(theirs, f"{theirs}/Theirs (1992).mkv"),
        ]

    def _special(self) -> None:
        path = self._place() / self._name(self._chance.choice(MEDIA + OTHERS), 60)
        if self._chance.random() < 0.5:
            os.mkfifo(path)
            return
        server = socket.socket(socket.AF_UNIX)
        self._servers.append(server)
        place = os.open(path.parent, os.O_RDONLY)  # an address has 107 bytes
        try:
            server.bind(f"/proc/self/fd/{place}/{path.name}".encode("utf-8", "surrogateescape"))
        finally:
            os.close(place)


def _put(path: Path, content: bytes = b"") -> None:
    with path.open("xb") as file:
        file.write(content)


def everything(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Each thing below a folder that is no folder, by its path from there. No link is followed."""
    for place, folders, names in os.walk(root):
        for name in (*names, *folders):
            path = Path(place, name)
            if not path.is_dir() or path.is_symlink():
                yield str(path)[len(str(root)) + 1 :], path.lstat()


def ignored(root: Path) -> set[str]:
    """The folders that say themselves that they are left out."""
    return {
        str(place)[len(str(root)) + 1 :]
        for place, _, names in os.walk(root)
        if ".nomedia" in names or ".ignore" in names
    }


def is_silent(root: Path, path: str, about: os.stat_result, ignored: set[str]) -> bool:
    """Whether nothing need be told of it: hidden, a system's own, in a folder that says so itself,
    of no kind that is looked for, or a link to such a thing or to a folder.
    """
    parts = path.split("/")
    if any(part.startswith(".") or part.casefold() in JUNK for part in parts):
        return True
    if any("/".join(parts[:depth]) in ignored for depth in range(len(parts))):
        return True
    return not path.lower().endswith(MEDIA) or (
        stat.S_ISLNK(about.st_mode) and Path(root, path).is_dir()
    )


def is_plain(path: str, about: os.stat_result) -> bool:
    """Whether it is a file that can be listed, but for the rules of silence."""
    with suppress(UnicodeEncodeError):
        fits = len(path.encode()) <= MOST_PATH and path.count("/") <= MOST_DEPTH
        return fits and stat.S_ISREG(about.st_mode)
    return False
