"""Languages of sound and of subtitles."""

import re

from msgspec import Struct

from app.naming.service.lexicon import Tag
from app.naming.service.marks import Mark
from app.naming.service.outline import Outline
from app.naming.service.wordlist import words

EASTERN = (
    ("yue", re.compile("粤语|粵語|粤配|粵配|国粤|國粵|广东话")),
    (
        "zh",
        re.compile(
            "国语|國語|国配|國配|台配|普通话|国粤|國粵|字幕[组組社]|[中简繁簡][英日字文体體繁]|双[语字]|雙[語字]"
        ),
    ),
    ("ja", re.compile("日[语語]|日配|日本語|吹替|吹き替え|日[英]?双")),
    ("ko", re.compile("韩语|韓語|한국어|더빙")),
)
"""East Asian words have no spaces: languages among them, and fans who make Chinese subtitles."""
LONGEST = 12
LISTED = 3
"""Languages in a row before "Subs" that are all of subtitles."""

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
    for found in marks:
        if found.tag is Tag.LANGUAGE:
            _read_language(reading, plan, found)
        else:
            reading.after_sub = found.tag is Tag.SUBTITLES and found.value == "subs"
            if found.tag is Tag.AUDIO_KIND:
                _read_kind(reading, plan, found)
    if not plan.name.text.isascii():
        _read_eastern(reading, plan)
    if reading.original and "de" in reading.audio and _says_ml(marks):
        reading.audio.setdefault("en")
    return Languages(
        tuple(reading.audio), tuple(reading.subtitles), reading.original, reading.multi
    )


def _read_eastern(reading: _Reading, plan: Outline) -> None:
    text, tokens = plan.name.text, plan.tokens
    first = tokens[plan.start].start if plan.start < len(tokens) else 0
    last = tokens[plan.end].start if plan.end < len(tokens) else len(text)
    around = f"{text[:first]} {text[last:]}"
    for code, pattern in EASTERN:
        if pattern.search(around) is not None:
            reading.audio.setdefault(code)


def _says_ml(marks: list[Mark]) -> bool:
    return any(m.tag is Tag.AUDIO_KIND and m.value == "ml" for m in marks)


def _read_language(reading: _Reading, plan: Outline, found: Mark) -> None:
    """A language is of subtitles in a list behind "Sub", and right before "Subs"."""
    if reading.after_sub or _is_before_subs(plan, found):
        reading.subtitles[found.value] = None
    else:
        reading.audio[found.value] = None


def _is_before_subs(plan: Outline, found: Mark) -> bool:
    """The last of a row before "Subs" is one of subtitles, and all of a long row."""
    at, row, last = plan.at, 1, found.last
    while row < LONGEST and last < len(at) and _is_language(at[last]):
        row, last = row + 1, last + 1
    subs = at[last] if last < len(at) else None
    if subs is None or subs.tag is not Tag.SUBTITLES or _opens_list(plan, subs):
        return False
    token, first = plan.tokens[subs.first], found.first
    if token.key not in SUBTITLES_AFTER or "+" in token.gap:
        return False
    while row < LONGEST and first and _is_language(at[first - 1]):
        row, first = row + 1, first - 1
    return last == found.last or row >= LISTED


def _is_language(found: Mark | None) -> bool:
    return found is not None and found.tag is Tag.LANGUAGE


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
