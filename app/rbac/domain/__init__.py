"""Roles, grants, and what they add up to: permissions and a Scope."""

from app.rbac.domain.grants import Grant as Grant
from app.rbac.domain.grants import Grantee as Grantee
from app.rbac.domain.grants import GrantId as GrantId
from app.rbac.domain.grants import GrantNotFound as GrantNotFound
from app.rbac.domain.grants import Level as Level
from app.rbac.domain.grants import LibraryUnknown as LibraryUnknown
from app.rbac.domain.permissions import PERMISSIONS as PERMISSIONS
from app.rbac.domain.permissions import BuiltIn as BuiltIn
from app.rbac.domain.rights import Rights as Rights
from app.rbac.domain.rights import StoredRights as StoredRights
from app.rbac.domain.rights import built_in as built_in
from app.rbac.domain.rights import known_permissions as known_permissions
from app.rbac.domain.rights import permissions_of as permissions_of
from app.rbac.domain.rights import rights_of as rights_of
from app.rbac.domain.roles import Role as Role
from app.rbac.domain.roles import RoleId as RoleId
from app.rbac.domain.roles import RoleNotFound as RoleNotFound
from app.rbac.domain.roles import RoleUnknown as RoleUnknown
