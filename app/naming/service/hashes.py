"""Names that mean nothing: hashes, random letters, obfuscated posts."""

import re
from itertools import pairwise

from app.naming.service.wordlist import words

HEX = re.compile(r"[0-9a-f]{16,}$", re.IGNORECASE)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
POST = re.compile(r"\byenc\b")
UUID_DASHES = 4
PLACEHOLDERS = words("file video movie title untitled output")
WORDS_FOR_FILM = words("film filme pelicula película pellicola фильм 电影 電影 映画 영화")
"""Also titles of films: any other name that a folder has is the better one."""
LONG = 20
MIXED_LENGTH = 10
CHANGES = 3


def is_meaningless(text: str) -> bool:
    """Whether a name without extension carries no title at all."""
    words = text.replace(".", " ").replace("_", " ").split()
    if not words:
        return True
    lower = text.lower()
    if "yenc" in lower and POST.search(lower):
        return True
    if text.count("-") >= UUID_DASHES and UUID.search(text):
        return True
    if all(_is_random(word) or word.lower() in PLACEHOLDERS for word in words):
        return True
    return len(words) == 2 and _is_random(words[0]) != _is_random(words[1]) and _mixes_all(words)


def _mixes_all(words: list[str]) -> bool:
    return all(any(c.isdigit() for c in word) or _changes_case(word) > CHANGES for word in words)


def _is_random(word: str) -> bool:
    if HEX.match(word) or (len(word) >= MIXED_LENGTH and _is_hex_mix(word)):
        return True
    if not word.isalnum() or not word.isascii() or len(word) < MIXED_LENGTH:
        return False
    digits = sum(c.isdigit() for c in word)
    if digits == 0:
        return len(word) >= LONG and _changes_case(word) > len(word) // 4
    if digits == len(word):
        return len(word) > LONG
    switches = sum(a.isdigit() != b.isdigit() for a, b in pairwise(word))
    return switches >= CHANGES + 1 or (len(word) >= MIXED_LENGTH and _vowels(word) < len(word) // 6)


def _is_hex_mix(word: str) -> bool:
    return (
        bool(re.fullmatch(r"[0-9a-f]+", word))
        and any(c.isdigit() for c in word)
        and (sum(a.isdigit() != b.isdigit() for a, b in pairwise(word)) > CHANGES)
    )


def _vowels(word: str) -> int:
    return sum(c in "aeiouyAEIOUY" for c in word)


def _changes_case(word: str) -> int:
    return sum(a.islower() and b.isupper() for a, b in pairwise(word))
