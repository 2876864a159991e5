"""The vocabulary compiled for one lookup per word: phrase -> entry."""

from collections.abc import Iterable, Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

from app.naming.service.editions import EDITION_PHRASES
from app.naming.service.languages import AUDIO_PHRASES, LANGUAGES
from app.naming.service.technical import (
    AUDIO_CODECS,
    HDR_FORMATS,
    MODIFIERS,
    NOTES,
    PROPER,
    RESOLUTIONS,
    SERVICES,
    SOURCES,
    SUBTITLE_WORDS,
    THREE_D,
    VIDEO_CODECS,
)


class Tag(Enum):
    """What a word of a release name speaks of."""

    __hash__ = object.__hash__  # members are singletons; that of Enum is written in Python

    SOURCE = auto()
    MODIFIER = auto()
    RESOLUTION = auto()
    VIDEO = auto()
    DEPTH = auto()
    HDR = auto()
    AUDIO = auto()
    CHANNELS = auto()
    LANGUAGE = auto()
    AUDIO_KIND = auto()
    SUBTITLES = auto()
    EDITION = auto()
    PROPER = auto()
    SERVICE = auto()
    THREE_D = auto()
    PART = auto()
    EPISODE = auto()
    YEAR = auto()
    SIZE = auto()
    HASH = auto()
    NOTE = auto()


class Strength(Enum):
    """How far a word can be trusted to be no word of a title."""

    CODE = auto()
    """A two-letter code: counts only among other release words."""
    WEAK = auto()
    """Also a word of titles: counts only beside release words."""
    STRONG = auto()
    """Never a word of a title: ends it wherever it stands."""


class Entry(NamedTuple):
    tag: Tag
    value: Any
    strength: Strength


LEXICON: dict[str, Entry] = {}
"""Phrase of lower-case words, one space between them -> what it means."""

PHRASE_LENGTHS: dict[str, tuple[int, ...]] = {}
"""First word of a phrase of several words -> the numbers of words to try, longest first."""


def _add(tag: Tag, table: Mapping[Any, str]) -> None:
    """A row is `value -> "phrase|?weak phrase"`; editions of one word are words of titles."""
    for value, row in table.items():
        for phrase in row.split("|"):
            weak = phrase.startswith("?") or (tag is Tag.EDITION and " " not in phrase)
            entry = Entry(tag, value, Strength.WEAK if weak else Strength.STRONG)
            LEXICON.setdefault(phrase.removeprefix("?"), entry)


def _add_languages() -> None:
    for code, (codes, names) in LANGUAGES.items():
        for name in names.split():
            LEXICON.setdefault(name, Entry(Tag.LANGUAGE, code, Strength.WEAK))
        for short in codes.split():
            strength = Strength.CODE if len(short) == 2 else Strength.WEAK
            LEXICON.setdefault(short, Entry(Tag.LANGUAGE, code, strength))


def _phrase_lengths(phrases: Iterable[str]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = {}
    for phrase in phrases:
        first, *rest = phrase.split(" ")
        if rest:
            lengths.setdefault(first, set()).add(len(rest) + 1)
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}


def _compile() -> None:
    tables: tuple[tuple[Tag, Mapping[Any, str]], ...] = (
        (Tag.SOURCE, SOURCES),
        (Tag.MODIFIER, MODIFIERS),
        (Tag.RESOLUTION, RESOLUTIONS),
        (Tag.VIDEO, VIDEO_CODECS),
        (Tag.HDR, HDR_FORMATS),
        (Tag.AUDIO, AUDIO_CODECS),
        (Tag.PROPER, PROPER),
        (Tag.THREE_D, THREE_D),
        (Tag.SUBTITLES, SUBTITLE_WORDS),
        (Tag.AUDIO_KIND, AUDIO_PHRASES),
        (Tag.EDITION, EDITION_PHRASES),
        (Tag.SERVICE, SERVICES),
        (Tag.NOTE, NOTES),
    )
    for tag, table in tables:
        _add(tag, table)
    _add_languages()
    PHRASE_LENGTHS.update(_phrase_lengths(LEXICON))


_compile()
