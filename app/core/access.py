"""Who asks and what they may: the one product vocabulary of the kernel.

`Scope` is made by `rbac` alone; everything that reads library content takes one.
"""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from app.core.errors import Forbidden, Unauthenticated


class Permission(StrEnum):
    """What a root field may ask for, as `resource:action`."""

    LIBRARIES_LIST = "libraries:list"
    LIBRARIES_MANAGE = "libraries:manage"
    LIBRARIES_SCAN = "libraries:scan"
    LIBRARIES_GRANT = "libraries:grant"
    MOVIES_LIST = "movies:list"
    WATCH_READ = "watch:read"
    WATCH_WRITE = "watch:write"
    USERS_CREATE = "users:create"
    USERS_LIST = "users:list"
    PROFILE_READ = "profile:read"
    PROFILE_UPDATE = "profile:update"
    JOBS_LIST = "jobs:list"
    JOBS_MANAGE = "jobs:manage"
    SERVER_READ = "server:read"


class Public:
    """The access of what anybody may call, signed in or not."""

    def __repr__(self) -> str:
        return "PUBLIC"


PUBLIC = Public()
Access = Permission | Public


class Scope(Struct, frozen=True, kw_only=True):
    """What library content a viewer may see.

    `libraries` is None for all of them; `max_age` is the highest age rating, None for any.
    Two scopes with the same `key` see the same content: caches of lists are shared by it.
    """

    libraries: frozenset[UUID] | None
    max_age: int | None
    key: str

    def admits(self, library_id: UUID, age: int | None) -> bool:
        """Whether an item of this library and age rating is visible; unrated counts as adult."""
        if self.libraries is not None and library_id not in self.libraries:
            return False
        return self.max_age is None or (age is not None and age <= self.max_age)

    def admits_library(self, library_id: UUID) -> bool:
        """Whether this library may be seen at all."""
        return self.libraries is None or library_id in self.libraries


NOTHING = Scope(libraries=frozenset(), max_age=0, key="none")
EVERYTHING = Scope(libraries=None, max_age=None, key="all")


class Viewer(Struct, frozen=True, kw_only=True):
    """Who asks: made once per request from the credential, or anonymous."""

    scope: Scope = NOTHING
    user_id: UUID | None = None
    username: str | None = None
    session_id: UUID | None = None
    permissions: frozenset[Permission] = frozenset()

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, access: Access) -> None:
        """Raise Unauthenticated or Forbidden where the access is not the viewer's."""
        if isinstance(access, Public) or access in self.permissions:
            return
        if not self.signed_in:
            raise Unauthenticated("Sign in first: this needs an account.")
        raise Forbidden(f"Your account lacks the permission {access.value}.")

    @property
    def account(self) -> UUID:
        """The user's id. Raises Unauthenticated for an anonymous viewer."""
        if self.user_id is None:
            raise Unauthenticated("Sign in first: this needs an account.")
        return self.user_id


ANONYMOUS = Viewer()
SYSTEM = Viewer(scope=EVERYTHING, username="system", permissions=frozenset(Permission))


def library_ids(scope: Scope, wanted: Collection[UUID] | None = None) -> frozenset[UUID] | None:
    """The libraries a read may touch: the scope's, narrowed to those asked for."""
    if wanted is None:
        return scope.libraries
    asked = frozenset(wanted)
    return asked if scope.libraries is None else asked & scope.libraries
