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

UserRef = Annotated[UUID, Ref("user"), Doc("The user's id.")]


async def user_by_id(
    app: "Container", viewer: Viewer, ids: Collection[UserId]
) -> Mapping[UserId, User]:
    """Batch of users by their ids."""
    return await app.users.by_ids(viewer, ids)


@view(User, node="user", load=user_by_id)
class UserView(Node):
    """Somebody with an account. You see yourself; administrators and moderators see everybody."""

    username: str = field("The name to sign in with; capitals do not matter there.")
    display_name: str = field(
        "The name to show; the user name where none was chosen.", of=lambda user: user.shown_name
    )
    is_active: bool = field("Whether the account may sign in.")
    max_age: int | None = field(
        "The highest age rating that the account may see, in years; null for any."
    )
    created_at: datetime = field("When the account was made.")
