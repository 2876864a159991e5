"""Addresses of sites in names: in front "www.site.org - ", behind "[site.com]"."""

import re

DOMAINS = (
    "com|net|org|to|tv|cc|me|io|info|biz|de|fr|it|es|uk|nl|pl|ru|se|in|ca|au|nz|za|us|eu|ch|at|be"
    "|br|mx|jp|kr|cn|tc|tel|party|vip|show|pics|phd|sbs|world|cam|xyz|club|site|online|live|pro|ws"
    "|lol|icu|fun|top|link|mx|lt|ag|am|gov|nu|ink|bz|is|gg|app|dev|cloud|store|one|life|zone|work"
)
ANY_DOMAIN = frozenset(DOMAINS.split("|"))
PREFIX = re.compile(
    r"\s*(?:"
    r"[\[({【]\s?(?:www?[., ])?[\w-]{1,40}(?:\.[\w-]{1,40}){0,3}[. ]"
    rf"(?:{DOMAINS})(?:\.(?:uk|au|nz|za|br))?\s?[\])}}】]"
    r"|www?[., ][\w-]{1,40}[., ][\w-]{2,10}(?:\.(?:uk|au|nz|za|br))?(?=\s*[-_]+\s|\s*_-_)"
    rf"|[\w-]{{1,40}}\.(?:co\.)?(?:{DOMAINS})(?:\.(?:uk|au|nz|za|br))?(?=\s+-\s)"
    r")[\s_-]*",
    re.IGNORECASE,
)
ANYWHERE = re.compile(
    rf"(?<![^\W_])www\.[\w-]{{1,40}}(?:\.[\w-]{{1,40}})?\.(?:{DOMAINS})(?![^\W_])", re.IGNORECASE
)


def without_sites(text: str) -> str:
    """The name without the address in front of it, unless nothing else is left."""
    if "." not in text and "www" not in text[:12].lower() and "ww" not in text[:12].lower():
        return text
    match = PREFIX.match(text)
    if match is not None and match.end() < len(text):
        text = text[match.end() :]
    if "www." in text.lower():
        text = ANYWHERE.sub(" ", text)
    return text


def is_site(words: list[str]) -> bool:
    """Whether the words of a bracket are the address of a site."""
    return len(words) > 1 and (words[-1] in ANY_DOMAIN or words[0] == "www")
