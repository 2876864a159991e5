"""Roles as they are stored, what they may be called, and what cannot be done with them."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from app.core.access import Permission
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.ids import encode_id
from app.rbac.domain.rights import known_permissions

RoleId = NewType("RoleId", UUID)
MOST_NAME: Final = 64
MOST_DESCRIPTION: Final = 256
MOST_CUSTOM: Final = 100
MOST_HELD: Final = 20


class Role(Struct, frozen=True, kw_only=True):
    """A set of permissions with a name. `key` names a built-in one, which cannot be changed.

    `requires_factor`: its users have to show a second factor.
    """

    id: RoleId
    key: str | None
    name: str
    description: str
    permissions: frozenset[Permission]
    built_in: bool
    requires_factor: bool
    created_at: datetime


class RoleInput(Struct, frozen=True, kw_only=True):
    """What a role is made of or gets anew; None leaves it as it is. Permissions are names."""

    name: str | None = None
    description: str | None = None
    permissions: Sequence[str] | None = None


class RoleNotFound(NotFound):
    """There is no such role, or the viewer may not know."""

    def __init__(self, role_id: UUID, *, field: str = "id") -> None:
        super().__init__(f"There is no role {encode_id('role', role_id)}.", field=field)


class RoleUnknown(NotFound):
    """One of several roles does not exist."""

    def __init__(self, *, field: str) -> None:
        super().__init__("One of these roles does not exist.", field=field)


class RoleNameTaken(Conflict):
    """Another role has this name, perhaps in other capitals."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a role {name} already.", field="name")


class RoleIsBuiltIn(Conflict):
    """Built-in roles stay as they are."""

    def __init__(self, role: Role) -> None:
        super().__init__(
            f"{role.name} is a built-in role: it cannot be changed or deleted. Create a role of "
            "your own with the permissions you want.",
            field="id",
        )


class RoleInUse(Conflict):
    """A role that users have is deleted only together with what they get instead."""

    def __init__(self, role: Role, users: int) -> None:
        have = "1 user has" if users == 1 else f"{users} users have"
        super().__init__(
            f"{have} the role {role.name}: say with `reassignTo` which role they get instead.",
            field="reassignTo",
        )


class TooManyRoles(Conflict):
    """There are as many roles of one's own as a server has."""

    def __init__(self) -> None:
        super().__init__(f"A server has at most {MOST_CUSTOM} roles besides the built-in ones.")


class LastAdministrator(Conflict):
    """Nobody would be left who can administer the server."""

    def __init__(self) -> None:
        super().__init__(
            "This is the last active administrator: make another user an administrator first."
        )


class BeyondViewer(Forbidden):
    """Nobody gives, takes or changes more than they have themselves."""

    def __init__(self, what: str = "give, take away or change a role that may do") -> None:
        super().__init__(f"You cannot {what} more than you.")


def name_key(name: str) -> str:
    """The form in which two names are the same: compatibility-composed and case-folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def checked_name(name: str) -> str:
    """The name as it is kept: trimmed. Raises Invalid for none, a long one, or several lines."""
    trimmed = _one_line(name, "name")
    if not 1 <= len(trimmed) <= MOST_NAME or not name_key(trimmed).strip():
        raise Invalid(f"A role's name has 1 to {MOST_NAME} characters.", field="name")
    return trimmed


def checked_description(description: str) -> str:
    """The description as it is kept: trimmed. Raises Invalid for a long one, or several lines."""
    trimmed = _one_line(description, "description")
    if len(trimmed) > MOST_DESCRIPTION:
        raise Invalid(
            f"A role's description has at most {MOST_DESCRIPTION} characters.", field="description"
        )
    return trimmed


def checked_permissions(names: Sequence[str]) -> frozenset[Permission]:
    """Permissions by name. Raises Invalid for one that there is not, such as a wildcard."""
    if len(names) > len(Permission):
        raise Invalid(f"There are only {len(Permission)} permissions.", field="permissions")
    known = known_permissions(names)
    for name in names:
        if name not in known:
            raise Invalid(f"There is no permission {name[:80]!r}.", field="permissions")
    return known


def _one_line(text: str, field: str) -> str:
    trimmed = text.strip()
    # Cc: control characters. Cs: halves of surrogate pairs. Cf: invisible ones, that would let two
    # names look the same. Zl, Zp: line breaks in disguise.
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in trimmed):
        raise Invalid(f"A role's {field} is one line, without control characters.", field=field)
    return trimmed
