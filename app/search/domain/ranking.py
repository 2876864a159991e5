"""How well a title answers a query, alike on every backend."""

from collections.abc import Iterable
from enum import IntEnum

from app.search.domain.asking import Word, Words
from app.search.domain.text import is_unspaced


class Tier(IntEnum):
    """The steps of relevance; whatever is on a lower one comes later."""

    EXACT = 0
    BEGINS = 1
    WORDS = 2
    REST = 3


def tier(words: Words, keys: Iterable[str], year: int | None = None) -> Tier:
    """The best step that any of a thing's titles reaches, by their keys (`keys_of`).

    Where the query names the thing's year, that may be a word of the title, or beside it.
    """
    dated = words.yearless if words.year is not None and words.year == year else ""
    partial = any(word.partial for word in words.words)
    return min((_of_one(words, dated, key, partial) for key in keys), default=Tier.REST)


def distance(words: Words, keys: Iterable[str], year: int | None = None) -> float:
    """The step; of a title that has all words also how much else it says, in five steps of 0.1."""
    return min((_far(words, key, year) for key in keys), default=float(Tier.REST))


def _far(words: Words, key: str, year: int | None) -> float:
    step = tier(words, (key,), year)
    if step is not Tier.WORDS:
        return float(step)
    asked = min(1.0, len(words.words) / len(key.split()))
    return step + round(4 * (1 - asked)) / 10


def _of_one(words: Words, dated: str, key: str, partial: bool) -> Tier:  # noqa: FBT001
    asked = [text for text in (words.key, dated) if text]
    if key in asked:
        return Tier.EXACT
    # The year stands last as a rule, and then what is before it is finished.
    ends = ["" if partial and text == words.key else " " for text in asked]
    if any(key.startswith(text + end) for text, end in zip(asked, ends, strict=True)):
        return Tier.BEGINS
    there = key.split()
    held = all(
        word.needless or _holds(there, word) or (bool(dated) and word.text == str(words.year))
        for word in words.words
    )
    return Tier.WORDS if held else Tier.REST


def _holds(there: list[str], word: Word) -> bool:
    if is_unspaced(word.text):
        return any(word.text in one for one in there)
    if any(form in there for form in word.forms):
        return True
    return word.partial and any(one.startswith(word.forms) for one in there)
