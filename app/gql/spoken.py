"""Texts of an entity that a query can ask for in another language: `title(language: "de")`.

Without the argument such a field is read off its entity, as plain ones are; with it it is an edge,
whose batch loads the entities in that language and reads the field off those.
"""

from collections.abc import Callable, Collection, Mapping
from operator import attrgetter
from typing import Any, Final

import strawberry
from graphql import FieldNode
from msgspec import Struct

from app.core.access import PUBLIC, Viewer
from app.gql.arguments import Tag
from app.gql.edge import Argument, Batch, Edge, sign
from app.gql.info import Info

SPOKEN: Final = "spoken"  # of a field's metadata
LANGUAGE: Final = "language"
_ARGUMENTS: Final = {
    LANGUAGE: Argument(
        str | None,
        None,
        (Tag(),),
        "The language, as a BCP 47 tag such as `de` or `pt-BR`: the nearest that there is. By"
        " default yours.",
    )
}


class Spoken(Struct, frozen=True):
    """A text as declared; with `of` it is computed from the entity."""

    description: str
    of: Callable[[Any], Any] | None = None


class Text(Struct, frozen=True):
    """A text as executed: how it is read, and the edge to it in another language."""

    edge: Edge
    of: Callable[[Any], Any] | None


def asked(node: FieldNode) -> bool:
    """Whether a document says in which language it wants a text, were it null."""
    return any(argument.name.value == LANGUAGE for argument in node.arguments or ())


def spoken(description: str, *, of: Callable[[Any], Any] | None = None) -> Any:
    """Declare a text that depends on the language of who asks, and can be asked for in others.

    The `load` of its view takes `language` for that: None for that of the viewer.
    """
    return Spoken(description, of)


def spoken_field(name: str, declared: Spoken, annotation: Any, load: Batch | None) -> Any:
    """The Strawberry field of a text. An interface loads nothing: the types of it do."""
    read = declared.of or attrgetter(name)
    text = None if load is None else Text(_edge(declared, load, read), declared.of)

    def resolve(self: Any, info: Info, **given: Any) -> Any:
        if text is None or not asked(info.node):
            return read(self)
        args = text.edge.convert(given)
        return info.context.loaders.load(text.edge, info.viewer, self.id, args)

    sign(resolve, _ARGUMENTS, annotation)
    return strawberry.field(
        resolver=resolve, description=declared.description, metadata={SPOKEN: text}
    )


def _edge(declared: Spoken, load: Batch, read: Callable[[Any], Any]) -> Edge:
    async def texts(
        app: Any, viewer: Viewer, ids: Collection[Any], language: str | None = None
    ) -> Mapping[Any, Any]:
        found = await load(app, viewer, ids, language)
        return {id_: read(entity) for id_, entity in found.items()}

    return Edge(
        load=texts,
        key="id",
        many=None,
        usual=1,
        description=declared.description,
        access=PUBLIC,
        args=_ARGUMENTS,
    )
