"""AniDB's XML: documents that declare entities, are oversized or deep, are refused. Source:
wiki.anidb.net/HTTP_API_Definition; its errors, from tests of public clients.
"""

from io import BytesIO
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from msgspec import Struct

from app.metadata.providers import reading as read

MOST_BYTES: Final = 8 << 20
MOST_ELEMENTS: Final = 200_000
MOST_DEPTH: Final = 10
LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class BadDocument(Exception):
    """It is no document of AniDB's."""


class Refusal(Struct, frozen=True):
    """An error that AniDB answers with, in small letters."""

    code: str
    text: str

    @property
    def banned(self) -> bool:
        return self.code == "500" or "banned" in self.text

    @property
    def unknown(self) -> bool:
        return "not found" in self.text or "aid missing or invalid" in self.text

    @property
    def of_client(self) -> bool:
        return self.code == "302" or "client" in self.text


def tree(raw: bytes) -> Element | Refusal:
    """An anime. Raises BadDocument."""
    root = _parsed(raw)
    if root.tag == "error":
        text = (root.text or "")[:500].strip().lower()
        return Refusal(root.get("code", "")[:10], text)
    if root.tag != "anime" or not read.DIGITS.fullmatch(root.get("id", "")):
        raise BadDocument
    return root


def text(element: Element, path: str) -> str | None:
    """What stands in a part of it; AniDB writes apostrophes as grave accents."""
    return straight(element.findtext(path))


def straight(value: str | None) -> str | None:
    """With apostrophes as everybody else writes them."""
    return value.replace("`", "'") if value else None


def _parsed(raw: bytes) -> Element:
    if len(raw) > MOST_BYTES:
        raise BadDocument
    root: Element | None = None
    count = depth = 0
    try:
        events = ElementTree.iterparse(BytesIO(raw), events=("start", "end"), forbid_dtd=True)
        for event, element in events:
            root = element if root is None else root
            opens = event == "start"
            count, depth = count + opens, depth + (1 if opens else -1)
            if count > MOST_ELEMENTS or depth > MOST_DEPTH:
                raise BadDocument
    except (DefusedXmlException, ParseError, ValueError, LookupError):
        raise BadDocument from None
    if root is None:
        raise BadDocument
    return root
