"""Roles and levels of grants as the API names them: import them from here to use them there."""

from app.gql.enums import expose
from app.rbac.domain import GrantLevel, Role

__all__ = ["GrantLevel", "Role"]

expose(
    Role,
    "What somebody is on this server; it decides what they may do.",
    {
        Role.ADMINISTRATOR: "May do everything and sees every library.",
        Role.MODERATOR: "Looks after content: scans libraries and corrects films.",
        Role.USER: "Watches, and keeps a place in what was watched.",
        Role.GUEST: "Looks around in the libraries granted; changes nothing.",
    },
)
expose(
    GrantLevel,
    "What a grant lets somebody do with a library; each includes those before it.",
    {
        GrantLevel.VIEW: "See and play what is in it.",
        GrantLevel.DOWNLOAD: "Also download its files.",
        GrantLevel.MANAGE: "Also look after it.",
    },
)
