"""The end of a subtitle's file name: language and what kind of text."""

from itertools import pairwise

from msgspec.structs import replace

from app.naming.domain import SubtitleName
from app.naming.service.extensions import split_extension
from app.naming.service.lexicon import LEXICON, Tag
from app.naming.service.tokens import Token, scan
from app.naming.service.wordlist import words

MAX_NAME = 512
LAST_WORDS = 5
FORCED = frozenset({"forced", "foreign"})
GAPS = frozenset({".", "-", "_", " - ", " "})
REGIONAL = {"pt-br": "pt-BR", "es-419": "es-419", "es-la": "es-419", "nl-be": "nl-BE"}
REGIONS = words("br 419 la be us gb hans hant cn tw")
HEARING_IMPAIRED = frozenset({"sdh", "cc", "hi"})


def parse_subtitle(path: str) -> SubtitleName:
    """Read "Film (2010).en.forced.srt": the words behind the film's name. Never raises."""
    stem, _ = split_extension(path.rpartition("/")[2][-MAX_NAME:])
    tokens = scan(stem).tokens
    name = SubtitleName()
    region = ""
    for before, token in reversed([*pairwise(tokens)][-LAST_WORDS:]):
        if token.group >= 0 or token.gap.lstrip(")]}") not in GAPS:
            break
        if _is_hindi(before, token):
            return replace(name, language="hi")
        if token.key in FORCED:
            name = replace(name, forced=True)
        elif token.key == "default":
            name = replace(name, default=True)
        elif token.key in HEARING_IMPAIRED:
            name = replace(name, hearing_impaired=True)
        elif token.key in REGIONS and not region:
            region = token.key
        else:
            return replace(name, language=_language(token.key, region))
    return name


def _is_hindi(before: Token, token: Token) -> bool:
    """A lone "hi" is a language; behind another language it says for whom the text is."""
    return token.key == "hi" and _language(before.key, "") is None


def _language(word: str, region: str) -> str | None:
    regional = REGIONAL.get(f"{word}-{region}")
    if regional is not None:
        return regional
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
