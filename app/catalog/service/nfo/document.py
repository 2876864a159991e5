"""From the bytes of an NFO file to its elements: entities, and XML that is oversized or deep, are
refused.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

MOST_BYTES: Final = 512 << 10
MOST_ELEMENTS: Final = 5000
MOST_DEPTH: Final = 20
_ROOT = re.compile(
    r"<(?:\?xml|!DOCTYPE|movie|details|episodedetails|xbmcmultiepisode|tvshow|musicvideo)\b",
    re.IGNORECASE,
)
_XML = re.compile(r"<[A-Za-z?!]")
_FIRST_TAG = re.compile(r"<([A-Za-z][\w.-]{0,60})")
_DECLARATION = re.compile(r"<\?xml\b[^>]{0,200}\?>", re.IGNORECASE)
_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,100}\bencoding=["'](windows-125\d|iso-8859-\d{1,2}|koi8-[ru]|gbk|gb2312"""
    rb"""|gb18030|big5|shift_jis|euc-jp|euc-kr)["']""",
    re.IGNORECASE,
)


class BadNfo(Exception):
    """The file is no NFO that may be read; the sentence says why."""


def parted(raw: bytes) -> tuple[str, str]:
    """The XML of a file, and the text that it ends with; a file without XML has the latter alone.

    Kodi allows addresses behind the XML, and a release's own notes may stand before it.
    """
    if len(raw) > MOST_BYTES:
        raise BadNfo("The NFO file is too large.")
    text = _decoded(raw).lstrip()
    if _XML.match(text) is None:  # a release's own notes draw with every character
        start = _ROOT.search(text)
        if start is None:
            return "", text
        text = text[start.start() :]
    end = _end(text)
    return text[:end], text[end:]


def tree(xml: str) -> Element:
    """The one element that everything stands in."""
    root = _parsed(xml)
    _bound(root)
    return root


def trees(xml: str) -> tuple[Element, ...]:
    """Every element of a file that has several one after the other, each with its own bounds.

    Writers repeat the declaration before each, which XML allows at the very start alone.
    """
    found = tuple(_parsed(f"<several>{_DECLARATION.sub('', xml)}</several>"))
    for root in found:
        _bound(root)
    return found


def tag(element: Element) -> str:
    """The name of an element, however its letters are written."""
    return str(element.tag).casefold()


def _decoded(raw: bytes) -> str:
    """By its mark, as UTF-8, as it declares, else as Windows wrote it."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = _DECLARED.match(raw)
    name = declared[1].decode("ascii") if declared is not None else "cp1252"
    try:
        return raw.decode(name, errors="replace")
    except LookupError:  # "iso-8859-99"
        return raw.decode("utf-8", errors="replace")


def _end(text: str) -> int:
    first = _FIRST_TAG.search(text)
    closing = f"</{first[1]}>" if first is not None else ">"
    found = text.rfind(closing)
    return found + len(closing) if found >= 0 else text.rfind(">") + 1


def _parsed(xml: str) -> Element:
    try:
        root: Element = ElementTree.fromstring(xml, forbid_dtd=True)
    except DefusedXmlException:
        raise BadNfo("The NFO file declares entities, which are refused.") from None
    except (ParseError, ValueError, LookupError) as error:
        raise BadNfo(f"The NFO file is not valid XML: {str(error)[:100]}.") from None
    return root


def _bound(root: Element) -> None:
    for count, depth in enumerate(_depths(root)):
        if count > MOST_ELEMENTS or depth > MOST_DEPTH:
            raise BadNfo("The NFO file has too many elements.")


def _depths(root: Element) -> Iterator[int]:
    stack = [(root, 0)]
    while stack:
        element, depth = stack.pop()
        yield depth
        stack += [(child, depth + 1) for child in element]
