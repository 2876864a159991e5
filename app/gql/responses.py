"""Whole answers, kept for who may see the same, until anything that was read for them changes.

The key is what was sent, byte for byte, with the viewer's class and language: nothing has to be
parsed for a hit. What is kept is an answer of root fields that are declared `shared`, whose reads
depended on the viewer's scope alone and on tags that stand for them; `Recording` knows. The access
of every root field is required of each viewer anew. Only what is asked for again is kept.
"""

import hashlib
from typing import Any, Final

from graphql import OperationType
from msgspec import Struct

from app.core.access import Access, Viewer
from app.core.cache import Cache
from app.core.lru import SegmentedLru
from app.core.metrics import Metrics
from app.core.recording import Recording, Stamp
from app.gql.limits import Totals

MOST: Final = 10_000
MOST_SEEN: Final = 10_000
ROOM: Final = 1000  # bytes of an entry beside its text
ROOM_OF_TAG: Final = 200
SHARE: Final = 8  # of the room: what one answer may take
Key = tuple[Any, ...]


class Kept(Struct, frozen=True, eq=False):
    """An answer as it was encoded, and what a viewer has to have and to be charged for it."""

    body: bytes
    totals: Totals
    accesses: frozenset[Access]
    stamp: Stamp
    kind: OperationType = OperationType.QUERY


class Told(Struct, frozen=True):
    """What has to be known of the operation of an answer."""

    totals: Totals
    accesses: frozenset[Access]


class Responses:
    """The answers of this process, within a bound of bytes."""

    def __init__(self, cache: Cache, size: int, metrics: Metrics) -> None:
        self._cache, self._size = cache, size
        self._hits = metrics.cache_hits.labels("responses", "l1")
        self._misses = metrics.cache_misses.labels("responses", "l1")
        self._kept: SegmentedLru[Key, Kept] = SegmentedLru(MOST, size)
        self._bodies: set[bytes | None] = set()
        self._seen: set[Key] = set()
        self._refused: set[Key] = set()

    def digest(self, body: bytes) -> bytes | None:
        """What stands for a body; None where nothing is kept."""
        if not self._size or not self._cache.trusted:
            return None
        return hashlib.blake2b(body, digest_size=16).digest()

    def knows(self, digest: bytes | None) -> bool:
        """Whether an answer to this body has been kept, for anybody."""
        return digest in self._bodies

    def get(self, key: Key, viewer: Viewer) -> Kept | None:
        """An answer that holds, and that this viewer may have."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if not kept.stamp.holds():
            self._kept.pop(key)
            return None
        if not all(viewer.has(access) for access in kept.accesses):
            return None
        self._hits.inc()
        return kept

    def recording(self, key: Key) -> Recording | None:
        """A recording for an answer that was asked for before; None where none is to be kept."""
        if key in self._refused:
            return None
        if key in self._seen:
            self._misses.inc()
            return self._cache.recording()
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen.add(key)
        return None

    def put(self, key: Key, body: bytes, recording: Recording, told: Told) -> None:
        """Keep the JSON of an answer, if what was read for it holds still.

        None that alone would push out many others: the largest are not even sent.
        """
        if len(body) > self._size // SHARE:
            return
        stamp = recording.stamp()
        if stamp is None:
            if recording.spoiled or not recording.mark:  # the next time as well
                if len(self._refused) >= MOST_SEEN:
                    self._refused.clear()
                self._refused.add(key)
            return
        kept = Kept(body, told.totals, told.accesses, stamp)
        self._kept.put(key, kept, len(body) + len(stamp.mark) * ROOM_OF_TAG + ROOM)
        if len(self._bodies) >= MOST_SEEN:
            self._bodies.clear()
        self._bodies.add(key[0])
