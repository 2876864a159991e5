"""The cache in process: a bounded dictionary of immutable values, read without waiting."""

import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

MOST_TAGS: Final = 200_000
Key = tuple[str, Hashable]  # of a read, and what is asked by


class Terms(Struct, frozen=True):
    """How long a value is good: its size in bytes, deadline, and tags as they were seen."""

    size: int
    deadline: float
    tags: tuple[str, ...]
    mark: Mapping[str, int]


class Entry(Struct):
    """A value that is kept. `checked` is the last change at which its tags were looked at; `used`
    says that it was read since it was last looked at for giving way.
    """

    value: Any
    size: int
    deadline: float
    tags: tuple[str, ...]
    seen: tuple[int, ...]
    checked: int
    used: bool = False


class L1:
    """What was not read of late gives way; each entry has its own deadline and tag versions."""

    def __init__(self, entries: int, size: int) -> None:
        self._most, self._most_bytes = entries, size
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._bytes = 0
        self._versions: dict[str, int] = {}
        self._epoch = 0
        self.changes = 0  # how often anything has become stale

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """What the entries take, by their encoded size."""
        return self._bytes

    def get(self, key: Key, default: Any = None) -> Any:
        """The value while it is valid, else `default`."""
        (entry,) = self.find(key[0], (key[1],))
        return default if entry is None else entry.value

    def find(self, name: str, ids: Sequence[Hashable]) -> list[Entry | None]:
        """The valid entries of a read in order, None where there is none."""
        known, now, changes = self._entries.get, time.monotonic(), self.changes
        found: list[Entry | None] = []
        for id_ in ids:
            entry = known((name, id_))
            if entry is not None:
                # While nothing was made stale since, its tags need no look.
                if entry.deadline < now or (entry.checked != changes and self._is_stale(entry)):
                    self._drop((name, id_))
                    entry = None
                else:
                    entry.used = True
            found.append(entry)
        return found

    def _is_stale(self, entry: Entry) -> bool:
        versions = self._versions
        for tag, seen in zip(entry.tags, entry.seen, strict=True):
            if versions.get(tag, 0) != seen:
                return True
        entry.checked = self.changes
        return False

    def mark(self, tags: Iterable[str]) -> Mapping[str, int]:
        """The versions as they are now; taken before rows are read, handed to `put` after."""
        found = {tag: self._versions.get(tag, 0) for tag in tags}
        found[""] = self._epoch
        return found

    def moved(self, mark: Mapping[str, int], tags: Iterable[str]) -> bool:
        """Whether any of these tags has become stale since the mark was taken."""
        if mark[""] != self._epoch:
            return True
        return any(self._versions.get(tag, 0) != mark[tag] for tag in tags if tag)

    def put(self, key: Key, value: Any, terms: Terms) -> None:
        """Remember a value that was read under its mark, unless a tag moved since."""
        size, tags, mark = terms.size, terms.tags, terms.mark
        if size > self._most_bytes // 8 or not self._most or self.moved(mark, tags):
            return
        if key in self._entries:
            self._drop(key)
        while len(self._entries) >= self._most or self._bytes + size > self._most_bytes:
            self._give_way()
        seen = tuple([mark[tag] for tag in tags])
        self._entries[key] = Entry(value, size, terms.deadline, tags, seen, self.changes)
        self._bytes += size

    def _give_way(self) -> None:
        """Drop the oldest entry that was not read since the last look at it."""
        key, entry = next(iter(self._entries.items()))
        if entry.used:  # cheaper than to move it with every read
            entry.used = False
            self._entries.move_to_end(key)
        else:
            self._drop(key)

    def stale(self, tags: Iterable[str]) -> None:
        """Entries under these tags are invalid from now on."""
        self.changes += 1
        for tag in tags:
            self._versions[tag] = self._versions.get(tag, 0) + 1
        if len(self._versions) > MOST_TAGS:
            self.flush()

    def flush(self) -> None:
        """Forget everything, and refuse what was read before now."""
        self._entries.clear()
        self._bytes = 0
        self._versions.clear()
        self._epoch += 1
        self.changes += 1

    def _drop(self, key: Key) -> None:
        self._bytes -= self._entries.pop(key).size
