"""Roles as the API names them: import them from here to use them there."""

from app.gql.enums import expose
from app.rbac.domain import Role

__all__ = ["Role"]

expose(
    Role,
    "What somebody is on this server; it decides what they may do.",
    {
        Role.ADMINISTRATOR: "May do everything and sees every library.",
        Role.MODERATOR: "Scans libraries and follows jobs; sees all user accounts.",
        Role.USER: "Watches, and keeps a place in what was watched.",
        Role.GUEST: "Looks around in the libraries granted; changes nothing.",
    },
)
