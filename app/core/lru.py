"""A bounded dictionary that a flood of things used once cannot empty: a segmented LRU.

What is new is on probation; what is asked for again is protected. Only the probation's oldest give
way, so that keys nobody asks for twice push out each other. What is protected for longest without
being asked for goes back on probation.
"""

from collections import OrderedDict
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
PROTECTED: Final = 0.8  # of the room


class SegmentedLru(Generic[K, V]):
    """At most so many entries, and so much weight of all of them."""

    def __init__(self, entries: int, weight: int) -> None:
        self._most, self._most_weight = entries, weight
        self._probation: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._protected: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = self._protected_weight = 0

    def __len__(self) -> int:
        return len(self._probation) + len(self._protected)

    def holds(self, key: K) -> bool:
        """Whether there is a value; that is not to ask for it."""
        return key in self._protected or key in self._probation

    def values(self) -> list[V]:
        """All values."""
        held = [*self._probation.values(), *self._protected.values()]
        return [value for value, _ in held]

    @property
    def weight(self) -> int:
        """Of all entries together."""
        return self._weight

    def get(self, key: K) -> V | None:
        """The value, which is protected from now on."""
        held = self._protected.get(key)
        if held is not None:
            self._protected.move_to_end(key)
            return held[0]
        held = self._probation.pop(key, None)
        if held is None:
            return None
        self._protected[key] = held
        self._protected_weight += held[1]
        self._demote()
        return held[0]

    def put(self, key: K, value: V, weight: int) -> None:
        """Keep a value; one that alone is too heavy is not kept. A known key keeps its segment."""
        known = self._protected.get(key)
        if known is not None:
            self._protected[key] = value, weight
            self._protected_weight += weight - known[1]
        else:
            known = self._probation.pop(key, None)
            self._probation[key] = value, weight
        self._weight += weight - (known[1] if known is not None else 0)
        self._demote()
        self._shrink()

    def pop(self, key: K) -> V | None:
        """Forget a key; its value, where there was one."""
        held = self._protected.pop(key, None)
        if held is not None:
            self._protected_weight -= held[1]
        else:
            held = self._probation.pop(key, None)
        if held is None:
            return None
        self._weight -= held[1]
        return held[0]

    def clear(self) -> None:
        """Forget everything."""
        self._probation.clear()
        self._protected.clear()
        self._weight = self._protected_weight = 0

    def _demote(self) -> None:
        most, heaviest = self._most * PROTECTED, self._most_weight * PROTECTED
        while self._protected and (
            len(self._protected) > most or self._protected_weight > heaviest
        ):
            key, held = self._protected.popitem(last=False)
            self._protected_weight -= held[1]
            self._probation[key] = held

    def _shrink(self) -> None:
        while self._probation and (len(self) > self._most or self._weight > self._most_weight):
            _, held = self._probation.popitem(last=False)
            self._weight -= held[1]
