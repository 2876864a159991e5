"""Roles, grants, and what they add up to: permissions and a Scope."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.core.access import EVERYTHING, NOTHING, Permission, Scope
from app.core.errors import NotFound
from app.core.ids import encode_id


class Role(StrEnum):
    """What somebody is on this server."""

    ADMINISTRATOR = "administrator"
    MODERATOR = "moderator"
    USER = "user"
    GUEST = "guest"


_GUEST = frozenset(
    {
        Permission.PROFILE_READ,
        Permission.LIBRARIES_LIST,
        Permission.LIBRARIES_GET,
        Permission.MOVIES_LIST,
        Permission.MOVIES_GET,
        Permission.SHOWS_LIST,
        Permission.SHOWS_GET,
        Permission.METADATA_READ,
        Permission.IMAGES_GET,
        Permission.SEARCH_QUERY,
        Permission.WATCH_READ,
        Permission.PLAYBACK_STREAM,
        Permission.SERVER_READ,
    }
)
_USER = _GUEST | {
    Permission.PROFILE_UPDATE,
    Permission.PROFILE_SECURE,
    Permission.APIKEYS_LIST,
    Permission.APIKEYS_CREATE,
    Permission.APIKEYS_REVOKE,
    Permission.SETTINGS_USER_READ,
    Permission.SETTINGS_USER_WRITE,
    Permission.PLAYBACK_PROGRESS,
    Permission.REQUESTS_LIST,
    Permission.REQUESTS_GET,
    Permission.REQUESTS_CREATE,
    Permission.NOTIFICATIONS_LIST,
    Permission.NOTIFICATIONS_GET,
}
# What decides over folders of the server, accounts and grants stays with administrators.
_MODERATOR = _USER | {
    Permission.USERS_LIST,
    Permission.USERS_GET,
    Permission.ROLES_LIST,
    Permission.SETTINGS_READ,
    Permission.AUDIT_READ,
    Permission.LIBRARIES_SCAN,
    Permission.MOVIES_CREATE,
    Permission.MOVIES_UPDATE,
    Permission.MOVIES_DELETE,
    Permission.SHOWS_CREATE,
    Permission.SHOWS_UPDATE,
    Permission.SHOWS_DELETE,
    Permission.METADATA_UPDATE,
    Permission.METADATA_REFRESH,
    Permission.IMAGES_UPDATE,
    Permission.REQUESTS_APPROVE,
    Permission.REQUESTS_DELETE,
    Permission.INTEGRATIONS_LIST,
    Permission.INTEGRATIONS_GET,
    Permission.INTEGRATIONS_CREATE,
    Permission.INTEGRATIONS_UPDATE,
    Permission.INTEGRATIONS_DELETE,
    Permission.INTEGRATIONS_SYNC,
    Permission.NOTIFICATIONS_CREATE,
    Permission.NOTIFICATIONS_UPDATE,
    Permission.NOTIFICATIONS_DELETE,
    Permission.JOBS_LIST,
}
PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: frozenset(Permission),
        Role.MODERATOR: _MODERATOR,
        Role.USER: _USER,
        Role.GUEST: _GUEST,
    }
)


class Grant(Struct, frozen=True, kw_only=True):
    """A user's access to one library: its content can be seen and played."""

    user_id: UUID
    library_id: UUID
    granted_at: datetime


class LibraryUnknown(NotFound):
    """There is no such library; the slice that knows libraries is above this one."""

    def __init__(self, library_id: UUID) -> None:
        name = encode_id("library", library_id)
        super().__init__(f"There is no library {name}.", field="libraryId")


class GrantNotFound(NotFound):
    """The user has no grant of this library."""

    def __init__(self, user_id: UUID, library_id: UUID) -> None:
        user, library = encode_id("user", user_id), encode_id("library", library_id)
        super().__init__(f"{user} has no grant of {library}.")


class Rights(Struct, frozen=True, kw_only=True):
    """What roles and grants add up to."""

    roles: tuple[Role, ...]
    permissions: frozenset[Permission]
    scope: Scope


def known_roles(names: Collection[str]) -> tuple[Role, ...]:
    """Roles by their stored names, mightiest first; names of another version are passed over."""
    return tuple(role for role in Role if role.value in names)


def permissions_of(roles: Collection[Role]) -> frozenset[Permission]:
    """Everything that any of the roles permits."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def scope_of(roles: Collection[Role], libraries: Collection[UUID], max_age: int | None) -> Scope:
    """What library content these roles, grants and age limit let somebody see."""
    if Role.ADMINISTRATOR in roles:
        if max_age is None:
            return EVERYTHING
        return Scope(libraries=None, max_age=max_age, key=_key(None, max_age))
    granted = frozenset(libraries)
    if not granted:
        return NOTHING
    return Scope(libraries=granted, max_age=max_age, key=_key(granted, max_age))


def _key(libraries: frozenset[UUID] | None, max_age: int | None) -> str:
    """The same for equal scopes in every process, and different for all others."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(b"any" if max_age is None else str(max_age).encode())
    digest.update(b"|*" if libraries is None else b"|")
    for library in sorted(libraries or ()):
        digest.update(library.bytes)
    return digest.hexdigest()
