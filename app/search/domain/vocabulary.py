"""The words of titles: which there are, how they go on, and which one may have been meant.

Words are known by where they are seen, so that nobody is told one that only what they may not see
has. Counts and popularity may be a little old; what is found is not decided here.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import heappush, heapreplace
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
HEAD: Final = 3  # letters by which words are kept in the order of their popularity
LEAD: Final = "^"
"""Before the first word of a title, as which it is a word of its own."""
Place = tuple[UUID | None, int | None]
"""A library and an age; no library is what accounts are in."""


class Use(Struct):
    """How a word is used in one place: by how many titles, and how popular the first is."""

    count: int = 0
    top: float = 0.0


class Known(Struct):
    """A word, where it is used, and the popularity of the first title of all that have it."""

    word: str
    uses: dict[Place, Use]
    top: float = -1.0

    def count(self, seen: Collection[Place]) -> int:
        """How many titles of these places have it."""
        return sum([use.count for place, use in self.uses.items() if place in seen])

    def top_in(self, seen: Collection[Place]) -> float:
        """How popular the first title of these places is; below zero where there is none."""
        return max([use.top for place, use in self.uses.items() if place in seen], default=-1.0)


class Vocabulary:
    """Words by the places in which they are seen."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._sorted: list[str] = []
        self._heads: dict[str, list[Known]] = {}
        self._ordered: set[str] = set()  # heads whose words are in order
        self._ends: dict[tuple[str, int], list[str]] = {}
        self._lengths: dict[int, list[str]] = {}
        self.places: set[Place] = set()

    def __len__(self) -> int:
        return len(self._known)

    def add(self, word: str, place: Place, count: int, top: float) -> None:
        """So many more titles of this place have the word."""
        if word not in self._known:
            insort(self._sorted, word)
        self._add(word, place, count, top)

    def load(self, rows: Iterable[tuple[str, Place, int, float]]) -> None:
        """Add many at once; they are there after `order`."""
        for word, place, count, top in rows:
            self._add(word, place, count, top)

    def order(self) -> Iterator[None]:
        """Bring what was loaded into order, a part at each step."""
        self._sorted = sorted(self._known)
        yield
        for head in self._heads:
            self._beginning(head)
            yield

    def _add(self, word: str, place: Place, count: int, top: float) -> None:
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = Known(word, {})
            for head in _heads(word):
                self._heads.setdefault(head, []).append(known)
            if word[0] != LEAD:
                self._lengths.setdefault(len(word), []).append(word)
                for end in _ends(word):
                    self._ends.setdefault((end, len(word)), []).append(word)
        use = known.uses.get(place)
        if use is None:
            use = known.uses[place] = Use()
            self.places.add(place)
        use.count += count
        use.top = max(use.top, top)
        if top > known.top:
            known.top = top
            if self._ordered:
                self._ordered.difference_update(_heads(word))

    def seen(self, scope: Scope, *, accounts: bool = False) -> frozenset[Place]:
        """The places that a viewer may see."""
        return frozenset(
            place
            for place in self.places
            if (accounts if place[0] is None else scope.admits(place[0], place[1]))
        )

    def count(self, word: str, seen: Collection[Place]) -> int:
        """How many titles have it."""
        known = self._known.get(word)
        return 0 if known is None else known.count(seen)

    def completions(self, prefix: str, seen: Collection[Place], most: int) -> list[str]:
        """Words that begin so: those of the most popular titles first."""
        return _first(self._beginning(prefix), seen, most)

    def corrections(self, word: str, seen: Collection[Place], most: int) -> list[str]:
        """Words that may have been meant by one, the likeliest first; itself is not among them."""
        if len(word) < SHORT or word.isdigit():
            return []
        for allowed in (1, 2) if len(word) >= LONG else (1,):
            lengths = range(len(word) - allowed, len(word) + allowed + 1)
            ends = chain.from_iterable(
                self._ends.get((end, length), ()) for end in _ends(word) for length in lengths
            )
            found = self._near(word, [*ends], seen, allowed)
            if not found:
                everywhere = chain.from_iterable(self._lengths.get(n, ()) for n in lengths)
                found = self._near(word, [*everywhere], seen, allowed)
            if found:
                return found[:most]
        return []

    def beginnings(self, prefix: str, seen: Collection[Place], most: int) -> list[str]:
        """Words that begin almost so."""
        if len(prefix) < SHORT:
            return []
        starts = dict.fromkeys(
            known.word[:size]
            for known in self._beginning(prefix[:1])
            for size in range(len(prefix) - 1, len(prefix) + 2)
            if len(known.word) >= size
        )
        alike = process.extract(prefix, list(starts), scorer=OSA.distance, score_cutoff=1, limit=5)
        words = dict.fromkeys(
            known.word for start, _, _ in alike for known in self._beginning(start)
        )
        found = sorted((self._known[word] for word in words), key=_by_top)
        return _first(found, seen, most)

    def _near(
        self, word: str, among: Sequence[str], seen: Collection[Place], allowed: int
    ) -> list[str]:
        """Those within this distance, what most titles have first; typos at the beginning of a word
        are rare.
        """
        alike = process.extract(word, among, scorer=OSA.distance, score_cutoff=allowed, limit=None)
        likely = {
            other: count / (1 if other[0] == word[0] else 3)
            for other, _, _ in alike
            if other != word and (count := self._known[other].count(seen))
        }
        return sorted(likely, key=lambda other: (-likely[other], other))

    def _beginning(self, prefix: str) -> Sequence[Known]:
        """What begins so, the most popular first."""
        if len(prefix.removeprefix(LEAD)) > HEAD:
            found: list[Known] = []
            for index in range(bisect_left(self._sorted, prefix), len(self._sorted)):
                if not self._sorted[index].startswith(prefix):
                    break
                found.append(self._known[self._sorted[index]])
            return sorted(found, key=_by_top)
        known = self._heads.get(prefix, [])
        if prefix not in self._ordered:
            known.sort(key=_by_top)
            self._ordered.add(prefix)
        return known


def _first(ordered: Iterable[Known], seen: Collection[Place], most: int) -> list[str]:
    """Of words, the most popular overall first, those most popular in what is seen.

    None further on can be more popular there than it is overall.
    """
    best: list[tuple[float, int, str]] = []
    for place, known in enumerate(ordered):
        if len(best) == most and known.top <= best[0][0]:
            break
        top = known.top_in(seen)
        if top < 0:
            continue
        if len(best) < most:
            heappush(best, (top, -place, known.word))
        elif top > best[0][0]:
            heapreplace(best, (top, -place, known.word))
    return [word for _, _, word in sorted(best, reverse=True)]


def _by_top(known: Known) -> tuple[float, str]:
    return -known.top, known.word


def _heads(word: str) -> list[str]:
    lead = word[0] == LEAD
    return [word[:size] for size in range(1 + lead, HEAD + lead + 1) if size <= len(word)]


def _ends(word: str) -> tuple[str, str]:
    return f"{word[:ENDS]}*", f"*{word[-ENDS:]}"
