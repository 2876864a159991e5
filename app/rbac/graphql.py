"""Roles as the API names them: import them from here to use them there."""

from app.gql.enums import expose
from app.rbac.domain import Role

__all__ = ["Role"]

expose(
    Role,
    "The role of an account; it determines its permissions.",
    {
        Role.ADMINISTRATOR: "Has every permission and sees every library.",
        Role.MODERATOR: "Can also scan libraries and see jobs and all user accounts.",
        Role.USER: "Watches what was granted and keeps progress.",
        Role.GUEST: "Browses the libraries that were granted; cannot change anything.",
    },
)
