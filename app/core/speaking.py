"""Texts in languages: which of those that there are is read by whom.

Tags are in the one form of BCP 47 that `wanted_language` gives: `de`, `pt-BR`, `zh-Hant`.
"""

from collections.abc import Collection, Mapping
from typing import Final

from app.core.languages import known_language, normal_language

MOST_TAG: Final = 35  # characters of the longest tag in use
MOST_ACCEPTED: Final = 20  # languages of one header
# One language under several codes, where people set one and write another.
_SAME: Final = {"nb": "no", "nn": "no", "fil": "tl", "cmn": "zh"}
# How Chinese is written where its tag does not say it.
_SCRIPTS: Final = {"zh": "Hans", "zh-TW": "Hant", "zh-HK": "Hant", "zh-MO": "Hant"}


def wanted_language(tag: str) -> str | None:
    """The tag of a language that somebody asks for, in its one form; None for no language."""
    found = normal_language(tag) if len(tag) <= MOST_TAG else None
    return found if found is not None and known_language(found) else None


def accepted_languages(header: str) -> tuple[str, ...]:
    """The languages of an Accept-Language header (RFC 9110, 12.5.4), the most wanted first."""
    weighed: dict[str, float] = {}
    for part in header.split(",")[:MOST_ACCEPTED]:
        tag, *parameters = [piece.strip() for piece in part.split(";")]
        language = wanted_language(tag)
        if language is not None:
            weighed.setdefault(language, _weight(parameters))
    wanted = [tag for tag, weight in weighed.items() if weight > 0]
    return tuple(sorted(wanted, key=lambda tag: -weighed[tag]))


def _weight(parameters: Collection[str]) -> float:
    text = next((p[2:] for p in parameters if p[:2].lower() == "q="), "1")
    try:
        weight = float(text)
    except ValueError:
        return 0
    return weight if 0 <= weight <= 1 else 0


def nearest(asked: str, offered: Collection[str]) -> str | None:
    """Of these tags the one that a reader of `asked` reads: that very one, else one of the same
    language, in the same script before others and for no region before others. None for none.
    """
    if asked in offered:
        return asked
    language, script = _language_of(asked), _script_of(asked)
    kin = [tag for tag in offered if _language_of(tag) == language]
    return min(kin, key=lambda t: (_script_of(t) != script, t.count("-"), t), default=None)


def spoken(
    asked: str,
    library: str,
    original: str | None,
    own: tuple[str | None, str | None],
    texts: Mapping[str, str],
) -> str | None:
    """The one text that is read by who asks for a language; None where there is none at all.

    `own` is what stands with the thing itself, with its language: that of its library where that
    is not known. `texts` are others by their tags. The nearest to what was asked for is taken, else
    the nearest to the library's, else to the original language, else any: the own one first.
    """
    own_tag, own_text = own[0] or library, own[1]
    there = {tag: text for tag, text in texts.items() if text}
    if own_text:
        there[own_tag] = own_text
    for wanted in (asked, library, original):
        found = nearest(wanted, there) if wanted else None
        if found is not None:
            return there[found]
    return own_text or (there[min(there)] if there else None)


def _language_of(tag: str) -> str:
    language = tag.partition("-")[0]
    return _SAME.get(language, language)


def _script_of(tag: str) -> str:
    """The script of a tag, as it says or as its language is written there; empty for the usual."""
    language, _, rest = tag.partition("-")
    said = rest.partition("-")[0]
    return said if len(said) == 4 else _SCRIPTS.get(tag) or _SCRIPTS.get(language, "")
