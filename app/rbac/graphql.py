"""Roles as the API names them: import them from here to use them there."""

from app.gql.enums import expose
from app.rbac.domain import BuiltIn

__all__ = ["BuiltIn"]

expose(
    BuiltIn,
    "The role of an account; it determines its permissions.",
    {
        BuiltIn.ADMINISTRATOR: "Has every permission and sees every library.",
        BuiltIn.MODERATOR: "Can also scan libraries and see jobs and all user accounts.",
        BuiltIn.USER: "Watches what was granted and keeps progress.",
        BuiltIn.GUEST: "Browses the libraries that were granted; cannot change anything.",
    },
    name="Role",
)
