"""Titles as catalogues have them: a number gives a title, the same one in every run.

Words are drawn as they occur: a few often, most of them seldom. Some titles are those of an earlier
number (remakes), some number it on (sequels).
"""

import re
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Final

from msgspec import Struct

from bench.search.foreign import GERMAN, LANGUAGES, Language
from bench.search.names import name_of
from bench.search.words import (
    ADJECTIVES,
    COUNTED,
    NOUNS,
    PLACES,
    PREPOSITIONS,
    ROMAN,
    VERBS,
    doing,
    plural,
    several,
)


class Naming(Struct, frozen=True):
    """What something is called; the original is in its own language."""

    title: str
    original: str
    translated: tuple[str, ...]
    language: str
    series: str = ""

    @property
    def all(self) -> tuple[str, ...]:
        """Every title, each once."""
        return tuple(dict.fromkeys((self.title, self.original, *self.translated)))


class Urn:
    """Draws words by how frequent they are: the n-th at a rate of 1 / (n + some) ^ skew."""

    def __init__(self, words: Sequence[str], skew: float = 0.8) -> None:
        self._words = list(words)
        Random(len(words)).shuffle(self._words)
        rates = (1 / (n + 10) ** skew for n in range(len(words)))
        self._sums = list(accumulate(rates))

    def draw(self, dice: Random) -> str:
        return self._words[bisect(self._sums, dice.random() * self._sums[-1])]


_ONSETS: Final = several("b br c ch d dr f g gr h j k kr l m n p pr r s sh st t tr v w y z")
_VOWELS: Final = several("a a e e i o o u ai ei ou ia")
_ENDS: Final = several("n r s l th x m k nd sk ra la no ven dor mir gard na")


def coined(dice: Random) -> str:
    """A name that is no word, of some hundred thousand."""
    parts = [dice.choice(_ONSETS) + dice.choice(_VOWELS) for _ in range(dice.choice((1, 2, 2)))]
    return "".join((*parts, dice.choice(_ENDS))).capitalize()


_nouns, _adjectives, _verbs = Urn(NOUNS), Urn(ADJECTIVES), Urn(VERBS)
_places = Urn(PLACES)
MOST_PEOPLE: Final = 40_000


def _initials(dice: Random) -> str:
    return "".join(f"{dice.choice('ABCDEFGHIKLMNOPRSTUVW')}." for _ in range(dice.choice((3, 4))))


_DRAWN: Final[Mapping[str, Callable[[Random], str]]] = {
    "N": lambda dice: _nouns.draw(dice).title(),
    "M": lambda dice: plural(_nouns.draw(dice)).title(),
    "A": lambda dice: _adjectives.draw(dice).title(),
    "V": lambda dice: _verbs.draw(dice).title(),
    "G": lambda dice: doing(_verbs.draw(dice)).title(),
    "P": _places.draw,
    "C": coined,
    "F": lambda dice: name_of(dice.randrange(MOST_PEOPLE)).split()[0],
    "L": lambda dice: name_of(dice.randrange(MOST_PEOPLE)),
    "K": lambda dice: dice.choice(COUNTED),
    "B": lambda dice: dice.choice(PREPOSITIONS),
    "Y": lambda dice: str(dice.randint(1900, 2060)),
    "D": lambda dice: str(dice.choice((dice.randint(2, 99), dice.randint(100, 2500)))),
    "I": _initials,
}
_FIELD: Final = re.compile(r"\{(\w)\}")
_PATTERNS: Final = """
2 {N}; 1 {A}; 2 {G}; 1 {M}; 3 {C}; 1 {P}; 1 {F}; 3 The {N}; 2 The {M}; 1 The {C}
11 {A} {N}; 8 {N} {N}; 4 {A} {M}; 9 The {A} {N}; 3 {P} {N}; 3 The {N} {N}; 2 {C} {N}; 2 {G} {N}
4 {F}'s {N}; 3 The {N}'s {N}; 1 {C}'s {A} {N}
8 The {N} of {C}; 6 The {N} of the {N}; 4 {N} of the {A} {N}; 3 {A} {M} of {P}
3 The {A} {N} of {F}; 4 {N} and {N}; 3 {M} and {M}; 2 {F} and the {N}; 2 {C} and the {A} {N}
1 {F} and {F}; 3 {V} the {N}; 1 {V} My {N}; 1 Don't {V} the {N}; 1 How to {V} a {N}; 1 When {M} {V}
1 {V} Me {B} {P}; 2 {K} {M}; 1 {K} {A} {M}; 1 The {K} {M} of {P}; 1 A {N} for {F}
3 {N} {B} the {N}; 3 The {N} {B} the {A} {N}; 2 {G} {B} {P}; 2 {M} {B} the {A} {N}
2 A {A} {N} {B} {P}; 3 {A} {N}: The {N} of {C}; 2 {C}: {A} {N}; 2 {L}: A {N} {B} {P}
1 {N}: {G} the {N}; 2 {L}; 1 {N}-{N}; 1 The {A} {N}-{N}; 1 {P} {Y}; 1 {N} {Y}
"""
# One in a thousand each.
_RARE: Final = ("{D}", "{Y}", "{I}", "{D} {M}", "{N} {D}", "{K}")


def _weighed() -> tuple[list[str], list[int]]:
    parts = [part.strip().partition(" ") for part in re.split("[;\n]", _PATTERNS.strip())]
    return [text for _, _, text in parts], list(accumulate(int(weight) for weight, _, _ in parts))


PATTERNS, SUMS = _weighed()


def filled(pattern: str, dice: Random) -> str:
    """A pattern with words in the places of its letters."""
    return _FIELD.sub(lambda found: _DRAWN[found[1]](dice), pattern)


def english(dice: Random) -> str:
    """An English title."""
    if dice.random() < 0.006:
        return filled(dice.choice(_RARE), dice)
    return filled(PATTERNS[bisect(SUMS, dice.random() * SUMS[-1])], dice)


def foreign(language: Language, dice: Random) -> str:
    """A title in another language."""
    word, way = dice.choice, dice.random()
    if language is GERMAN:
        compound = (word(language.plain) + word(language.plain)).capitalize()
        return (
            f"{compound} {word(language.after)}"
            if way < 0.4
            else (compound if way < 0.6 else f"{word(language.alone)} {word(language.after)}")
        )
    space = " " if language.after[0][0].isascii() or language.joint == " и " else ""
    if way < 0.02:
        return word(language.alone)
    if way < 0.5:
        return f"{word(language.alone)}{space}{word(language.after)}"
    pair = f"{word(language.plain)}{language.joint}{word(language.plain)}"
    pair = pair[0].upper() + pair[1:]
    return f"{pair}{space}{word(language.after)}" if way < 0.85 else pair


REMAKES: Final = 0.03
SEQUELS: Final = 0.08
FOREIGN: Final = 0.22
NEAR: Final = 400  # numbers back, at most, is what a sequel follows


class Titles:
    """Titles by number."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, number: int) -> Naming:
        """What this number is called."""
        dice = self._dice(number, 1)
        chance = dice.random()
        if number > 0 and chance < REMAKES:
            return self.plain(dice.randrange(number))
        if number > 0 and chance < REMAKES + SEQUELS:
            return _sequel(self.plain(max(0, number - dice.randint(1, NEAR))), dice)
        return self.plain(number)

    def plain(self, number: int) -> Naming:
        """What this number would be called if it were the first of its series."""
        dice = self._dice(number, 0)
        title = english(dice)
        if dice.random() >= FOREIGN:
            others = [
                foreign(dice.choice(LANGUAGES), dice) for _ in range(dice.choice((0, 0, 1, 2)))
            ]
            return Naming(title, title, tuple(others), "en")
        language = dice.choice(LANGUAGES)
        original = foreign(language, dice)
        known = title if dice.random() < 0.7 else original
        others = [foreign(dice.choice(LANGUAGES), dice) for _ in range(dice.choice((0, 1)))]
        return Naming(known, original, tuple(others), language.tag)

    def _dice(self, number: int, what: int) -> Random:
        return Random((self._seed << 40) | (number << 4) | what)


def _sequel(first: Naming, dice: Random) -> Naming:
    """A later part, as it is told: "X 2", "X II", "X Part III", "X: The …"."""
    part, way = dice.choice((2, 2, 2, 3, 3, 4, 5)), dice.random()
    told = f" {part}" if way < 0.4 else f" {ROMAN[part - 2]}" if way < 0.65 else None
    if told is None and way < 0.8:
        told = f" Part {ROMAN[part - 2]}" if way < 0.73 else f": Part {COUNTED[part - 2]}"
    if told is None:
        told = filled(": The {N} of {C}" if way < 0.9 else ": {A} {N}", dice)
        return Naming(first.title + told, first.original, first.translated, "en", first.title)
    names = (f"{name} {part}" for name in first.translated)
    original = first.title + told if first.original == first.title else f"{first.original} {part}"
    return Naming(first.title + told, original, tuple(names), first.language, first.title)
