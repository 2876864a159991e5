"""What belongs to one operation: the application, the viewer and the loaders."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from app.container import Container
from app.core.access import Access, Viewer
from app.core.recording import spoil
from app.gql.documents import Operation
from app.gql.edge import Loaders
from app.gql.node import NodeRegistry
from app.gql.origin import Origin
from app.gql.rates import Charge
from app.gql.reply import Reply


class Context:
    """One per operation; a websocket's subscription keeps its own as long as it lives."""

    connection_params: object = None  # Strawberry looks for it
    operation: Operation
    charge: Charge | None = None
    shared: frozenset[Access] | None = None  # what keeping the answer asks of others

    def __init__(
        self, app: Container, nodes: NodeRegistry, viewer: Callable[[], Viewer], origin: Origin
    ) -> None:
        self.app = app
        self.nodes = nodes
        self.request_id = origin.request_id
        self.client = origin.client
        self.told: dict[str, Any] = {}
        self._viewer, self._origin = viewer, origin

    def tell(self, name: str, said: Any) -> None:
        """Say something beside the data, under a name among the extensions of the answer.

        It is true of this execution alone: an answer with it is not kept.
        """
        spoil()
        self.told[name] = said

    @cached_property
    def loaders(self) -> Loaders:
        """The batches of the reference executor; plans need none."""
        return Loaders(self.app, self.nodes)

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that came with it."""
        return self._origin.cookies

    @property
    def reply(self) -> Reply:
        """The HTTP answer that is being made."""
        return self._origin.reply

    @property
    def local(self) -> str | None:
        """The address of this process's own pages, where it was asked under it."""
        return self._origin.local

    @property
    def viewer(self) -> Viewer:
        """Who asks, with the rights of this moment."""
        return self._viewer()
