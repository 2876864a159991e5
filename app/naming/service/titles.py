"""The words of a title as people write them, and the other titles that a name carries."""

import re

from msgspec import Struct

from app.naming.service.languages import ARTICLES
from app.naming.service.outline import Outline
from app.naming.service.tokens import Token
from app.naming.service.wordlist import words

QUOTES = {"»": "«", "«": "»", "”": "“„", "“": "„", "‹": "›", "›": "‹"}
"""By what closes a quotation: what may have opened it; languages differ."""
EDGES = " -–—._,:;~+*|/\\\t=★"
SPACES = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+"
)
"""What no title holds counts as space: controls, and what cannot be seen or turns the writing."""
DOTS = re.compile(r"[._]+")
ABBREVIATIONS = words("dr mr mrs ms st jr sr vs vol bros no inc")
FILM_NUMBER = re.compile(r"^f\d{2}$")
BONUS_NUMBER = re.compile(r"^x\d{2}$")
LEADING_NUMBER = re.compile(r"^0\d[ .\-_]+(?=\S)|^\d{1,2}\.\s+(?=\S)")


FILED = re.compile(r"(?P<rest>.+), (?P<article>[^\W\d]{1,3})(?P<more>(?: - .+)?)")
FILED_ARTICLES = frozenset().union(*ARTICLES.values()) - words("i e o as os en et")
"""Without those that end a title as other words."""
AKA = frozenset({"aka", "a"})
LINKS = {"l": "'"}
OPENING_QUOTES = frozenset("".join(QUOTES.values()))


class Titles(Struct, frozen=True):
    title: str | None
    alternatives: tuple[str, ...] = ()


def read_titles(plan: Outline) -> Titles:
    start, end = _film_span(plan)
    found: list[str] = []
    for first, last in _split_aka(plan, start, end):
        found.extend(_split_languages(plan, first, last))
    for aside in plan.asides:
        first = aside.first + (plan.tokens[aside.first].key == "aka")
        found.append(phrase(plan, first, aside.last))
    titles = _preferred([_article_first(t) for t in found if t])
    if not titles:
        return Titles(None)
    return Titles(titles[0], _alternatives(plan, titles[0], titles[1:]))


def _article_first(title: str) -> str:
    """As it is spoken: "Matrix, The" and "Avventura, L'" are filed by their second word."""
    match = FILED.fullmatch(title) if ", " in title else None
    if match is None:
        return title
    rest, article, more = match["rest"], match["article"], match["more"]
    if article.lower() not in FILED_ARTICLES or article.islower() != title.islower():
        return title
    return f"{article}{LINKS.get(article.lower(), ' ')}{rest}{more}"


def _alternatives(plan: Outline, title: str, others: list[str]) -> tuple[str, ...]:
    """The other titles, and readings of this one that leave out or add what is in doubt."""
    readings = list(others)
    if plan.year_is_prefix and plan.year is not None:
        readings.append(f"{plan.year.value} {title}")
    if title[0].isdecimal() and (unnumbered := LEADING_NUMBER.sub("", title)) != title:
        readings.append(unnumbered)
    if title.endswith(" 3D"):
        readings.append(title.removesuffix(" 3D"))
    return tuple(dict.fromkeys(t for t in readings if t != title))


def _film_span(plan: Outline) -> tuple[int, int]:
    """In "Series-f21-Film-x02-Extra" the films of a series and their extras are numbered."""
    start, end = plan.start, plan.end
    if "-" not in plan.name.text:
        return start, end
    for index in range(plan.start + 1, plan.end):
        token = plan.tokens[index]
        if len(token.key) != 3 or "-" not in token.gap:
            continue
        if BONUS_NUMBER.match(token.key):
            return start, index
        if FILM_NUMBER.match(token.key) and index + 1 < end and "-" in plan.tokens[index + 1].gap:
            start = index + 1
    return start, end


def _split_aka(plan: Outline, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    first = index = start
    tokens = plan.tokens
    while index < end:
        width = _aka_width(tokens, index) if tokens[index].key in AKA else 0
        if width and first < index and index + width < end:
            spans.append((first, index))
            first = index + width
            index = first
        index += 1
    spans.append((first, end))
    return spans


def _aka_width(tokens: list[Token], index: int) -> int:
    key = tokens[index].key
    if key == "aka":
        return 1
    if key == "a" and [t.key for t in tokens[index : index + 3]] == ["a", "k", "a"]:
        return 3 if tokens[index + 1].gap == "." else 0
    return 0


def _split_languages(plan: Outline, start: int, end: int) -> list[str]:
    """Titles side by side: split at " / ", brackets, or where the script changes."""
    pieces: list[str] = []
    first = start
    for index in range(start + 1, end) if "/" in plan.name.text else ():
        token = plan.tokens[index]
        if "/" in token.gap and _divides(token):
            pieces.append(phrase(plan, first, index))
            first = index
    if pieces:
        return [*pieces, phrase(plan, first, end)]
    change = 0 if plan.name.text.isascii() else _script_change(plan, start, end)
    if change:
        return [phrase(plan, start, change), phrase(plan, change, end)]
    return [phrase(plan, start, end)]


def _divides(token: Token) -> bool:
    """A slash with spaces, or in a bracket, stands between two titles."""
    return token.gap.strip(" -") == "/" and (token.gap != "/" or token.group >= 0)


def _script_change(plan: Outline, start: int, end: int) -> int:
    """Index of the first word of the second script, 0 without one.

    Asian and Arabic releases put the local title before or after the international one.
    """
    scripts = [_is_eastern(t.text) for t in plan.tokens[start:end] if not t.text.isdecimal()]
    if not scripts or scripts[0] == scripts[-1]:
        return 0
    index = start + 1
    leading = _is_eastern(plan.tokens[start].text)
    last = start
    for index in range(start, end):
        if _is_eastern(plan.tokens[index].text) == leading:
            last = index
        elif not leading and _is_eastern(plan.tokens[index].text):
            break
    rest = plan.tokens[last + 1 : end]
    return last + 1 if any(len(t.text) > 2 or not leading for t in rest) else 0


def _is_eastern(text: str) -> bool:
    """Hebrew, Arabic, or East Asian script, by the first character."""
    return "\u0590" <= text[0] < "\u08ff" or "\u2e80" <= text[0] < "\uff00"


def _preferred(titles: list[str]) -> list[str]:
    """A title in Latin letters first: databases know every film by one."""
    for index, title in enumerate(titles):
        if index and is_latin(title) and not is_latin(titles[0]):
            return [title, *titles[:index], *titles[index + 1 :]]
    return titles


def is_latin(title: str) -> bool:
    return all(c < "\u0250" or not c.isalpha() for c in title)


def phrase(plan: Outline, first: int, last: int) -> str:
    """The text of some words, with spaces where the name has its separators."""
    if first >= last:
        return ""
    tokens = plan.tokens
    text = plan.name.text
    start, end = tokens[first].start, tokens[last - 1].end
    opening = plan.name.group_of(first)
    if opening is not None and opening.first == first and opening.last < last:
        start = opening.start
    closing = plan.name.group_of(last - 1)
    raw = text[start:end]
    following = text[end : end + 2]
    if closing is not None and closing.first > first and closing.last == last:
        raw = text[start : closing.end]
    elif following[:1] in {"!", "?", "！", "？"}:
        raw += following[:1]
    elif _closes_quote(following.strip()[:1], raw):
        raw += following if following[0] == " " else following[0]
    elif following[:1] == ".":
        raw += _abbreviating(tokens[last - 1], raw)
    before = text[:start].rstrip()
    if before and _opens_quote(before[-1], raw):
        raw = text[len(before) - 1 : start] + raw
    return tidy(raw)


def _closes_quote(mark: str, raw: str) -> bool:
    openings = QUOTES.get(mark)
    return openings is not None and any(raw.count(o) > raw.count(mark) for o in openings)


def _opens_quote(mark: str, raw: str) -> bool:
    return mark in OPENING_QUOTES and any(
        mark in openings and raw.count(closing) > raw.count(mark)
        for closing, openings in QUOTES.items()
    )


def _abbreviating(token: Token, raw: str) -> str:
    """A dot that belongs to the last word: "L.A.", or "Bros." in a name with spaces."""
    if len(token.text) == 1 and token.text.isalpha() and raw[-2:-1] == ".":
        return "."
    return "." if " " in raw and token.key in ABBREVIATIONS else ""


def tidy(raw: str) -> str:
    spaces = raw.count(" ")
    dots = raw.count(".") + raw.count("_")
    if dots and (not spaces or raw.count(".") > spaces + 1):
        raw = _undotted(raw)
    else:
        raw = raw.replace("_", " ")
        if not spaces and not dots and raw.count("-") > 1 and any(map(str.isalpha, raw)):
            raw = raw.replace("-", " ")
    if "  " in raw or not raw.isprintable():
        raw = SPACES.sub(" ", raw)
    return raw.strip(EDGES if not raw.endswith(".") else EDGES.replace(".", ""))


def _undotted(raw: str) -> str:
    """Dots to spaces, save in runs of single letters, which are an abbreviation."""
    words: list[str] = []
    letters: list[str] = []
    for word in [*DOTS.split(raw), ""]:
        if len(word) == 1 and word.isalpha():
            letters.append(word)
            continue
        if len(letters) > 1:
            words.append(".".join(letters) + ".")
        else:
            words.extend(letters)
        letters = []
        if word:
            words.append(word)
    return " ".join(words)
