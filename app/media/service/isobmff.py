"""What FFmpeg's Python binding does not tell about MP4 and QuickTime: read from the boxes.

Bounded: at most `_MOST_BOXES` boxes, a few hundred bytes of each, whatever the file claims.
"""

from collections.abc import Iterator

from msgspec import Struct

from app.media.service.source import ReadAt

_MOST_BOXES = 4000
_SAMPLE_DESCRIPTION = 64 * 1024
_VISUAL_ENTRY = 78  # bytes of a visual sample entry before its child boxes
_DOLBY_VISION = (b"dvcC", b"dvvC", b"dvwC")


class Mp4Track(Struct, kw_only=True):
    """`rotation` in degrees clockwise; `dolby_vision` is the raw configuration record."""

    id: int = 0
    language: str | None = None
    rotation: int = 0
    dolby_vision: bytes | None = None


class Mp4Header(Struct, kw_only=True):
    container: str
    tracks: dict[int, Mp4Track]


class _Box(Struct):
    kind: bytes
    start: int  # of the payload
    end: int


class _Walk:
    def __init__(self, read_at: ReadAt, size: int) -> None:
        self._read_at = read_at
        self._size = size
        self._left = _MOST_BOXES

    def children(self, start: int, end: int) -> Iterator[_Box]:
        end = min(end, self._size)
        while start + 8 <= end and self._left > 0:
            self._left -= 1
            head = self._read_at(start, 16)
            if len(head) < 8:
                return
            length, header = int.from_bytes(head[:4], "big"), 8
            if length == 1:
                length, header = int.from_bytes(head[8:16], "big"), 16
            elif length == 0:
                length = end - start
            if length < header:
                return
            yield _Box(head[4:8], start + header, min(start + length, end))
            start += length

    def find(self, parent: _Box, *path: bytes) -> _Box | None:
        for kind in path:
            for box in self.children(parent.start, parent.end):
                if box.kind == kind:
                    parent = box
                    break
            else:
                return None
        return parent

    def payload(self, box: _Box, most: int) -> bytes:
        return self._read_at(box.start, max(0, min(box.end - box.start, most)))


def read_mp4(read_at: ReadAt, size: int) -> Mp4Header:
    """The header of a file that begins with a box. Never raises for what the file contains."""
    walk = _Walk(read_at, size)
    header = Mp4Header(container="mp4", tracks={})
    for box in walk.children(0, size):
        if box.kind == b"ftyp":
            header.container = _container(walk.payload(box, 4))
        elif box.kind == b"moov":
            for child in walk.children(box.start, box.end):
                if child.kind == b"trak" and len(header.tracks) < 256:
                    track = _track(walk, child)
                    header.tracks.setdefault(track.id, track)
            break
    return header


def _container(brand: bytes) -> str:
    if brand == b"qt  ":
        return "mov"
    return "3gp" if brand.startswith(b"3g") else "mp4"


def _track(walk: _Walk, trak: _Box) -> Mp4Track:
    track = Mp4Track()
    if header := walk.find(trak, b"tkhd"):
        data = walk.payload(header, 104)
        wide = data[:1] == b"\x01"
        track.id = int.from_bytes(data[20:24] if wide else data[12:16], "big")
        track.rotation = _rotation(data[52:88] if wide else data[40:76])
    if extended := walk.find(trak, b"mdia", b"elng"):
        tag = walk.payload(extended, 40)[4:].split(b"\0")[0]
        track.language = tag.decode("ascii", "replace")
    if description := walk.find(trak, b"mdia", b"minf", b"stbl", b"stsd"):
        track.dolby_vision = _dolby_vision(walk, description)
    return track


def _rotation(matrix: bytes) -> int:
    if len(matrix) < 36:
        return 0
    cells = [int.from_bytes(matrix[i : i + 4], "big", signed=True) for i in (0, 4, 12, 16)]
    signs = [(cell > 0) - (cell < 0) for cell in cells]
    for degrees, turned in ((90, [0, 1, -1, 0]), (180, [-1, 0, 0, -1]), (270, [0, -1, 1, 0])):
        if signs == turned:
            return degrees
    return 0


def _dolby_vision(walk: _Walk, description: _Box) -> bytes | None:
    end = min(description.end, description.start + _SAMPLE_DESCRIPTION)
    for entry in walk.children(description.start + 8, end):
        for box in walk.children(entry.start + _VISUAL_ENTRY, entry.end):
            if box.kind in _DOLBY_VISION:
                return walk.payload(box, 24)
    return None
