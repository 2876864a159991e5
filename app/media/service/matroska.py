"""What FFmpeg's Python binding does not tell about Matroska: read from the EBML elements.

Bounded: at most `_MOST_ELEMENTS` elements, `_MOST_TRACKS_BYTES` of track headers, no recursion that
the file controls.
"""

import struct
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct, field

from app.media.service.source import ReadAt

_MOST_ELEMENTS = 4000
_MOST_TRACKS_BYTES = 4 * 1024 * 1024
_MOST_TEXT = 4096

_EBML, _DOC_TYPE, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x4282, 0x18538067, 0x1F43B675
_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_TRACKS, _TRACK, _TYPE, _CODEC = 0x1654AE6B, 0xAE, 0x83, 0x86
_LANGUAGE_TAG, _VIDEO, _PROJECTION, _ROLL = 0x22B59D, 0xE0, 0x7670, 0x7675
_MAPPING, _MAPPING_TYPE, _MAPPING_DATA = 0x41E4, 0x41E7, 0x41ED
_ATTACHMENTS, _ATTACHED, _FILE_NAME, _MIME, _DATA = 0x1941A469, 0x61A7, 0x466E, 0x4660, 0x465C
_DOLBY_VISION = frozenset(int.from_bytes(kind, "big") for kind in (b"dvcC", b"dvvC", b"dvwC"))
# video, audio, subtitle, metadata: the kinds that FFmpeg makes streams of, in this order of tracks
_STREAMED = frozenset({1, 2, 17, 33})


class MatroskaTrack(Struct, kw_only=True):
    """`rotation` in degrees clockwise; `dolby_vision` is the raw configuration record."""

    language: str | None = None
    rotation: int = 0
    dolby_vision: bytes | None = None


class MatroskaAttachment(Struct, kw_only=True):
    name: str | None = None
    mime: str | None = None
    size: int | None = None


class MatroskaHeader(Struct, kw_only=True):
    container: str = "matroska"
    tracks: list[MatroskaTrack] = field(default_factory=list)
    attachments: list[MatroskaAttachment] = field(default_factory=list)


class _Element(Struct):
    id: int
    start: int  # of the payload
    end: int


class _Walk:
    def __init__(self, read_at: ReadAt, size: int) -> None:
        self.read_at = read_at
        self._size = size
        self._left = _MOST_ELEMENTS

    def children(self, start: int, end: int) -> Iterator[_Element]:
        end = min(end, self._size)
        while start < end and self._left > 0:
            self._left -= 1
            head = self.read_at(start, 12)
            identifier, id_length = _number(head, keep_marker=True)
            size, size_length = _number(head[id_length:], keep_marker=False)
            if identifier is None or size_length == 0:
                return
            begin = start + id_length + size_length
            stop = end if size is None else min(begin + size, end)
            yield _Element(identifier, begin, stop)
            start = stop

    def payload(self, element: _Element, most: int = _MOST_TEXT) -> bytes:
        return self.read_at(element.start, min(element.end - element.start, most))

    def integer(self, element: _Element) -> int:
        return int.from_bytes(self.payload(element, 8), "big")

    def text(self, element: _Element) -> str:
        return self.payload(element).split(b"\0")[0].decode("utf-8", "replace")


def _number(data: bytes, *, keep_marker: bool) -> tuple[int | None, int]:
    """(value, bytes used) of a variable-length one; (None, n) is an unknown size, (None, 0) bad."""
    if not data or data[0] == 0:
        return None, 0
    length = 9 - data[0].bit_length()
    if len(data) < length or (keep_marker and length > 4):
        return None, 0
    value = int.from_bytes(data[:length], "big")
    if keep_marker:
        return value, length
    mask = (1 << 7 * length) - 1
    return (None if value & mask == mask else value & mask), length


def read_matroska(read_at: ReadAt, size: int) -> MatroskaHeader:
    """The header of a file that begins with an EBML element. Never raises for what it contains."""
    walk = _Walk(read_at, size)
    header = MatroskaHeader()
    for element in walk.children(0, size):
        if element.id == _EBML:
            header.container = _container(walk, element)
        elif element.id == _SEGMENT:
            _segment(walk, element, header)
            break
    return header


def _container(walk: _Walk, ebml: _Element) -> str:
    for element in walk.children(ebml.start, ebml.end):
        if element.id == _DOC_TYPE and walk.text(element) == "webm":
            return "webm"
    return "matroska"


def _segment(walk: _Walk, segment: _Element, header: MatroskaHeader) -> None:
    elsewhere: dict[int, int] = {}
    for element in walk.children(segment.start, segment.end):
        if element.id == _CLUSTER:
            break
        if element.id == _SEEK_HEAD:
            elsewhere.update(_seek_head(walk, element))
        _wanted(walk, element, header)
    # Attachments lie behind the clusters in many files; only the seek head knows where.
    for identifier, offset in elsewhere.items():
        for there in islice(walk.children(segment.start + offset, segment.end), 1):
            if there.id == identifier:
                _wanted(walk, there, header)


def _wanted(walk: _Walk, element: _Element, header: MatroskaHeader) -> None:
    if element.id == _TRACKS and not header.tracks:
        header.tracks = _tracks(walk, element)
    elif element.id == _ATTACHMENTS and not header.attachments:
        header.attachments = _attachments(walk, element)


def _seek_head(walk: _Walk, head: _Element) -> dict[int, int]:
    found: dict[int, int] = {}
    for seek in walk.children(head.start, head.end):
        values = {e.id: walk.integer(e) for e in walk.children(seek.start, seek.end)}
        if seek.id == _SEEK and values.get(_SEEK_ID) in {_TRACKS, _ATTACHMENTS}:
            found[values[_SEEK_ID]] = values.get(_SEEK_POSITION, 0)
    return found


def _tracks(walk: _Walk, tracks: _Element) -> list[MatroskaTrack]:
    data = walk.payload(tracks, _MOST_TRACKS_BYTES)
    # Walked in memory: a header of a dozen tracks is hundreds of elements.
    inner = _Walk(lambda offset, size: data[offset : offset + size], len(data))
    found = (_track(inner, e) for e in inner.children(0, len(data)) if e.id == _TRACK)
    return [track for track in found if track is not None]


def _track(walk: _Walk, entry: _Element) -> MatroskaTrack | None:
    track, kind, codec = MatroskaTrack(), 0, False
    for element in walk.children(entry.start, entry.end):
        if element.id == _TYPE:
            kind = walk.integer(element)
        elif element.id == _CODEC:
            codec = element.end > element.start
        elif element.id == _LANGUAGE_TAG:
            track.language = walk.text(element)
        elif element.id == _MAPPING:
            track.dolby_vision = track.dolby_vision or _mapping(walk, element)
        elif element.id == _VIDEO:
            track.rotation = _rotation(walk, element)
    return track if codec and kind in _STREAMED else None


def _mapping(walk: _Walk, mapping: _Element) -> bytes | None:
    elements = {e.id: e for e in walk.children(mapping.start, mapping.end)}
    kind, data = elements.get(_MAPPING_TYPE), elements.get(_MAPPING_DATA)
    if kind is None or data is None or walk.integer(kind) not in _DOLBY_VISION:
        return None
    return walk.payload(data, 24)


def _rotation(walk: _Walk, video: _Element) -> int:
    for projection in walk.children(video.start, video.end):
        if projection.id != _PROJECTION:
            continue
        for element in walk.children(projection.start, projection.end):
            if element.id == _ROLL:
                return _quarter(walk.payload(element, 8))
    return 0


def _quarter(roll: bytes) -> int:
    """Degrees clockwise from a roll, which Matroska counts counter-clockwise."""
    if len(roll) not in {4, 8}:
        return 0
    (angle,) = struct.unpack(">f" if len(roll) == 4 else ">d", roll)
    # Not a number and infinity fail this comparison too.
    return round(-angle / 90) * 90 % 360 if -360 <= angle <= 360 else 0


def _attachments(walk: _Walk, attachments: _Element) -> list[MatroskaAttachment]:
    found: list[MatroskaAttachment] = []
    for attached in walk.children(attachments.start, attachments.end):
        if attached.id != _ATTACHED:
            continue
        entry = MatroskaAttachment()
        for element in walk.children(attached.start, attached.end):
            if element.id == _FILE_NAME:
                entry.name = walk.text(element)
            elif element.id == _MIME:
                entry.mime = walk.text(element)
            elif element.id == _DATA:
                entry.size = element.end - element.start
        found.append(entry)
    return found
