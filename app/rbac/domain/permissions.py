"""The roles that every server has, and what they permit: this stays in code, not in rows."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from app.core.access import Permission


class BuiltIn(StrEnum):
    """A role that every server has and nobody can change, mightiest first."""

    ADMINISTRATOR = "administrator"
    MODERATOR = "moderator"
    USER = "user"
    GUEST = "guest"

    @property
    def id(self) -> UUID:
        """The id of its row, the same on every server."""
        return _IDS[self]


# As the migration writes them: UUIDv7 of the first milliseconds of time.
_IDS: Final[Mapping[BuiltIn, UUID]] = MappingProxyType(
    {role: UUID(f"00000000-0000-7000-8000-{n:012x}") for n, role in enumerate(BuiltIn, 1)}
)
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
# The wildcard is the administrator's alone: what is added to Permission is theirs at once.
PERMISSIONS: Final[Mapping[BuiltIn, frozenset[Permission]]] = MappingProxyType(
    {
        BuiltIn.ADMINISTRATOR: frozenset(Permission),
        BuiltIn.MODERATOR: _MODERATOR,
        BuiltIn.USER: _USER,
        BuiltIn.GUEST: _GUEST,
    }
)
