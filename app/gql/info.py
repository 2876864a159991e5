"""What a resolver is handed."""

from typing import TYPE_CHECKING, Any

import strawberry
from graphql import FieldNode

from app.core.access import Viewer

if TYPE_CHECKING:
    from app.container import Container
    from app.context import Context
else:
    Container = Context = Any


class Info(strawberry.Info["Context", None]):
    """Strawberry's info with the things that resolvers need."""

    @property
    def app(self) -> "Container":
        return self.context.app

    @property
    def viewer(self) -> Viewer:
        viewer: Viewer = self.context.viewer
        return viewer

    @property
    def node(self) -> FieldNode:
        """The field as the document asks for it, the first time where it does several times."""
        return self._raw_info.field_nodes[0]
