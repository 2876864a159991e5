"""A query as PostgreSQL is asked it: its words, what they may go on to, and what was meant."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from app.search.domain import STOPS, Word, Words
from app.search.domain.vocabulary import LEAD, Place, Vocabulary
from app.search.repository.rows import alternatives
from app.search.repository.statements import By

MOST_ENDINGS: Final = 30  # words that an unfinished one may become
MANY: Final = 400  # titles that these words may have; of the first one any number
MOST_CORRECTIONS: Final = 6
ENOUGH: Final = 20  # titles with a word, for which those that mention it are left out
SHORTEST_ALIKE: Final = 4  # letters of a query that titles may look like
SHORT: Final = 3  # letters with which an unfinished word is looked for beside others


class Reading(Struct, frozen=True, kw_only=True):
    """One way to read a query. `meant` is the key of what was meant where words were corrected,
    else empty, and `suggested` what finds the suggestion; by likeness it looks for titles like
    `title`. The others are queries of PostgreSQL. What finds less than `enough` leaves it to the
    next one.
    """

    query: str
    exact: str
    any: str
    begins: str = ""
    near: str = ""
    meant: str = ""
    suggestion: str = ""
    suggested: str = ""
    title: str = ""
    by: By = By.WORDS
    enough: int = 1

    def given(self) -> dict[str, Any]:
        """As parameters."""
        names = ("query", "exact", "any", "begins", "near", "meant", "title")
        return {name: getattr(self, name) for name in names}


class Known(Struct, frozen=True):
    """Which words there are for somebody."""

    vocabulary: Vocabulary
    seen: Collection[Place]

    def endings(self, word: Word) -> list[str]:
        """The words that it may become, the most popular first; few where many titles have them."""
        if not word.partial:
            return []
        endings = self.vocabulary.completions(word.text, self.seen, MOST_ENDINGS)
        return self.few(endings, word.text)

    def few(self, endings: Iterable[str], begun: str) -> list[str]:
        """Those of endings, in their order, that not too many titles have in all. The first one is
        of it whatever it is, unless nothing looks for it.
        """
        found: list[str] = []
        left = MANY
        for ending in endings:
            count = self.vocabulary.count(ending, self.seen)
            word = ending.removeprefix(LEAD)
            if word in STOPS and word != begun:
                continue
            if count <= left or not found:
                found.append(ending)
                left -= count
        return found

    def corrections(self, word: Word) -> list[str]:
        """The words that may have been meant."""
        return self.vocabulary.corrections(word.text, self.seen, MOST_CORRECTIONS)

    def has(self, word: Word) -> bool:
        """Whether some title has it, or a word that it may become."""
        found = any(self.vocabulary.count(form, self.seen) for form in word.forms)
        return found or (
            word.partial and bool(self.vocabulary.completions(word.text, self.seen, 1))
        )


def readings(words: Words, known: Known) -> Iterator[Reading]:
    """The ways to read a query: the next one is for when nothing is found by those before."""
    needed = [word for word in words.words if not word.needless]
    phrases = [_phrase(phrase) for phrase in words.phrases]
    unknown = [word for word in needed if not known.has(word)]
    strange = {word: found for word in unknown if (found := known.corrections(word))}
    first = structs.replace(
        _reading(words, needed, known, strange, phrases),
        begins="" if phrases else begins_with(words.words),
        near=" <-> ".join(alternatives(word.forms) for word in needed) if needed[1:] else "",
    )
    if " & " not in first.query:  # what many mention, titles are mostly meant by
        yield structs.replace(first, by=By.TITLES, enough=ENOUGH)
    yield first
    if phrases:  # what is quoted is meant as it is
        return
    corrected = {word: found for word in needed if (found := known.corrections(word))}
    if corrected != strange:
        yield _reading(words, needed, known, corrected)
    if len(needed) > 1:
        yield _all_but_one(_reading(words, needed, known, corrected), needed, known, corrected)
    if len(words.key) >= SHORTEST_ALIKE:
        yield structs.replace(first, by=By.LIKENESS, title=words.key, suggestion="")


def _reading(
    words: Words,
    needed: list[Word],
    known: Known,
    corrected: dict[Word, list[str]],
    phrases: Sequence[str] = (),
) -> Reading:
    several = len(needed) > 1
    wide = [_wide(word, known, corrected.get(word, ()), several=several) for word in needed]
    query = [one for one in wide if one] or [alternatives(word.forms) for word in needed]
    return Reading(
        query=" & ".join([*query, *phrases]),
        exact=" & ".join([*map(_open, needed), *phrases]),
        any=" | ".join(query),
        meant=_meant(words.key, corrected),
        suggestion=" ".join(
            corrected[word][0] if word in corrected else word.text for word in words.words
        )
        if corrected
        else "",
        suggested=" & ".join(
            alternatives(corrected[word][:1]) if word in corrected else _open(word)
            for word in needed
        )
        if corrected
        else "",
    )


def _wide(word: Word, known: Known, corrected: Iterable[str], *, several: bool) -> str:
    """By what a word is looked for. One that may become too many is not, beside others: then it
    only decides what comes first.
    """
    forms = (*word.forms, *corrected)
    if not word.partial:
        return alternatives(forms)
    if not several:
        return alternatives((*forms, *known.endings(word)))
    if len(word.text) < SHORT and not word.text.isdigit():
        return ""
    return alternatives(forms, open_=word.text)


def _open(word: Word) -> str:
    """A word as it was written, and where it is not finished with any end."""
    return alternatives(word.forms, open_=word.text if word.partial else "")


def _all_but_one(
    whole: Reading, needed: list[Word], known: Known, corrected: dict[Word, list[str]]
) -> Reading:
    each = [_wide(word, known, corrected.get(word, ()), several=False) for word in needed]
    without = [" & ".join(each[:n] + each[n + 1 :]) for n in range(len(each))]
    return structs.replace(whole, query=" | ".join(f"({one})" for one in without), suggestion="")


def _meant(key: str, corrected: dict[Word, list[str]]) -> str:
    if not corrected:
        return ""
    best = {word.text: found[0] for word, found in corrected.items()}
    return " ".join(best.get(part, part) for part in key.split())


def _phrase(phrase: tuple[tuple[str, ...], ...]) -> str:
    return "(" + " <-> ".join(alternatives(forms) for forms in phrase) + ")"


def begins_with(words: Sequence[Word]) -> str:
    """Titles that begin with these words, one after the other."""
    lead, *others = words
    first = Word(tuple(LEAD + form for form in lead.forms), partial=lead.partial)
    return " <-> ".join(map(_open, (first, *others)))


class Readings:
    """The readings of a query, made when they are first asked for."""

    def __init__(self, words: Words, known: Known) -> None:
        self.words = words
        self._made: list[Reading] = []
        self._rest = readings(words, known)

    def __iter__(self) -> Iterator[Reading]:
        place = 0
        while True:
            if place == len(self._made):
                more = next(self._rest, None)
                if more is None:
                    return
                self._made.append(more)
            yield self._made[place]
            place += 1
