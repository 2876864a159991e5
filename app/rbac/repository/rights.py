"""What the tables hold of somebody's rights, for the statements of those who ask."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, exists, func, or_, select

from app.rbac.domain import Level
from app.rbac.models import hidden_libraries, library_grants, roles, user_policies, user_roles


def rights_columns(user_id: ColumnElement[UUID]) -> tuple[ColumnElement[Any], ...]:
    """What the tables hold of a user's rights, for a statement that has the user's id.

    The columns of StoredRights but `max_age`, which is the account's.
    """
    held = select(user_roles.c.role_id).where(user_roles.c.user_id == user_id)
    hidden = select(hidden_libraries.c.library_id).where(hidden_libraries.c.user_id == user_id)
    return (
        _array(held, user_roles).label("roles"),
        _array(_permissions(user_id), roles, user_roles).label("permissions"),
        _requires_factor(user_id).label("requires_factor"),
        _array(_granted(user_id, Level.VIEW), library_grants).label("libraries"),
        _array(_granted(user_id, Level.DOWNLOAD), library_grants).label("downloads"),
        _array(_granted(user_id, Level.MANAGE), library_grants).label("manages"),
        _array(hidden, hidden_libraries).label("hidden"),
    )


def has_role(user_id: ColumnElement[UUID], role_id: UUID) -> ColumnElement[bool]:
    """Whether a user has this role, for a statement that has the user's id."""
    held = select(user_roles.c.user_id).where(
        user_roles.c.user_id == user_id, user_roles.c.role_id == role_id
    )
    return exists(held.correlate_except(user_roles))


def _array(values: Select[Any], *tables: FromClause) -> ColumnElement[Any]:
    """The values as an array; all but these tables are those of the statement around it."""
    return func.array(values.correlate_except(*tables).scalar_subquery())


def _permissions(user_id: ColumnElement[UUID]) -> Select[Any]:
    """What the user's custom roles permit; what built-in ones do stands in code."""
    return (
        select(func.unnest(roles.c.permissions))
        .join_from(roles, user_roles, user_roles.c.role_id == roles.c.id)
        .where(user_roles.c.user_id == user_id, roles.c.built_in.is_(False))
    )


def _requires_factor(user_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    by_role = (
        select(roles.c.id)
        .join_from(roles, user_roles, user_roles.c.role_id == roles.c.id)
        .where(user_roles.c.user_id == user_id, roles.c.requires_factor)
    )
    by_policy = select(user_policies.c.user_id).where(
        user_policies.c.user_id == user_id, user_policies.c.requires_factor
    )
    return or_(
        exists(by_role.correlate_except(roles, user_roles)),
        exists(by_policy.correlate_except(user_policies)),
    )


def _granted(user_id: ColumnElement[UUID], least: Level) -> Select[Any]:
    """The libraries granted to the user or to a role of theirs, at this level or a higher one."""
    held = select(user_roles.c.role_id).where(user_roles.c.user_id == user_id)
    levels = [level for level in Level if level.includes(least)]
    return select(library_grants.c.library_id).where(
        or_(
            library_grants.c.user_id == user_id,
            library_grants.c.role_id.in_(held.correlate_except(user_roles)),
        ),
        or_(*(library_grants.c.level == level.value for level in levels)),
    )
