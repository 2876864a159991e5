"""AniDB's dump of all titles, to be searched in memory: nothing else of AniDB's can be searched.

Source of its form: wiki.anidb.net/API, "Anime Titles". A line is `aid|type|language|title`.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from heapq import nlargest
from math import ceil
from typing import Final

from msgspec import Struct

from app.metadata.providers import reading as read
from app.metadata.providers.anidb.document import straight
from app.metadata.providers.anidb.names import MAIN, OFFICIAL, SHORT, SYNONYM, Title
from app.naming.service import normal_title

MOST_BYTES: Final = 32 << 20
MOST_TITLES: Final = 300_000
MOST_OF_ONE: Final = 100
MOST_TITLE: Final = 300
MOST_COMPARED: Final = 200
MOST_BEGINNINGS: Final = 200
GZIP: Final = b"\x1f\x8b"
LIKE: Final = 0.75
"""How like each other titles are that may be the same, spelled differently."""
BEGINS: Final = 0.9
# What a match is worth less, by what the title is for.
LESS: Final = {MAIN: 0.0, OFFICIAL: 0.0, SYNONYM: 0.02, SHORT: 0.05}


class BadDump(Exception):
    """It is no dump of titles."""


class Entry(Struct, frozen=True, gc=False):
    """An anime by its titles."""

    aid: str
    titles: tuple[Title, ...]


class Index:
    """Titles by their normal form. Building and searching take long: not for the event loop."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._owners: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for position, entry in enumerate(entries):
            for title in entry.titles:
                key = _key(title.text)
                if key:
                    self._owners[key].append((position, title.kind))
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for key in self._owners:
            self._by_length[len(key)].append(key)

    def __len__(self) -> int:
        return len(self._entries)

    def search(self, title: str, most: int = read.MOST_HITS) -> list[Entry]:
        """What has this title, or one that begins with it or is like it; the likeliest first."""
        wanted = _key(title[:MOST_TITLE])
        if not wanted:
            return []
        likely: dict[int, float] = {}
        for key, score in self._like(wanted):
            for position, kind in self._owners[key]:
                value = score - LESS[kind]
                likely[position] = max(value, likely.get(position, 0.0))
        best = sorted(likely, key=lambda position: (-likely[position], position))
        return [self._entries[position] for position in best[:most]]

    def _like(self, wanted: str) -> Iterator[tuple[str, float]]:
        if wanted in self._owners:
            yield wanted, 1.0
        start, found = f"{wanted} ", 0
        for key in self._owners:
            if key.startswith(start):
                yield key, BEGINS
                found += 1
                if found == MOST_BEGINNINGS:
                    break
        matcher = SequenceMatcher(autojunk=False, b=wanted)
        for _, key in nlargest(MOST_COMPARED, self._near(matcher, len(wanted))):
            matcher.set_seq1(key)
            score = matcher.ratio()
            if score >= LIKE:
                yield key, min(score, BEGINS)

    def _near(self, matcher: "SequenceMatcher[str]", length: int) -> Iterator[tuple[float, str]]:
        """Those that have about the same letters: this is told sooner than how like they are."""
        shortest, longest = ceil(length * LIKE / (2 - LIKE)), int(length * (2 - LIKE) / LIKE)
        for size in range(shortest, longest + 1):
            for key in self._by_length.get(size, ()):
                matcher.set_seq1(key)
                score = matcher.quick_ratio()
                if score >= LIKE:
                    yield score, key


def indexed(raw: bytes) -> Index:
    """The index of a dump, packed or not. Raises BadDump."""
    plain = _unpacked(raw) if raw.startswith(GZIP) else raw
    found: dict[str, list[Title]] = defaultdict(list)
    for line in read.firsts(_lines(plain), MOST_TITLES):
        aid, _, rest = line.partition("|")
        kind, _, rest = rest.partition("|")
        language, _, text = rest.partition("|")
        title = read.line(straight(text), MOST_TITLE)
        if title is None or not read.DIGITS.fullmatch(aid) or kind not in {"1", "2", "3", "4"}:
            continue
        if len(found[aid]) < MOST_OF_ONE:
            found[aid].append(Title(int(kind), language[:20], title))
    if not found:
        raise BadDump
    return Index([Entry(aid, tuple(titles)) for aid, titles in found.items() if titles])


def _unpacked(raw: bytes) -> bytes:
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = inflate.decompress(raw, MOST_BYTES + 1)
    except zlib.error:
        raise BadDump from None
    if len(plain) > MOST_BYTES or not inflate.eof:
        raise BadDump
    return plain


def _lines(plain: bytes) -> Iterator[str]:
    start = 0
    while start < len(plain):
        end = plain.find(b"\n", start)
        end = len(plain) if end < 0 else end
        yield plain[start : min(end, start + 4096)].decode("utf-8", errors="replace")
        start = end + 1


def _key(title: str) -> str:
    return normal_title(title)[:MOST_TITLE] or title.casefold().strip()
