"""Who asks and what they may: the one product vocabulary of the kernel.

`Scope` is made by `rbac` alone; everything that reads library content takes one.
"""

from collections.abc import Collection
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final
from uuid import UUID

from msgspec import Struct, structs

from app.core.errors import Forbidden, Unauthenticated


class Permission(StrEnum):
    """What a root field may ask for, as `resource:action`."""

    USERS_LIST = "users:list"
    USERS_GET = "users:get"
    USERS_CREATE = "users:create"
    USERS_UPDATE = "users:update"
    USERS_DELETE = "users:delete"
    USERS_SECURE = "users:secure"
    PROFILE_READ = "profile:read"
    PROFILE_UPDATE = "profile:update"
    PROFILE_SECURE = "profile:secure"
    APIKEYS_LIST = "apikeys:list"
    APIKEYS_CREATE = "apikeys:create"
    APIKEYS_REVOKE = "apikeys:revoke"
    ROLES_LIST = "roles:list"
    ROLES_MANAGE = "roles:manage"
    ROLES_ASSIGN = "roles:assign"
    OIDC_MANAGE = "oidc:manage"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    SETTINGS_USER_READ = "settings:user_read"
    SETTINGS_USER_WRITE = "settings:user_write"
    AUDIT_READ = "audit:read"
    AUDIT_EXPORT = "audit:export"
    LIBRARIES_LIST = "libraries:list"
    LIBRARIES_GET = "libraries:get"
    LIBRARIES_CREATE = "libraries:create"
    LIBRARIES_UPDATE = "libraries:update"
    LIBRARIES_DELETE = "libraries:delete"
    LIBRARIES_SCAN = "libraries:scan"
    LIBRARIES_GRANT = "libraries:grant"
    MOVIES_LIST = "movies:list"
    MOVIES_GET = "movies:get"
    MOVIES_CREATE = "movies:create"
    MOVIES_UPDATE = "movies:update"
    MOVIES_DELETE = "movies:delete"
    SHOWS_LIST = "shows:list"
    SHOWS_GET = "shows:get"
    SHOWS_CREATE = "shows:create"
    SHOWS_UPDATE = "shows:update"
    SHOWS_DELETE = "shows:delete"
    METADATA_READ = "metadata:read"
    METADATA_UPDATE = "metadata:update"
    METADATA_REFRESH = "metadata:refresh"
    IMAGES_GET = "images:get"
    IMAGES_UPDATE = "images:update"
    SEARCH_QUERY = "search:query"
    SEARCH_REINDEX = "search:reindex"
    WATCH_READ = "watch:read"
    PLAYBACK_STREAM = "playback:stream"
    PLAYBACK_PROGRESS = "playback:progress"
    REQUESTS_LIST = "requests:list"
    REQUESTS_GET = "requests:get"
    REQUESTS_CREATE = "requests:create"
    REQUESTS_APPROVE = "requests:approve"
    REQUESTS_DELETE = "requests:delete"
    INTEGRATIONS_LIST = "integrations:list"
    INTEGRATIONS_GET = "integrations:get"
    INTEGRATIONS_CREATE = "integrations:create"
    INTEGRATIONS_UPDATE = "integrations:update"
    INTEGRATIONS_DELETE = "integrations:delete"
    INTEGRATIONS_SYNC = "integrations:sync"
    NOTIFICATIONS_LIST = "notifications:list"
    NOTIFICATIONS_GET = "notifications:get"
    NOTIFICATIONS_CREATE = "notifications:create"
    NOTIFICATIONS_UPDATE = "notifications:update"
    NOTIFICATIONS_DELETE = "notifications:delete"
    JOBS_LIST = "jobs:list"
    JOBS_MANAGE = "jobs:manage"
    SERVER_READ = "server:read"


# An API key never has these, whatever its scopes: it cannot make, change or reach a credential.
SESSION_ONLY: Final = frozenset(
    {
        Permission.USERS_CREATE,
        Permission.USERS_UPDATE,
        Permission.USERS_DELETE,
        Permission.USERS_SECURE,
        Permission.PROFILE_SECURE,
        Permission.APIKEYS_LIST,
        Permission.APIKEYS_CREATE,
        Permission.APIKEYS_REVOKE,
        Permission.ROLES_MANAGE,
        Permission.ROLES_ASSIGN,
        Permission.OIDC_MANAGE,
        Permission.SETTINGS_WRITE,
    }
)
# All that a session may do that still owes the second factor which its account requires.
ENROLMENT: Final = frozenset({Permission.PROFILE_READ, Permission.PROFILE_SECURE})


class Public:
    """The access of what anybody may call, signed in or not."""

    def __repr__(self) -> str:
        return "PUBLIC"


PUBLIC = Public()
Access = Permission | Public


class Scope(Struct, frozen=True, kw_only=True):
    """What library content a viewer may see, download and manage.

    `libraries` is None for all of them; `max_age` is the highest age rating, None for any.
    Two scopes with the same `key` see the same content: caches of lists are shared by it.
    `downloads` and `manages` are libraries of more than seeing; None for all that are visible.
    """

    libraries: frozenset[UUID] | None
    max_age: int | None
    key: str
    downloads: frozenset[UUID] | None = frozenset()
    manages: frozenset[UUID] | None = frozenset()

    @property
    def unlimited(self) -> bool:
        """Whether it admits everything."""
        return self.libraries is None and self.max_age is None

    def admits(self, library_id: UUID, age: int | None) -> bool:
        """Whether an item of this library and age rating is visible; unrated counts as adult."""
        if self.libraries is not None and library_id not in self.libraries:
            return False
        return self.max_age is None or (age is not None and age <= self.max_age)

    def admits_library(self, library_id: UUID) -> bool:
        """Whether this library may be seen at all."""
        return self.libraries is None or library_id in self.libraries

    def may_download(self, library_id: UUID) -> bool:
        """Whether files of this library may be taken away."""
        more = self.downloads is None or library_id in self.downloads
        return more and self.admits_library(library_id)

    def may_manage(self, library_id: UUID) -> bool:
        """Whether this library may be scanned and its content edited."""
        more = self.manages is None or library_id in self.manages
        return more and self.admits_library(library_id)


NOTHING = Scope(libraries=frozenset(), max_age=0, key="none")
EVERYTHING = Scope(libraries=None, max_age=None, key="all", downloads=None, manages=None)


class Client(Struct, frozen=True):
    """Where a request came from: the address past all trusted proxies, the program's name, and the
    tags of the languages that it accepts, the most wanted first.
    """

    address: str = ""
    agent: str = ""
    languages: tuple[str, ...] = ()

    @property
    def network(self) -> str:
        """What counts as one place: the address, of IPv6 the /64 that one customer has."""
        if ":" not in self.address:
            return self.address[:100]
        try:
            found = ip_address(self.address)
        except ValueError:
            return self.address[:100]
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network(f"{found}/64", strict=False))


NOWHERE = Client()


class Viewer(Struct, frozen=True, kw_only=True):
    """Who asks: made once per request from the credential, or anonymous.

    `api_key_id` is set instead of `session_id` where a program asks. `owes_factor`: the account
    requires a second factor that this session has not shown; it may only enrol one.
    `owes_password`: the password was set by an administrator, and has to be changed first.
    `language` is the tag of the one that texts are read in, empty for their own.
    """

    scope: Scope = NOTHING
    user_id: UUID | None = None
    username: str | None = None
    session_id: UUID | None = None
    api_key_id: UUID | None = None
    permissions: frozenset[Permission] = frozenset()
    owes_factor: bool = False
    owes_password: bool = False
    client: Client = NOWHERE
    language: str = ""

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def has(self, access: Access) -> bool:
        """Whether the access is the viewer's."""
        return isinstance(access, Public) or access in self.permissions

    def require(self, access: Access) -> None:
        """Raise Unauthenticated or Forbidden where the access is not the viewer's."""
        if isinstance(access, Public) or access in self.permissions:
            return
        if not self.signed_in:
            raise Unauthenticated("Sign in first: this needs an account.")
        if self.api_key_id is not None:
            raise Forbidden(f"This API key lacks the permission {access.value}.")
        if self.owes_password:
            raise Forbidden("Change your password first: an administrator has set it.")
        if self.owes_factor:
            raise Forbidden("Your account requires a second factor: set one up first.")
        raise Forbidden(f"Your account lacks the permission {access.value}.")

    @property
    def account(self) -> UUID:
        """The user's id. Raises Unauthenticated for an anonymous viewer."""
        if self.user_id is None:
            raise Unauthenticated("Sign in first: this needs an account.")
        return self.user_id


ANONYMOUS = Viewer()
SYSTEM = Viewer(scope=EVERYTHING, username="system", permissions=frozenset(Permission))


def within(scope: Scope, wanted: Collection[UUID] | None) -> Scope:
    """The scope narrowed to the libraries that are asked for."""
    return scope if wanted is None else structs.replace(scope, libraries=library_ids(scope, wanted))


def library_ids(scope: Scope, wanted: Collection[UUID] | None = None) -> frozenset[UUID] | None:
    """The libraries a read may touch: the scope's, narrowed to those asked for."""
    if wanted is None:
        return scope.libraries
    asked = frozenset(wanted)
    return asked if scope.libraries is None else asked & scope.libraries
