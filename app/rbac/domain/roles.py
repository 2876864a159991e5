"""Roles as they are stored."""

from datetime import datetime
from typing import NewType
from uuid import UUID

from msgspec import Struct

from app.core.access import Permission
from app.core.errors import NotFound
from app.core.ids import encode_id

RoleId = NewType("RoleId", UUID)


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


class RoleNotFound(NotFound):
    """There is no such role."""

    def __init__(self, role_id: UUID, *, field: str = "id") -> None:
        super().__init__(f"There is no role {encode_id('role', role_id)}.", field=field)


class RoleUnknown(NotFound):
    """One of several roles does not exist."""

    def __init__(self, *, field: str) -> None:
        super().__init__("One of these roles does not exist.", field=field)
