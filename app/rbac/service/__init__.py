"""Who may do what: roles, grants, and the only maker of a Scope."""

from app.rbac.service.rbac import CHANNEL as CHANNEL
from app.rbac.service.rbac import Rbac as Rbac
from app.rbac.service.roles import Roles as Roles
