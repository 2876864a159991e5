"""Texts that come as HTML, read as what they say."""

import html
import re
from typing import Final

from app.metadata.providers import reading as read

BREAK: Final = re.compile(r"<(?:br|/p|/div|/li)\b[^<>]{0,100}>", re.IGNORECASE)
TAG: Final = re.compile(r"</?[A-Za-z!][^<>]*>")
NO_CHARACTER: Final = re.compile(r"&#0*[0-9]{8,};?", re.ASCII)  # too long to be read as a number


def plain(value: str | None, most: int = read.MOST_TEXT) -> str | None:
    """Paragraphs without tags; what is escaped in them is text, whatever it looks like."""
    if not value:
        return None
    # Cut first: whoever writes megabytes of markup is not read to their end.
    text = TAG.sub("", BREAK.sub("\n", value[: most * 4]))
    return read.paragraphs(html.unescape(NO_CHARACTER.sub("", text)), most)
