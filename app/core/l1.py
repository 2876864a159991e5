"""The cache in process: a bounded dictionary of immutable values, read without waiting."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

MOST_TAGS: Final = 200_000
Key = tuple[str, str]


class Terms(Struct, frozen=True):
    """How long a value is good: its size in bytes, deadline, and tags as they were seen."""

    size: int
    deadline: float
    tags: tuple[str, ...]
    mark: Mapping[str, int]


class _Entry(Struct):
    value: Any
    size: int
    deadline: float
    tags: tuple[str, ...]
    seen: tuple[int, ...]
    epoch: int


class L1:
    """Least recently used entries give way; each has its own deadline and tag versions."""

    def __init__(self, entries: int, size: int) -> None:
        self._most, self._most_bytes = entries, size
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._bytes = 0
        self._versions: dict[str, int] = {}
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """What the entries take, by their encoded size."""
        return self._bytes

    def get(self, key: Key, default: Any = None) -> Any:
        """The value while it is valid, else `default`."""
        entry = self._entries.get(key)
        if entry is None:
            return default
        if (
            entry.epoch != self._epoch
            or entry.deadline < time.monotonic()
            or any(
                self._versions.get(tag, 0) != seen
                for tag, seen in zip(entry.tags, entry.seen, strict=True)
            )
        ):
            self._drop(key)
            return default
        self._entries.move_to_end(key)
        return entry.value

    def mark(self, tags: Iterable[str]) -> Mapping[str, int]:
        """The versions as they are now; taken before rows are read, handed to `put` after."""
        found = {tag: self._versions.get(tag, 0) for tag in tags}
        found[""] = self._epoch
        return found

    def moved(self, mark: Mapping[str, int], tags: Iterable[str]) -> bool:
        """Whether any of these tags has become stale since the mark was taken."""
        return mark[""] != self._epoch or any(self._versions.get(t, 0) != mark[t] for t in tags)

    def put(self, key: Key, value: Any, terms: Terms) -> None:
        """Remember a value that was read under its mark; dead on arrival if a tag moved since."""
        size, tags, mark = terms.size, terms.tags, terms.mark
        if size > self._most_bytes // 8 or not self._most:
            return
        if key in self._entries:
            self._drop(key)
        seen = tuple(mark[tag] for tag in tags)
        self._entries[key] = _Entry(value, size, terms.deadline, tags, seen, mark[""])
        self._bytes += size
        while len(self._entries) > self._most or self._bytes > self._most_bytes:
            self._drop(next(iter(self._entries)))

    def stale(self, tags: Iterable[str]) -> None:
        """Entries under these tags are invalid from now on."""
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

    def _drop(self, key: Key) -> None:
        self._bytes -= self._entries.pop(key).size
