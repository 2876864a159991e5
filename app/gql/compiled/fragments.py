"""Entity fragments: the encoded JSON of a selection on an entity, kept as long as both are there.

An entity that the cache answers is one object until it becomes stale, and is never changed: what
was encoded of it is right for whoever is given the same object, whatever page or filter it is on.
What was loaded below it is right as long as the tags of those reads hold (`Stamp`), for viewers of
the same class, in the same language.
"""

from typing import Any, Final

from msgspec import Struct
from orjson import Fragment

from app.core.cache import Cache
from app.core.lru import SegmentedLru
from app.core.recording import Recording, Stamp
from app.gql.compiled.plan import LEAST, Selection

TABLES: Final = 1000
MOST_SEEN: Final = 1000
ROOM: Final = 2000  # bytes that an entry takes beside its text, with the entity that it holds


class _Kept(Struct, eq=False):
    """An encoded entity; the object itself is held, so that its address stays its own."""

    entity: Any
    text: Fragment
    stamp: Stamp | None


class Table:
    """Fragments of one selection, for one class of viewers."""

    def __init__(self, key: Any, room: int) -> None:
        self.key, self.weight = key, 0
        self._most = room
        self._kept: dict[int, _Kept] = {}
        self._seen: set[int] = set()

    def find(self, entities: list[Any], recording: Recording | None) -> list[Any]:
        """The fragments of entities, None for those that have none which holds."""
        found: list[Any] = []
        held = None
        for one in entities:
            kept = self._kept.get(id(one))
            if kept is None or kept.entity is not one:
                found.append(None)
                continue
            stamp = kept.stamp
            if stamp is not None and stamp is not held:
                if not stamp.holds():
                    found.append(None)
                    continue
                held = stamp
                if recording is not None:
                    recording.absorb(stamp)
            found.append(kept.text)
        return found

    def again(self, entity: Any) -> bool:
        """Whether this object was asked for before: what comes once is not worth keeping.

        Only its address is held. When another one has that by now, it is kept at its first time.
        """
        if id(entity) in self._seen:
            return True
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen.add(id(entity))
        return False

    def put(self, entity: Any, text: bytes, stamp: Stamp | None) -> None:
        """Keep the encoded JSON of an entity."""
        if self.weight > self._most:
            self._kept.clear()
            self.weight = 0
        if id(entity) not in self._kept:
            self.weight += len(text) + ROOM
        self._kept[id(entity)] = _Kept(entity, Fragment(text), stamp)


class Fragments:
    """All fragments of this process, within a bound of bytes."""

    def __init__(self, cache: Cache, size: int) -> None:
        self.cache, self._size = cache, size
        self._tables: SegmentedLru[Any, Table] = SegmentedLru(TABLES, size)

    @property
    def weight(self) -> int:
        """Bytes of all of them."""
        return self._tables.weight

    def table(self, selection: Selection, key: tuple[Any, ...]) -> Table | None:
        """The fragments of a selection; None where none are kept now."""
        if not self._size or not self.cache.trusted:
            return None
        whole = (selection.token, *key)
        found = self._tables.get(whole)
        if found is None:
            found = Table(whole, self._size // 4)
            self._tables.put(whole, found, 0)
        return found

    def settle(self, table: Table) -> None:
        """Take down what a table weighs now."""
        self._tables.put(table.key, table, table.weight)


def worth(selection: Selection, entity: Any) -> bool:
    """Whether fragments of a selection are kept: of entities alone, and not of a field or two."""
    if selection.personal or (len(selection.entries) < LEAST and not selection.deep):
        return False
    config = getattr(type(entity), "__struct_config__", None)
    return config is not None and config.frozen
