"""What roles, grants and denials add up to: permissions and a Scope."""

import hashlib
from collections.abc import Collection, Iterable
from uuid import UUID

import msgspec
from msgspec import Struct

from app.core.access import EVERYTHING, NOTHING, Permission, Scope, Viewer
from app.rbac.domain.permissions import PERMISSIONS, BuiltIn

_KNOWN = {permission.value: permission for permission in Permission}


class StoredRights(Struct, frozen=True, kw_only=True):
    """What the tables hold of a user's rights.

    `roles` are ids, `permissions` those of all custom roles by name. `libraries` were granted at
    any level, `downloads` and `manages` at least at that one; `hidden` are denied whatever else.
    """

    roles: tuple[UUID, ...] = ()
    permissions: tuple[str, ...] = ()
    requires_factor: bool = False
    libraries: tuple[UUID, ...] = ()
    downloads: tuple[UUID, ...] = ()
    manages: tuple[UUID, ...] = ()
    hidden: tuple[UUID, ...] = ()
    max_age: int | None = None


class Rights(Struct, frozen=True, kw_only=True):
    """What roles and grants add up to. `roles` are ids, the built-in ones first."""

    roles: tuple[UUID, ...]
    permissions: frozenset[Permission]
    scope: Scope


def rights_of(stored: StoredRights) -> Rights:
    """The rights of who has these roles, grants and denials."""
    permissions = permissions_of(built_in(stored.roles)) | known_permissions(stored.permissions)
    scope = scope_of(stored, permissions)
    if scope.manages:  # who manages a library may scan it, and no other
        permissions |= {Permission.LIBRARIES_SCAN}
    return Rights(roles=ordered(stored.roles), permissions=permissions, scope=scope)


def within(viewer: Viewer, stored: StoredRights) -> bool:
    """Whether these rights are no more than the viewer's own, so that the viewer may give them."""
    given, own = rights_of(stored), viewer.scope
    if not given.permissions <= viewer.permissions:
        return False
    if BuiltIn.ADMINISTRATOR.id in stored.roles:
        return own.libraries is None  # whoever has all permissions is still no administrator
    scans = permissions_of(built_in(stored.roles)) | known_permissions(stored.permissions)
    if Permission.LIBRARIES_SCAN in scans and own.manages is not None:
        return False  # the viewer's own is for the libraries that they manage
    return (
        all(own.admits_library(library) for library in stored.libraries)
        and all(own.may_download(library) for library in stored.downloads)
        and all(own.may_manage(library) for library in stored.manages)
    )


def built_in(roles: Collection[UUID]) -> tuple[BuiltIn, ...]:
    """The built-in roles among these ids, mightiest first."""
    return tuple(role for role in BuiltIn if role.id in roles)


def ordered(roles: Collection[UUID]) -> tuple[UUID, ...]:
    """Ids of roles: built-in ones, mightiest first, and then the others by age."""
    known = tuple(role.id for role in built_in(roles))
    return known + tuple(sorted(set(roles) - set(known)))


def known_permissions(names: Iterable[str]) -> frozenset[Permission]:
    """Permissions by their stored names; those of another version are passed over."""
    return frozenset(_KNOWN[name] for name in names if name in _KNOWN)


def permissions_of(roles: Collection[BuiltIn]) -> frozenset[Permission]:
    """Everything that any of these built-in roles permits."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def scope_of(stored: StoredRights, permissions: Collection[Permission]) -> Scope:
    """What library content these roles, grants, denials and age limit let somebody see and do."""
    if BuiltIn.ADMINISTRATOR.id in stored.roles:
        if stored.max_age is None:
            return EVERYTHING
        key = _key(None, stored.max_age)
        return Scope(libraries=None, max_age=stored.max_age, key=key, downloads=None, manages=None)
    granted = frozenset(stored.libraries) - frozenset(stored.hidden)
    everywhere = Permission.LIBRARIES_SCAN in permissions
    if not granted:
        return msgspec.structs.replace(NOTHING, manages=None) if everywhere else NOTHING
    return Scope(
        libraries=granted,
        max_age=stored.max_age,
        key=_key(granted, stored.max_age),
        downloads=granted & frozenset(stored.downloads),
        manages=None if everywhere else granted & frozenset(stored.manages),
    )


def _key(libraries: frozenset[UUID] | None, max_age: int | None) -> str:
    """The same for equal scopes in every process, and different for all others."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(b"any" if max_age is None else str(max_age).encode())
    digest.update(b"|*" if libraries is None else b"|")
    for library in sorted(libraries or ()):
        digest.update(library.bytes)
    return digest.hexdigest()
