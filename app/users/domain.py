"""Who has an account."""

from datetime import datetime, timedelta
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from app.core.access import Permission, Viewer
from app.core.blobs import BlobKey
from app.core.errors import Conflict, NotFound
from app.core.ids import encode_id

UserId = NewType("UserId", UUID)
AVATAR_SIZES: Final = (64, 128, 256, 512)
# How long a deleted account can be restored; its names are not free before.
GRACE: Final = timedelta(days=30)
# Whoever has one of these has to do with accounts that are not theirs, and so knows of them.
KNOWING: Final = frozenset(p for p in Permission if p.value.startswith("users:"))


class User(Struct, frozen=True, kw_only=True):
    """An account. `max_age` is the highest age rating it may see, None for any.

    Whatever signs somebody in (a password's hash, a key) is never part of it.
    """

    id: UserId
    username: str
    display_name: str | None
    is_active: bool
    max_age: int | None
    email: str | None = None
    email_verified_at: datetime | None = None
    locale: str = "en-US"
    timezone: str = "UTC"
    avatar_id: UUID | None = None
    created_at: datetime
    last_login_at: datetime | None = None

    @property
    def shown_name(self) -> str:
        """What others read: the display name, or the user name where there is none."""
        return self.display_name or self.username


class Avatar(Struct, frozen=True, kw_only=True):
    """A picture of a user. Another picture has another id."""

    id: UUID

    def path(self, size: int) -> str:
        """The address of the smallest square with at least this many pixels."""
        enough = next((s for s in AVATAR_SIZES if s >= size), AVATAR_SIZES[-1])
        return f"/avatars/{encode_id('avatar', self.id)}/{enough}.webp"


class DeletedUser(Struct, frozen=True, kw_only=True):
    """An account that was deleted and can still be restored."""

    id: UserId
    username: str
    display_name: str | None
    created_at: datetime
    deleted_at: datetime

    @property
    def purged_after(self) -> datetime:
        """When nothing is left of it."""
        return self.deleted_at + GRACE


class NewUser(Struct, frozen=True, kw_only=True):
    """What an account is made of."""

    username: str
    display_name: str | None = None
    max_age: int | None = None
    email: str | None = None
    locale: str = "en-US"


def may_know(viewer: Viewer, user_id: UUID) -> bool:
    """Whether the viewer may know that there is this account: their own, or by their work."""
    return user_id == viewer.user_id or not KNOWING.isdisjoint(viewer.permissions)


def avatar_key(avatar_id: UUID, size: int) -> BlobKey:
    """Where the square of this many pixels of an avatar is."""
    return BlobKey("avatars", avatar_id, str(size))


class UserNotFound(NotFound):
    """There is no such user, or the viewer may not know."""

    def __init__(self, user_id: UUID, *, field: str | None = None) -> None:
        super().__init__(f"There is no user {encode_id('user', user_id)}.", field=field)


class AvatarNotFound(NotFound):
    """There is no such avatar, or its user is not known to the viewer."""

    def __init__(self) -> None:
        super().__init__("There is no such avatar.")


class UsernameTaken(Conflict):
    """Somebody has this user name already, perhaps in other capitals."""

    def __init__(self, username: str) -> None:
        super().__init__(f"The user name {username} is taken.", field="username")


class EmailTaken(Conflict):
    """Another account has this e-mail address. Told only to administrators and to its owner."""

    def __init__(self) -> None:
        super().__init__("Another account has this e-mail address.", field="email")
