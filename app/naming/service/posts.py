"""Names that posters, recorders and scripts without spaces have bent, made straight."""

import re

from app.naming.service.numerals import han_number

HAN = r"(\d{1,4}|[一二三四五六七八九十]{1,4})"
EASTERN = re.compile(
    rf"第\s?{HAN}(?:\s?[-~～至到]\s?第?(\d{{1,4}}))?\s?([話话集回季期章部화회])"
    r"|(?<!全)(?<![\d第])(\d{1,4}(?:[-~～]\d{1,4})?)([話话集回화회기])"
)
"""Numbers inside a run of characters without spaces."""
BROADCAST = re.compile(
    r"[\[【(★]\s?(?:\d{4}年)?\d{1,2}月(?:新番)?\s?[\]】)★]|★?\d{1,2}月新番★?|[\[【(]全\d{1,4}[集話话回][\]】)]"
)
"""Chinese releases note the month in which anime began, and how many episodes there are."""
WHOLE = re.compile(r"全\d{1,4}[集話话回]")
REVERSED = re.compile(
    r"(?:^|[-._ ])(?:p027|p0801|p0612|\d{2,3}E-?\d{2}S)(?=$|[-._ ])", re.IGNORECASE
)
"""Some posters write a name backwards: "p027", "21E20S"."""
CODED = re.compile(r"\d[eExX-]\d\d")
BACKWARDS = re.compile(r"\d[Ee]-?\d\d[Ss]")
RECORDED = re.compile(r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]) (?=\S+ )")
"""Japanese recorders begin with the day: "221208 Title ep11"."""
UNSPACED = re.compile(
    r"(?<=[^\W_])(?=s\d\d[e-]\d\d(?!\d))|(?<=[^\W\d_])(?=\d{1,2}x\d\d(?!\w))", re.IGNORECASE
)
"""Where a code begins without anything before it: "titles01e02", "Title1x02"."""


def prepared(text: str) -> str:
    """The name with its words in order and apart."""
    if not text.isascii():
        text = EASTERN.sub(_spaced, WHOLE.sub(" 全集 ", without_broadcast(text)))
    if text[:6].isdecimal() and RECORDED.match(text):
        text = text[7:]
    if ("p0" in text or BACKWARDS.search(text)) and REVERSED.search(text) is not None:
        text = text[::-1]
    return text


def without_broadcast(text: str) -> str:
    return BROADCAST.sub(" ", text) if "月" in text or "全" in text else text


def unglued(text: str) -> str:
    """The name with a space before a code that is glued to the title."""
    return UNSPACED.sub(" ", text) if CODED.search(text) is not None else text


def _spaced(match: re.Match[str]) -> str:
    if match[4] is not None:
        return f" {match[4]}{match[5]} "
    value = match[1] if match[1].isdecimal() else han_number(match[1])
    if value is None:
        return match[0]
    return f" 第{value}{f'-{match[2]}' if match[2] else ''}{match[3]} "
