"""Changes that are told over sockets, and who listens to them."""

from app.container import Container
from app.core.access import SYSTEM
from app.libraries.events import LibraryChanged
from app.main import WebApp
from tests.conftest import wait_until
from tests.gql.world import World

CHANGES = "subscription { libraryChanged { libraryId event } }"


async def change(world: World) -> None:
    """Tell that the open library has changed."""
    async with world.app.db.write(SYSTEM) as tx:
        tx.emit(LibraryChanged(library_id=world.open.id))


async def listening(world: World, count: int = 1) -> None:
    """Until so many subscriptions, equal ones, hear of changes together."""
    live, running = world.app.live, world.app.metrics.subscriptions._value
    await wait_until(lambda: running.get() >= count and joined(world))
    assert len(live._topics["libraries"]) == 1


def joined(world: World) -> bool:
    """Whether Redis tells this process of libraries."""
    pubsub = world.app.live._pubsub
    return pubsub is not None and any(b"live:libraries" in name for name in pubsub.channels)


def narrow(app: Container) -> WebApp:
    """A web side with limits small enough to reach."""
    limits = {"sockets_per_user": 3, "sockets_per_address": 5, "subscriptions_per_socket": 4}
    graphql = app.config.graphql.model_copy(update=limits)
    server = app.config.server.model_copy(update={"allowed_origins": ("https://friend.test",)})
    return WebApp(app.config.model_copy(update={"graphql": graphql, "server": server}), app)
