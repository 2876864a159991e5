"""What could not be read, in the place of the value until the answer is finished."""

from graphql import FieldNode
from msgspec import Struct


class Failure(Struct, frozen=True, eq=False):
    """An error at its position; `nodes` are where the document selects it."""

    error: Exception
    nodes: list[FieldNode]


class Unsupported(Exception):
    """The reference executor has to run this operation; the reason is a word for metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
