"""Roles and grants in PostgreSQL; never cached, see `auth.Principals`."""

from app.rbac.repository.holdings import RbacRepository as RbacRepository
from app.rbac.repository.rights import has_role as has_role
from app.rbac.repository.rights import rights_columns as rights_columns
from app.rbac.repository.roles import RoleRepository as RoleRepository
