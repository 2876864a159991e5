"""The words of titles: which there are, how they go on, and which one may have been meant.

Words are known by where they are seen, so that nobody is told one that only what they may not see
has. Counts and popularity may be a little old; what is found is not decided here.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Final
from uuid import UUID

from msgspec import Struct
from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.core.access import Scope

SHORT: Final = 3  # letters of a word that is not corrected
LONG: Final = 7  # letters of one in which two may be wrong
ENDS: Final = 2  # letters at an end of a word, one of which a typo mostly leaves alone
Place = tuple[UUID | None, int | None]
"""A library and an age; no library is what accounts are in."""


class Use(Struct):
    """How a word is used in one place: by how many titles, and how popular the first is."""

    count: int = 0
    top: float = 0.0


class Vocabulary:
    """Words by the places in which they are seen."""

    def __init__(self) -> None:
        self._uses: dict[str, dict[Place, Use]] = {}
        self._sorted: list[str] = []
        self._ends: dict[str, list[str]] = {}
        self.places: set[Place] = set()

    def __len__(self) -> int:
        return len(self._sorted)

    def add(self, word: str, place: Place, count: int, top: float) -> None:
        """So many more titles of this place have the word."""
        uses = self._uses.get(word)
        if uses is None:
            uses = self._uses[word] = {}
            insort(self._sorted, word)
            if word[0] != "^":
                for end in _ends(word):
                    self._ends.setdefault(end, []).append(word)
        use = uses.setdefault(place, Use())
        use.count += count
        use.top = max(use.top, top)
        self.places.add(place)

    def load(self, rows: Iterable[tuple[str, Place, int, float]]) -> None:
        """Add many that come in order."""
        fresh: list[str] = []
        for word, place, count, top in rows:
            uses = self._uses.get(word)
            if uses is None:
                uses = self._uses[word] = {}
                fresh.append(word)
                if word[0] != "^":
                    for end in _ends(word):
                        self._ends.setdefault(end, []).append(word)
            use = uses.setdefault(place, Use())
            use.count, use.top = use.count + count, max(use.top, top)
            self.places.add(place)
        self._sorted += fresh
        self._sorted.sort()

    def seen(self, scope: Scope, *, accounts: bool = False) -> frozenset[Place]:
        """The places that a viewer may see."""
        return frozenset(
            place
            for place in self.places
            if (accounts if place[0] is None else scope.admits(place[0], place[1]))
        )

    def count(self, word: str, seen: Collection[Place]) -> int:
        """How many titles have it."""
        return sum(use.count for place, use in self._uses.get(word, {}).items() if place in seen)

    def completions(self, prefix: str, seen: Collection[Place], most: int) -> list[str]:
        """Words that begin so: those of the most popular titles first."""
        tops = {word: top for word in self._from(prefix) if (top := self._top(word, seen)) >= 0}
        return sorted(tops, key=lambda word: (-tops[word], word))[:most]

    def corrections(self, word: str, seen: Collection[Place], most: int) -> list[str]:
        """Words that may have been meant by one, the likeliest first; itself is not among them."""
        if len(word) < SHORT or word.isdigit():
            return []
        allowed = 2 if len(word) >= LONG else 1
        near = chain.from_iterable(self._ends.get(end, ()) for end in _ends(word))
        found = self._near(word, dict.fromkeys(near), seen, allowed)
        if not found:
            found = self._near(word, self._words(), seen, allowed)
        return [other for _, _, other in sorted(found)][:most]

    def beginnings(self, prefix: str, seen: Collection[Place], most: int) -> list[str]:
        """Words that begin almost so."""
        if len(prefix) < SHORT:
            return []
        starts = dict.fromkeys(
            word[:size]
            for word in self._from(prefix[:1])
            for size in range(len(prefix) - 1, len(prefix) + 2)
            if len(word) >= size
        )
        alike = process.extract(prefix, list(starts), scorer=OSA.distance, score_cutoff=1, limit=5)
        words = dict.fromkeys(chain.from_iterable(self._from(start) for start, _, _ in alike))
        tops = {word: top for word in words if (top := self._top(word, seen)) >= 0}
        return sorted(tops, key=lambda word: (-tops[word], word))[:most]

    def _near(
        self, word: str, among: Collection[str], seen: Collection[Place], allowed: int
    ) -> list[tuple[int, int, str]]:
        alike = process.extract_iter(word, among, scorer=OSA.distance, score_cutoff=allowed)
        return [
            (int(distance) * 2 + (other[0] != word[0]), -count, other)
            for other, distance, _ in alike
            if other != word and (count := self.count(other, seen))
        ]

    def _words(self) -> list[str]:
        return [word for word in self._sorted if word[0] != "^"]

    def _from(self, prefix: str) -> Iterator[str]:
        for index in range(bisect_left(self._sorted, prefix), len(self._sorted)):
            word = self._sorted[index]
            if not word.startswith(prefix):
                return
            yield word

    def _top(self, word: str, seen: Collection[Place]) -> float:
        return max((u.top for place, u in self._uses[word].items() if place in seen), default=-1.0)


def _ends(word: str) -> tuple[str, str]:
    return f"{word[:ENDS]}*", f"*{word[-ENDS:]}"
