"""Arguments as they are declared: typed ids, bounds and descriptions live in the annotation.

`Annotated[UUID, Ref("movie"), Doc("…")]` is an `ID` in the schema and a UUID in the resolver,
`Annotated[NodeRef, Ref("movie", "episode"), Doc("…")]` one of several kinds.
"""

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import strawberry
from msgspec import Struct

from app.core.errors import Invalid
from app.core.ids import decode_id_of
from app.core.page import MAX_PAGE
from app.core.speaking import wanted_language


class NodeRef(Struct, frozen=True):
    """Something by its kind and id, whatever type it is."""

    kind: str
    id: UUID


class Ref:
    """The argument is the id of an object of this kind, or of one of these."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds

    def read(self, text: str, field: str, *, kept: bool) -> UUID | NodeRef:
        """The id in the text, with its kind where that is `kept`. Raises Invalid."""
        kind, value = decode_id_of(self.kinds, text, field)
        return NodeRef(kind, value) if kept else value


class Bounds(Struct, frozen=True):
    """The number lies between these, both included."""

    least: float
    most: float


class Length(Struct, frozen=True):
    """The text has that many characters, or the list that many values."""

    least: int
    most: int


class Tag(Struct, frozen=True):
    """The text is the BCP 47 tag of a language, and becomes the one form of it."""

    def read(self, text: str, field: str) -> str:
        """The tag. Raises Invalid."""
        found = wanted_language(text)
        if found is None:
            raise Invalid(f"{field} is a language tag such as de, pt-BR or zh-Hant.", field=field)
        return found


class Doc(Struct, frozen=True):
    """What the argument means, for the reader of the schema."""

    text: str


First = Annotated[int, Bounds(1, MAX_PAGE), Doc(f"Page size, 1 to {MAX_PAGE}.")]
After = Annotated[
    str | None,
    Length(1, 2000),
    Doc("Return the elements after this cursor (`pageInfo.endCursor` of the page before)."),
]


def _check(value: Any, rules: tuple[Any, ...], field: str) -> Any:
    for rule in rules:
        if isinstance(rule, Bounds) and not rule.least <= value <= rule.most:
            raise Invalid(f"{field} lies between {rule.least:g} and {rule.most:g}.", field=field)
        if isinstance(rule, Length) and not rule.least <= len(value) <= rule.most:
            what = "values" if isinstance(value, list) else "characters"
            raise Invalid(f"{field} takes {rule.least} to {rule.most} {what}.", field=field)
    for rule in rules:
        if isinstance(rule, Ref):
            kept = len(rule.kinds) > 1
            if isinstance(value, list):
                return [rule.read(item, field, kept=kept) for item in value]
            return rule.read(value, field, kept=kept)
        if isinstance(rule, Tag):
            return rule.read(value, field)
    return value


def _exposed(base: Any) -> Any:
    if base in (UUID, NodeRef):
        return strawberry.ID
    if get_origin(base) is list and get_args(base)[0] in (UUID, NodeRef):
        return list[strawberry.ID]
    return base


def _strip_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        options = [a for a in get_args(annotation) if a is not type(None)]
        if len(options) == 1:
            return options[0], True
    return annotation, False


def plan(annotation: Any) -> tuple[Any, tuple[Any, ...], str | None]:
    """The annotation Strawberry shall see, the rules to apply, and the description."""
    annotation, optional = _strip_none(annotation)
    rules: tuple[Any, ...] = ()
    if get_origin(annotation) is Annotated:
        annotation, *metadata = get_args(annotation)
        rules = tuple(metadata)
        annotation, inner = _strip_none(annotation)
        optional = optional or inner
    shown = _exposed(annotation)
    doc = next((rule.text for rule in rules if isinstance(rule, Doc)), None)
    return (shown | None if optional else shown), rules, doc


class Bound(Struct, frozen=True):
    """A resolver's arguments as the schema shows them, and the rules by name."""

    parameters: list[inspect.Parameter]
    rules: Mapping[str, tuple[Any, ...]]

    def convert(self, given: dict[str, Any]) -> dict[str, Any]:
        """Arguments as the resolver takes them. Raises Invalid, naming the argument."""
        return {
            name: value
            if value is None or name not in self.rules
            else _check(value, self.rules[name], _camel(name))
            for name, value in given.items()
        }


def bind(function: Callable[..., Any]) -> Bound:
    """Read a resolver's signature; `self` and `info` are not arguments."""
    hints = typing.get_type_hints(function, include_extras=True)
    parameters, rules = [], {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name in ("self", "info"):
            continue
        shown, found, doc = plan(hints[name])
        rules[name] = found
        annotated = Annotated[shown, strawberry.argument(description=doc)] if doc else shown
        parameters.append(
            parameter.replace(annotation=annotated, kind=inspect.Parameter.KEYWORD_ONLY)
        )
    return Bound(parameters, rules)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.title() for word in tail)
