"""Avatars as the API shows them; accounts are shown by the slices that know what they may do."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.access import Viewer
from app.gql.edge import arg, edge
from app.gql.view import view
from app.users.domain import AVATAR_SIZES, Avatar

if TYPE_CHECKING:
    from app.container import Container


async def avatar_by_id(
    app: "Container",  # noqa: ARG001 - the shape of a batch
    viewer: Viewer,  # noqa: ARG001
    ids: Collection[UUID],
) -> Mapping[UUID, Avatar]:
    """Batch of avatars by their ids: whoever sees the account may see its picture."""
    return {avatar_id: Avatar(id=avatar_id) for avatar_id in ids}


async def avatar_url(
    app: "Container",  # noqa: ARG001
    viewer: Viewer,  # noqa: ARG001
    ids: Collection[UUID],
    size: int,
) -> Mapping[UUID, str]:
    """Batch of addresses of avatars."""
    return {avatar_id: Avatar(id=avatar_id).path(size) for avatar_id in ids}


@view(Avatar)
class AvatarView:
    """The picture of an account, a square WebP file."""

    url: str = edge(
        avatar_url,
        "Path on this server; ask for it with the credentials of `/graphql`. Another picture has "
        "another path, so it may be kept for ever.",
        size=arg(
            int,
            256,
            le=AVATAR_SIZES[-1],
            doc="Pixels of a side; you get at least as many: 64, 128, 256 or 512.",
        ),
    )
