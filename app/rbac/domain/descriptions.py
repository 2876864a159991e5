"""What each permission lets somebody do, for those who put roles and API keys together."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from app.core.access import SESSION_ONLY, Permission

DESCRIPTIONS: Final[Mapping[Permission, str]] = MappingProxyType(
    {
        Permission.USERS_LIST: "List all user accounts.",
        Permission.USERS_GET: "See the details of any user account.",
        Permission.USERS_CREATE: "Create user accounts.",
        Permission.USERS_UPDATE: "Edit, activate and deactivate user accounts.",
        Permission.USERS_DELETE: "Delete user accounts.",
        Permission.USERS_SECURE: "Reset passwords, end sessions and require second factors.",
        Permission.PROFILE_READ: "Read your own account.",
        Permission.PROFILE_UPDATE: "Edit your own account.",
        Permission.PROFILE_SECURE: "Change your own password, second factors and sessions.",
        Permission.APIKEYS_LIST: "List your own API keys.",
        Permission.APIKEYS_CREATE: "Create API keys for yourself.",
        Permission.APIKEYS_REVOKE: "Revoke your own API keys.",
        Permission.ROLES_LIST: "List roles, and who has which.",
        Permission.ROLES_MANAGE: "Create, edit and delete roles.",
        Permission.ROLES_ASSIGN: "Give roles to users and take them away.",
        Permission.OIDC_MANAGE: "Manage the providers that users can sign in with.",
        Permission.SETTINGS_READ: "Read the server's settings.",
        Permission.SETTINGS_WRITE: "Change the server's settings.",
        Permission.SETTINGS_USER_READ: "Read your own settings.",
        Permission.SETTINGS_USER_WRITE: "Change your own settings.",
        Permission.AUDIT_READ: "Read and search the activity log.",
        Permission.AUDIT_EXPORT: "Export the activity log.",
        Permission.LIBRARIES_LIST: "List the libraries you have been granted.",
        Permission.LIBRARIES_GET: "See the details of libraries you have been granted.",
        Permission.LIBRARIES_CREATE: "Create libraries on any folder of the server.",
        Permission.LIBRARIES_UPDATE: "Change libraries and their folders.",
        Permission.LIBRARIES_DELETE: "Delete libraries.",
        Permission.LIBRARIES_SCAN: "Scan every library you can see.",
        Permission.LIBRARIES_GRANT: "Grant libraries to users and roles, and hide them.",
        Permission.MOVIES_LIST: "Browse movies.",
        Permission.MOVIES_GET: "See the details of movies.",
        Permission.MOVIES_CREATE: "Add movies by hand.",
        Permission.MOVIES_UPDATE: "Edit movies.",
        Permission.MOVIES_DELETE: "Delete movies.",
        Permission.SHOWS_LIST: "Browse shows.",
        Permission.SHOWS_GET: "See the details of shows.",
        Permission.SHOWS_CREATE: "Add shows by hand.",
        Permission.SHOWS_UPDATE: "Edit shows.",
        Permission.SHOWS_DELETE: "Delete shows.",
        Permission.METADATA_READ: "Look things up at metadata providers.",
        Permission.METADATA_UPDATE: "Choose matches and lock fields.",
        Permission.METADATA_REFRESH: "Fetch metadata anew.",
        Permission.IMAGES_GET: "Load artwork.",
        Permission.IMAGES_UPDATE: "Choose and upload artwork.",
        Permission.SEARCH_QUERY: "Search.",
        Permission.SEARCH_REINDEX: "Build the search index anew.",
        Permission.WATCH_READ: "Read your own watch progress and history.",
        Permission.PLAYBACK_STREAM: "Play content.",
        Permission.PLAYBACK_PROGRESS: "Save your own watch progress.",
        Permission.REQUESTS_LIST: "List requests for content.",
        Permission.REQUESTS_GET: "See the details of requests.",
        Permission.REQUESTS_CREATE: "Request content.",
        Permission.REQUESTS_APPROVE: "Approve or decline requests.",
        Permission.REQUESTS_DELETE: "Delete requests.",
        Permission.INTEGRATIONS_LIST: "List connected programs such as Radarr and Sonarr.",
        Permission.INTEGRATIONS_GET: "See the details of connected programs.",
        Permission.INTEGRATIONS_CREATE: "Connect programs.",
        Permission.INTEGRATIONS_UPDATE: "Change how programs are connected.",
        Permission.INTEGRATIONS_DELETE: "Disconnect programs.",
        Permission.INTEGRATIONS_SYNC: "Start a synchronisation with connected programs.",
        Permission.NOTIFICATIONS_LIST: "List notification targets.",
        Permission.NOTIFICATIONS_GET: "See the details of notification targets.",
        Permission.NOTIFICATIONS_CREATE: "Create notification targets.",
        Permission.NOTIFICATIONS_UPDATE: "Change notification targets.",
        Permission.NOTIFICATIONS_DELETE: "Delete notification targets.",
        Permission.JOBS_LIST: "See background jobs.",
        Permission.JOBS_MANAGE: "Retry and cancel background jobs.",
        Permission.SERVER_READ: "Read the server's version and features.",
    }
)


class PermissionInfo(Struct, frozen=True, kw_only=True):
    """A permission, what it allows, and whether an API key can have it."""

    name: str
    description: str
    for_api_keys: bool


CATALOGUE: Final = tuple(
    PermissionInfo(
        name=permission.value,
        description=DESCRIPTIONS[permission],
        for_api_keys=permission not in SESSION_ONLY,
    )
    for permission in Permission
)
