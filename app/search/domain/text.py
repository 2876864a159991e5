"""Texts as words that meet: without accents, in bigrams where no spaces part words.

Both backends and the vocabulary read texts by this, so that whatever one says of a title is said of
a query as well.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

MOST_WORD: Final = 64
SHORT: Final = 60  # characters of texts that are often the same
# Marks that make another letter of theirs (が of か), where accents elsewhere are left out.
VOICED: Final = "\u3099\u309a"
LETTERS: Final = str.maketrans({
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h",
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'",
})  # fmt: skip
# Scripts that do not part words by spaces, or join them to what follows.
UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
WORD: Final = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+(?:'[^\W_{UNSPACED}]+)*")
PLAIN: Final = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
HYPHENS: Final = re.compile("[-‐–·]")
_UNSPACED: Final = re.compile(rf"[{UNSPACED}]")
INITIALS: Final = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
# It is begun at the beginning of a word alone, and what was read is kept: else a long word without
# hyphens is read again from each of its letters.
HYPHENED: Final = re.compile(r"(?<![^\W_])[^\W_]++(?:[-‐–·][^\W_]++)+")
_STOPS: Final = """
a an the and of der die das ein eine und le la les l un une des et el los las lo il gli i o os as
um uma e y de den det en ett og och het een
"""
STOPS: Final = frozenset(_STOPS.split())
"""Words without which a title is still known; they are asked for where nothing else is."""
ARTICLES: Final = STOPS - {"and", "of", "und", "des", "et", "og", "och", "e", "y", "de", "i", "o"}
_NAMES: Final = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty
"""
_ROMAN: Final = "ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_NUMBERS: Final = {word: str(n) for n, word in enumerate(_NAMES.split())} | {
    word: str(n) for n, word in enumerate(_ROMAN.split(), 2)
}


def folded(text: str) -> str:
    """The text in small letters without accents: "Amélie" and "amelie" are one."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    plain = "".join(c for c in apart if c in VOICED or unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", plain)


def is_unspaced(word: str) -> bool:
    """Whether it is of a script without spaces, and so read in bigrams."""
    return _UNSPACED.match(word) is not None


def runs(text: str) -> list[str]:
    """The words of a text as they are written, folded; a run of an unspaced script is one."""
    plain = folded(text)
    if "." in plain:
        plain = INITIALS.sub(lambda found: found[0].replace(".", "") + " ", plain)
    words = (PLAIN if plain.isascii() else WORD).findall(plain)
    if "'" in plain:
        words = [word.replace("'", "") for word in words]
    return [word[:MOST_WORD] for word in words] if len(plain) > MOST_WORD else words


def bigrams(run: str) -> tuple[str, ...]:
    """Each two letters that follow each other; of one letter itself."""
    return tuple(run[n : n + 2] for n in range(len(run) - 1)) or (run,)


def words_of(text: str) -> Sequence[tuple[str, ...]]:
    """The words in order, each with the forms under which it is found: "II" as "ii" and "2"."""
    return _known(text) if len(text) <= SHORT else _words_of(text)


def _words_of(text: str) -> tuple[tuple[str, ...], ...]:
    found: list[tuple[str, ...]] = []
    for run in runs(text):
        if run.isascii() or not is_unspaced(run):
            found.append(forms(run))
        else:
            # By its last letter as well: of all others one is the beginning of a pair.
            *pairs, last = bigrams(run)
            found += [*((pair,) for pair in pairs), tuple(dict.fromkeys((last, last[-1])))]
    return tuple(found)


# Names of persons, genres and studios come again and again.
_known = lru_cache(20_000)(_words_of)


def forms(word: str) -> tuple[str, ...]:
    """A word and, of a number, its digits."""
    digits = _NUMBERS.get(word)
    if digits is None and word.isdigit():
        digits = word.lstrip("0") or "0"
    return (word,) if digits in (None, word) else (word, str(digits))


def joined(text: str) -> list[str]:
    """Words that hyphens part, as one: "Spider-Man" is found as "spiderman" as well."""
    if not HYPHENS.search(text):
        return []
    found = HYPHENED.findall(folded(text))
    return [re.sub(r"[^\w]|_", "", one)[:MOST_WORD] for one in found]


def key_of(text: str) -> str:
    """Under which key equal titles meet: no accents, punctuation or leading article, digits."""
    words = [forms(run)[-1] for run in runs(text)]
    if len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    return " ".join(words)


def keys_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The keys of several titles, each once."""
    return tuple(dict.fromkeys(key for text in texts if (key := key_of(text))))
