"""Keys of titles: one for matching, one for ordering."""

import re
import unicodedata

from app.naming.service.languages import ARTICLES
from app.naming.service.wordlist import words

WORDS = re.compile(r"[^\W_]+")
DIGITS = re.compile(r"\d{1,9}")
WIDTH = 9
"""Digits of a padded number: no title counts further."""

MAX_TITLE = 1024
ELISIONS = ("l'", "l’", "d'", "d’")
ELIDING = frozenset({"fr", "it", "ca"})
LEADING = words("the a an der das le les")
"""Articles that are dropped when the language is not known: those that are hardly other words."""

MARK_CATEGORIES = frozenset({"Mn"})
FOLDED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)


def normal_title(title: str) -> str:
    """Key under which spellings of one title meet.

    NFKD, case and accents folded, "&" as "and", no punctuation, no leading English article.
    """
    folded = _folded(title[:MAX_TITLE].replace("&", " and ").replace("'", "").replace("’", ""))
    words = WORDS.findall(folded)
    if len(words) > 1 and words[0] in ARTICLES["en"]:
        words = words[1:]
    return " ".join(words)


def sort_title(title: str, language: str | None = None) -> str:
    """Key for ordering under byte order: article at the end, accents folded, numbers padded.

    `language` (ISO 639-1, a region is ignored) says whose articles lead the title.
    """
    text = title[:MAX_TITLE].strip()
    code = language.split("-")[0].lower() if language else None
    folded = _folded(text).strip()
    article = ""
    if code is None or code in ELIDING:
        for elision in ELISIONS[: 2 if code is None else 4]:
            if folded.startswith(elision) and len(folded) > len(elision):
                article, folded = elision[0], folded[len(elision) :]
                break
    words = WORDS.findall(folded.replace("'", "").replace("’", ""))
    articles = ARTICLES.get(code, frozenset()) if code is not None else LEADING
    if not article and len(words) > 1 and words[0] in articles:
        article, words = words[0], words[1:]
    key = " ".join([*words, *([f", {article}"] if article else [])]) or text.casefold()
    return DIGITS.sub(lambda match: match[0].zfill(WIDTH), key).replace(" ,", ",")


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in decomposed if unicodedata.category(c) not in MARK_CATEGORIES)
    return unicodedata.normalize("NFC", kept).translate(FOLDED)
