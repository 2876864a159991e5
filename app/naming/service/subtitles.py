"""The end of a subtitle's file name: language and what kind of text."""

from msgspec.structs import replace

from app.naming.domain import SubtitleName
from app.naming.service.extensions import split_extension
from app.naming.service.lexicon import LEXICON, Tag
from app.naming.service.tokens import scan

MAX_NAME = 512
LAST_WORDS = 5
FORCED = frozenset({"forced", "foreign"})
HEARING_IMPAIRED = frozenset({"sdh", "cc", "hi"})


def parse_subtitle(path: str) -> SubtitleName:
    """Read "Film (2010).en.forced.srt": the words behind the film's name. Never raises."""
    stem, _ = split_extension(path.rpartition("/")[2][-MAX_NAME:])
    tokens = scan(stem).tokens
    name = SubtitleName()
    for token in reversed(tokens[1:][-LAST_WORDS:]):
        if token.group >= 0 or token.gap not in {".", "-", "_", " - ", " "}:
            break
        if token.key in FORCED:
            name = replace(name, forced=True)
        elif token.key == "default":
            name = replace(name, default=True)
        elif token.key in HEARING_IMPAIRED and not (token.key == "hi" and name == SubtitleName()):
            name = replace(name, hearing_impaired=True)
        else:
            return replace(name, language=_language(token.key))
    return name


def _language(word: str) -> str | None:
    entry = LEXICON.get(word)
    if entry is not None and entry.tag is Tag.LANGUAGE:
        return str(entry.value)
    return OWN_CODES.get(word)


OWN_CODES = {
    "hi": "hi",
    "no": "no",
    "nb": "no",
    "da": "da",
    "he": "he",
    "el": "el",
    "cs": "cs",
    "uk": "uk",
    "zh": "zh",
    "vi": "vi",
    "id": "id",
    "ms": "ms",
    "hr": "hr",
    "sr": "sr",
    "sl": "sl",
    "et": "et",
    "lv": "lv",
    "fa": "fa",
    "th": "th",
    "is": "is",
    "ca": "ca",
    "ja": "ja",
    "ko": "ko",
    "sv": "sv",
    "chs": "zh",
    "cht": "zh",
}
"""ISO 639-1 codes that release names write otherwise or that are words there."""
