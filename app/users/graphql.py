"""Users as the API shows them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from app.core.access import Viewer
from app.gql.arguments import Doc, Ref
from app.gql.view import Node, field, view
from app.users.domain import User, UserId

if TYPE_CHECKING:
    from app.container import Container

UserRef = Annotated[UUID, Ref("user"), Doc("Id of a user.")]


async def user_by_id(
    app: "Container", viewer: Viewer, ids: Collection[UserId]
) -> Mapping[UserId, User]:
    """Batch of users by their ids."""
    return await app.users.by_ids(viewer, ids)


@view(User, node="user", load=user_by_id)
class UserView(Node):
    """A user account. You can see your own; administrators and moderators see all."""

    username: str = field("Name to sign in with; not case-sensitive.")
    display_name: str = field(
        "Name to show; the user name by default.", of=lambda user: user.shown_name
    )
    is_active: bool = field("Whether the account can sign in.")
    max_age: int | None = field(
        "Highest age rating the account may see, in years; null for no limit."
    )
    created_at: datetime = field("When the account was created.")
