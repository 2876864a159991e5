"""Titles in every language of the catalogue: a number gives a title, and no two the same one."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from bench.metadata.words import ADJECTIVES, NOUNS, PLACES, Noun

PAIRS: Final = tuple((a, b) for i, a in enumerate(NOUNS) for b in NOUNS[i + 1 :])
PLAIN: Final = len(ADJECTIVES) * len(NOUNS)
IN_TURN: Final = 4 * len(PAIRS)
PLACED: Final = PLAIN * len(PLACES)
MOST: Final = IN_TURN + (PLACED - len(PAIRS)) + len(PAIRS) * len(PLACES)
STRIDE: Final = 7919  # a prime: neighbours have nothing in common

SONGS: Final = ("Song", "Lied", "Chanson", "歌", "Uta")
TALES: Final = ("Tale", "Märchen", "Conte", "物語", "Monogatari")


class Naming(Struct, frozen=True):
    """A title in all languages; `romaji` is the Japanese one in Latin letters."""

    en: str
    de: str
    fr: str
    ja: str
    romaji: str

    def numbered(self, part: int) -> "Naming":
        """The title of a later part."""
        if part == 1:
            return self
        roman = "I" * part
        names = (f"{name} {roman}" for name in (self.en, self.de, self.fr, self.ja, self.romaji))
        return Naming(*names)


def naming(number: int) -> Naming:
    """The title of this number, below MOST."""
    if number < IN_TURN:
        kinds: tuple[Callable[[int], Naming], ...] = (_adjective, _and, _of, _placed)
        return kinds[number % 4](number // 4)
    number -= IN_TURN - len(PAIRS)
    return _placed(number) if number < PLACED else _and_placed(number - PLACED)


def counted(number: int) -> Naming:
    """A number as a title."""
    return Naming(*[str(number)] * 5)


def anime(number: int, *, film: bool) -> Naming:
    """One of those that are Japanese."""
    one, other = _pair(number)
    en, de, fr, ja, romaji = SONGS if film else TALES
    return Naming(
        f"{en} of the {one.en} and the {other.en}",
        f"{de} {one.de_of} und {other.de_of}",
        f"{fr} {one.fr_of} et {other.fr_of}",
        f"{one.ja}と{other.ja}の{ja}",
        f"{one.romaji} to {other.romaji} no {romaji}",
    )


def _adjective(number: int) -> Naming:
    at, which = divmod(number * STRIDE % PLAIN, len(ADJECTIVES))
    noun, word = NOUNS[at], ADJECTIVES[which]
    return Naming(
        f"The {word.en} {noun.en}",
        f"{noun.de_the} {word.de} {noun.de}",
        f"{noun.fr_the}{noun.fr} {word.fr}",
        f"{noun.ja}・{which + 1}",
        f"{noun.romaji} {which + 1}",
    )


def _and(number: int) -> Naming:
    one, other = _pair(number)
    return Naming(
        f"{one.en} and {other.en}",
        f"{one.de} und {other.de}",
        f"{one.fr.capitalize()} et {other.fr}",
        f"{one.ja}と{other.ja}",
        f"{one.romaji} to {other.romaji}",
    )


def _of(number: int) -> Naming:
    one, other = _pair(number + 1)
    return Naming(
        f"The {one.en} of the {other.en}",
        f"{one.de_the} {one.de} {other.de_of}",
        f"{one.fr_the}{one.fr} {other.fr_of}",
        f"{other.ja}の{one.ja}",
        f"{other.romaji} no {one.romaji}",
    )


def _placed(number: int) -> Naming:
    at, which = divmod(number * STRIDE % PLACED, len(PLACES))
    return _at(_adjective(at), which)


def _and_placed(number: int) -> Naming:
    at, which = divmod(number * STRIDE % (len(PAIRS) * len(PLACES)), len(PLACES))
    return _at(_and(at), which)


def _at(naming: Naming, which: int) -> Naming:
    place = PLACES[which]
    return Naming(
        f"{naming.en} {place.en}",
        f"{naming.de} {place.de}",
        f"{naming.fr} {place.fr}",
        f"{naming.ja}、{which + 1}",
        f"{naming.romaji}, {which + 1}",
    )


def _pair(number: int) -> tuple[Noun, Noun]:
    return PAIRS[number * STRIDE % len(PAIRS)]
