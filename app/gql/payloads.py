"""Results of a subscription as what leaves the server: encoded once, whoever gets them."""

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice
from struct import pack
from typing import Any, Final

import orjson
from graphql import FieldNode

from app.core.errors import Code
from app.gql.documents import Operation
from app.gql.roots import fields_below

LAGGED: Final = "lagged"
MOST_KEPT: Final = 256  # payloads, for who is behind
MOST_BYTES: Final = 4 << 20
TEXT: Final = 0x81  # the first byte of a frame that is a whole text
# Stands for the opening of a message. Neither UTF-8 nor the head of a frame has such bytes, and
# no end of it is its beginning: whatever the last byte of the head before it is, it is found where
# it stands.
OPENING: Final = b"\xfe" + b"\xff" * 7


def opening_of(operation_id: str) -> bytes:
    """What stands before a payload in a message of this operation; after it stands a brace."""
    return b'{"id":' + orjson.dumps(operation_id) + b',"type":"next","payload":'


class Payload:
    """A result as the JSON text of a payload.

    Who missed results before it is told so by its fields `lagged`, in a text that is made once,
    too, when somebody needs it.
    """

    __slots__ = ("_answer", "_lagged", "_marks", "text")

    def __init__(self, answer: dict[str, Any], marks: Mapping[str, frozenset[str]]) -> None:
        self._answer, self._marks = answer, marks
        self._lagged: bytes | None = None
        self.text = orjson.dumps(answer)

    @property
    def absent(self) -> bool:
        """Whether it says that what was asked for is not there."""
        errors = self._answer.get("errors", ())
        codes = {error["extensions"]["code"] for error in errors}
        return self._answer["data"] is None and codes == {Code.NOT_FOUND.value}

    def lagged(self) -> bytes | None:
        """The text that says so; None where there is nothing that could say it."""
        if self._lagged is None:
            data = self._answer["data"]
            marked = _marked(data, self._marks) if isinstance(data, dict) else None
            if marked is None:
                return None
            self._lagged = orjson.dumps(self._answer | {"data": marked})
        return self._lagged


def _marked(
    data: Mapping[str, Any], marks: Mapping[str, frozenset[str]]
) -> Mapping[str, Any] | None:
    """A copy of the data that says so; None when there is nothing that could say it."""
    changed = {
        root: data[root] | {name: True for name in names if name in data[root]}
        for root, names in marks.items()
        if isinstance(data.get(root), dict)
    }
    return {**data, **changed} if changed else None


def marks_of(operation: Operation) -> dict[str, frozenset[str]]:
    """Under which names an operation asks whether results were missed, by those of its roots."""
    found: dict[str, set[str]] = {}
    for root in fields_below(operation.document, [operation.node]):
        inner = fields_below(operation.document, [root])
        names = {_name(node) for node in inner if node.name.value == LAGGED}
        found.setdefault(_name(root), set()).update(names)
    return {root: frozenset(names) for root, names in found.items() if names}


def _name(node: FieldNode) -> str:
    return (node.alias or node.name).value


def framed(texts: Iterable[bytes], opening: bytes) -> bytes:
    """Messages with these payloads as frames of a server: whole, not masked, not compressed.

    See RFC 6455, 5.2.
    """
    return framed_for_all(texts, len(opening)).replace(OPENING, opening)


def framed_for_all(texts: Iterable[bytes], length: int) -> bytes:
    """The same for every opening of this length, which goes into the place of `OPENING`."""
    pieces: list[bytes] = []
    for text in texts:
        pieces += (_head(length + len(text) + 1), OPENING, text, b"}")
    return b"".join(pieces)


def _head(length: int) -> bytes:
    if length < 126:
        return bytes((TEXT, length))
    if length < 1 << 16:
        return pack("!BBH", TEXT, 126, length)
    return pack("!BBQ", TEXT, 127, length)


class Log:
    """The last payloads of a stream, by their numbers: those that somebody still has to get."""

    def __init__(self) -> None:
        self.first = self.end = 0
        self._bytes = 0
        self._kept: deque[Payload] = deque()
        self._framed: dict[tuple[int, int], tuple[int, bytes]] = {}
        self._framed_bytes = 0

    def __getitem__(self, number: int) -> Payload:
        return self._kept[number - self.first]

    def add(self, payload: Payload) -> None:
        """Keep one more; the oldest give way when there are too many, or too large ones."""
        self._unframe()
        self._kept.append(payload)
        self._bytes += len(payload.text)
        self.end += 1
        while len(self._kept) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft().text)
            self.first += 1

    @property
    def filling(self) -> bool:
        """Whether it is time that those who are awake take what is theirs."""
        return len(self._kept) * 2 > MOST_KEPT or self._bytes * 2 > MOST_BYTES

    def clear(self) -> None:
        """Everybody got them."""
        self._unframe()
        self._kept.clear()
        self.first, self._bytes = self.end, 0

    def frames(self, start: int, length: int, most: int) -> tuple[int, bytes]:
        """Those from a number on as frames, for openings of this length, and where they end.

        Made once for all who are as far; but what is kept of that is no more than of payloads: ids
        of as many lengths as there are subscribers would each have all of it.
        """
        known = self._framed.get((start, length))
        if known is None:
            texts: list[bytes] = []
            for payload in islice(self._kept, start - self.first, None):
                if most <= 0:
                    break
                texts.append(payload.text)
                most -= len(payload.text) + length
            known = start + len(texts), framed_for_all(texts, length)
            if self._framed_bytes > MOST_BYTES:
                self._unframe()
            self._framed[start, length] = known
            self._framed_bytes += len(known[1])
        return known

    def _unframe(self) -> None:
        self._framed.clear()
        self._framed_bytes = 0
