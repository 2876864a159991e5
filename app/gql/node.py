"""The one registry of node kinds, behind `node(id:)`, mixed lists and edges to any item."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.core.access import PUBLIC, Access, Viewer
from app.core.errors import Invalid
from app.core.ids import split_id
from app.gql.access import query
from app.gql.arguments import Doc, Length
from app.gql.edge import Batch
from app.gql.info import Info
from app.gql.view import Node, spec_of

Key = tuple[str, UUID]


class NodeRegistry:
    """How to load each kind of node."""

    def __init__(self, views: Iterable[type[Any]]) -> None:
        self.loads: dict[str, Batch] = {}
        self.access: dict[str, Access] = {}
        for view in views:
            spec = spec_of(view)
            if spec is None or spec.node is None or spec.load is None:
                continue
            if self.loads.setdefault(spec.node, spec.load) is not spec.load:
                raise TypeError(f"Two views call themselves {spec.node}.")
            self.access[spec.node] = spec.access

    async def load(self, app: Any, viewer: Viewer, keys: Sequence[Key]) -> Mapping[Key, Any]:
        """Entities by kind and id, one batch per kind; what may not be seen is left out."""
        by_kind: dict[str, list[UUID]] = {}
        for kind, id_ in keys:
            by_kind.setdefault(kind, []).append(id_)
        found: dict[Key, Any] = {}
        for kind, ids in by_kind.items():
            load = self.loads.get(kind)
            if load is not None:
                entities = await load(app, viewer, list(dict.fromkeys(ids)))
                found |= {(kind, i): entity for i, entity in entities.items()}
        return found

    async def ask(self, app: Any, viewer: Viewer, keys: Sequence[Key]) -> Mapping[Key, Any]:
        """The same for whoever asks by id: kinds that the viewer may not get are left out."""
        allowed = {kind for kind, access in self.access.items() if viewer.has(access)}
        return await self.load(app, viewer, [key for key in keys if key[0] in allowed])


def _key(text: str) -> Key:
    try:
        return split_id(text)
    except Invalid as error:
        raise Invalid(error.message, field="ids") from None


@strawberry.type
class NodeRoots:
    """`node` and `nodes`."""

    @query(Node | None, access=PUBLIC)
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("Id of an object of any type.")],  # noqa: A002
    ) -> Any:
        """Look up any object by its id; null if it does not exist or you may not see it."""
        key = split_id(id)
        return (await info.context.nodes.ask(info.app, info.viewer, [key])).get(key)

    @query(list[Node | None], access=PUBLIC)
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], Length(1, 100), Doc("1 to 100 ids.")],
    ) -> list[Any]:
        """Look up objects by their ids, in the same order; null for those you may not see."""
        keys = [_key(id_) for id_ in ids]
        found = await info.context.nodes.ask(info.app, info.viewer, keys)
        return [found.get(key) for key in keys]
