"""What a resolver is handed."""

from typing import TYPE_CHECKING, Any

import strawberry

from app.core.access import Viewer

if TYPE_CHECKING:
    from app.container import Container
    from app.context import Context
else:
    Container = Context = Any


class Info(strawberry.Info["Context", None]):
    """Strawberry's info with the two things that resolvers need."""

    @property
    def app(self) -> "Container":
        return self.context.app

    @property
    def viewer(self) -> Viewer:
        viewer: Viewer = self.context.viewer
        return viewer
