"""The edition of a film as text: "Extended Director's Cut"."""

from app.naming.service.editions import APOSTROPHES, EDITION_NOUNS, MIXED_CASE
from app.naming.service.lexicon import Tag
from app.naming.service.marks import Mark
from app.naming.service.outline import Outline
from app.naming.service.tokens import Token

OWN_WORDS = 3
ARTICLE = "the"


def read_edition(plan: Outline, marks: list[Mark]) -> str | None:
    """The words of the edition in one spelling and their own order; None for the common one."""
    words: dict[int, str] = {}
    for found in marks:
        if found.tag is Tag.EDITION and _is_said(plan, found):
            text = found.value or _spelled(plan.tokens[found.first : found.last])
            words[found.first] = text
            _add_anniversary(plan, found, words)
    if plan.year is not None:
        _add_own(plan, words)
    return " ".join(dict.fromkeys(words[i] for i in sorted(words))) or None


def _is_said(plan: Outline, found: Mark) -> bool:
    """Abbreviations, "DC" and "SE", count in capitals only."""
    return not (found.value and not plan.tokens[found.first].text.isupper())


def _add_anniversary(plan: Outline, found: Mark, words: dict[int, str]) -> None:
    """The number before "Anniversary Edition"."""
    before = found.first - 1
    if plan.tokens[found.first].key == "anniversary" and before > plan.start:
        token = plan.tokens[before]
        if token.key[:-2].isdecimal() and plan.at[before] is None:
            words[before] = token.text.lower()


def _add_own(plan: Outline, words: dict[int, str]) -> None:
    """A film's own edition after the year: "Ultimate Hunter Edition"."""
    year = plan.year
    if year is None:
        return
    for index in range(max(plan.end, year.last), len(plan.tokens)):
        if plan.tokens[index].key not in EDITION_NOUNS or plan.at[index] is not None:
            continue
        first = index
        while first > year.last and index - first < OWN_WORDS and _is_own(plan, first - 1):
            first -= 1
        if plan.tokens[first].key == ARTICLE:
            first += 1
        if first < index:
            for inner in range(first, index + 1):
                words.pop(inner, None)
            words[first] = _spelled(plan.tokens[first : index + 1])


def _is_own(plan: Outline, index: int) -> bool:
    found = plan.at[index]
    same = plan.tokens[index].group == plan.tokens[index + 1].group
    return same and (found is None or found.tag is Tag.EDITION)


def _spelled(tokens: list[Token]) -> str:
    followed = len(tokens) > 1
    return " ".join(_cased(token.key, followed=followed) for token in tokens)


def _cased(key: str, *, followed: bool) -> str:
    if followed and key in APOSTROPHES:
        return APOSTROPHES[key]
    return MIXED_CASE.get(key) or key.capitalize()
