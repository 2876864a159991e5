"""Languages of sound and of subtitles."""

from msgspec import Struct

from app.naming.service.lexicon import Tag
from app.naming.service.marks import Mark
from app.naming.service.outline import Outline
from app.naming.service.wordlist import words

SUBTITLES_AFTER = words("subs sub subtitles subtitle subbed subtitled")
"""Words behind a language that make it one of subtitles."""


class Languages(Struct, frozen=True):
    audio: tuple[str, ...]
    subtitles: tuple[str, ...]
    original: bool
    multi: bool


NO_LANGUAGES = Languages((), (), original=False, multi=False)


class _Reading(Struct):
    audio: dict[str, None]
    subtitles: dict[str, None]
    original: bool = False
    multi: bool = False
    after_sub: bool = False


def read_languages(plan: Outline, marks: list[Mark]) -> Languages:
    reading = _Reading({}, {})
    for index, found in enumerate(marks):
        following = marks[index + 1] if index + 1 < len(marks) else None
        if found.tag is Tag.LANGUAGE:
            _read_language(reading, plan, found, following)
        else:
            reading.after_sub = found.tag is Tag.SUBTITLES and found.value == "subs"
            if found.tag is Tag.AUDIO_KIND:
                _read_kind(reading, plan, found)
    if reading.original and "de" in reading.audio and _says_ml(marks):
        reading.audio.setdefault("en")
    return Languages(
        tuple(reading.audio), tuple(reading.subtitles), reading.original, reading.multi
    )


def _says_ml(marks: list[Mark]) -> bool:
    return any(m.tag is Tag.AUDIO_KIND and m.value == "ml" for m in marks)


def _read_language(reading: _Reading, plan: Outline, found: Mark, following: Mark | None) -> None:
    """A language is of subtitles in a list behind "Sub", and right before "Subs"."""
    before_subs = (
        following is not None
        and following.tag is Tag.SUBTITLES
        and following.first == found.last
        and plan.tokens[following.first].key in SUBTITLES_AFTER
        and not _opens_list(plan, following)
    )
    if reading.after_sub or before_subs:
        reading.subtitles[found.value] = None
    else:
        reading.audio[found.value] = None


def _opens_list(plan: Outline, found: Mark) -> bool:
    """In "Eng Sub Ita" the word belongs to the language behind it."""
    following = plan.at[found.last] if found.last < len(plan.at) else None
    return following is not None and following.tag is Tag.LANGUAGE


def _read_kind(reading: _Reading, plan: Outline, found: Mark) -> None:
    value: str = found.value
    if value in {"multi", "dual"}:
        reading.multi = True
        dual_german = plan.tokens[found.first].key == "dl" and "de" in reading.audio
        reading.original = reading.original or dual_german
    elif value == "ml":
        reading.multi = reading.original = True
    elif value == "original":
        reading.original = True
    elif value.endswith("-sub"):
        reading.subtitles[value.removesuffix("-sub")] = None
    elif value != "dub":
        reading.audio[value] = None
