"""A query as PostgreSQL is asked it: its words, what they may go on to, and what was meant."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct, structs

from app.search.domain import Word, Words
from app.search.domain.vocabulary import LEAD, Place, Vocabulary
from app.search.repository.rows import alternatives

MOST_ENDINGS: Final = 30  # words that an unfinished one may become
MANY: Final = 400  # titles that these words may have; of the first one any number
MOST_CORRECTIONS: Final = 6
SHORT: Final = 3  # letters of an unfinished word that may become a frequent one


class Reading(Struct, frozen=True, kw_only=True):
    """One way to read a query; each text is a query of PostgreSQL. `meant` is the key of what was
    meant where words were corrected, else empty.
    """

    query: str
    exact: str
    any: str
    begins: str = ""
    meant: str = ""
    suggestion: str = ""

    def given(self) -> dict[str, Any]:
        """As parameters."""
        names = ("query", "exact", "any", "begins", "meant")
        return {name: getattr(self, name) for name in names}


class Known(Struct, frozen=True):
    """Which words there are for somebody."""

    vocabulary: Vocabulary
    seen: Collection[Place]

    def endings(self, word: Word) -> list[str]:
        """The words that it may become, the most popular first; few where many titles have them."""
        if not word.partial:
            return []
        found: list[str] = []
        left = MANY
        for ending in self.vocabulary.completions(word.text, self.seen, MOST_ENDINGS):
            count = self.vocabulary.count(ending, self.seen)
            if count <= left or (not found and len(word.text) >= SHORT):
                found.append(ending)
                left -= count
        return found

    def corrections(self, word: Word) -> list[str]:
        """The words that may have been meant."""
        return self.vocabulary.corrections(word.text, self.seen, MOST_CORRECTIONS)

    def has(self, word: Word) -> bool:
        """Whether some title has it."""
        return any(self.vocabulary.count(form, self.seen) for form in word.forms)


def readings(words: Words, known: Known) -> Iterator[Reading]:
    """The ways to read a query: the next one is for when nothing is found by those before."""
    needed = [word for word in words.words if not word.needless]
    exact = [(*word.forms, *known.endings(word)) for word in needed]
    phrases = [_phrase(phrase) for phrase in words.phrases]
    strange = {
        word: found
        for word, said in zip(needed, exact, strict=True)
        if len(said) == len(word.forms)
        and not known.has(word)
        and (found := known.corrections(word))
    }
    begins = "" if phrases else begins_with(words.words, dict(zip(needed, exact, strict=True)))
    first = _reading(words, needed, exact, phrases, strange)
    yield structs.replace(first, begins=begins)
    if phrases:  # what is quoted is meant as it is
        return
    corrected = {word: found for word in needed if (found := known.corrections(word))}
    if corrected != strange:
        yield _reading(words, needed, exact, [], corrected)
    if len(needed) > 1:
        yield _all_but_one(words, needed, exact, corrected)


def _reading(
    words: Words,
    needed: list[Word],
    exact: list[tuple[str, ...]],
    phrases: list[str],
    corrected: dict[Word, list[str]],
) -> Reading:
    said = [alternatives(forms) for forms in exact]
    meant = [
        alternatives((*forms, *corrected.get(word, ())))
        for word, forms in zip(needed, exact, strict=True)
    ]
    return Reading(
        query=" & ".join([*meant, *phrases]),
        exact=" & ".join([*said, *phrases]),
        any=" | ".join(meant),
        meant=_meant(words.key, corrected),
        suggestion=" ".join(
            corrected[word][0] if word in corrected else word.text for word in words.words
        )
        if corrected
        else "",
    )


def _all_but_one(
    words: Words,
    needed: list[Word],
    exact: list[tuple[str, ...]],
    corrected: dict[Word, list[str]],
) -> Reading:
    whole = _reading(words, needed, exact, [], corrected)
    each = [
        alternatives((*forms, *corrected.get(word, ())))
        for word, forms in zip(needed, exact, strict=True)
    ]
    without = [" & ".join(each[:n] + each[n + 1 :]) for n in range(len(each))]
    return Reading(
        query=" | ".join(f"({one})" for one in without),
        exact=whole.exact,
        any=whole.any,
        meant=whole.meant,
    )


def _meant(key: str, corrected: dict[Word, list[str]]) -> str:
    if not corrected:
        return ""
    best = {word.text: found[0] for word, found in corrected.items()}
    return " ".join(best.get(part, part) for part in key.split())


def _phrase(phrase: tuple[tuple[str, ...], ...]) -> str:
    return "(" + " <-> ".join(alternatives(forms) for forms in phrase) + ")"


def begins_with(words: Iterable[Word], said: Mapping[Word, Iterable[str]]) -> str:
    """Titles that begin with these words, one after the other."""
    each = [tuple(said.get(word, word.forms)) for word in words]
    first = [LEAD + form for form in each[0]]
    return " <-> ".join(alternatives(forms) for forms in (first, *each[1:]))


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
