"""What users may do: their roles, and whether they have to show a second factor."""

from typing import Annotated, Any

import strawberry

from app.auth.graphql.views import UserRef, UserView
from app.core.access import Permission
from app.gql.access import mutation
from app.gql.arguments import Doc
from app.gql.info import Info
from app.rbac.graphql import RoleRefs


@strawberry.type
class UserRoleMutations:
    """Changes of what a user may do."""

    @mutation(UserView, access=Permission.ROLES_ASSIGN)
    async def set_user_roles(self, info: Info, user_id: UserRef, role_ids: RoleRefs) -> Any:
        """Replace the roles of a user, at once. You can neither give nor take away a role that
        may do more than you; the last administrator stays one.
        """
        await info.app.rbac.assign_to(info.viewer, user_id, role_ids)
        return user_id

    @mutation(UserView, access=Permission.USERS_SECURE)
    async def require_user_factor(
        self,
        info: Info,
        user_id: UserRef,
        required: Annotated[bool, Doc("False to require it no longer.")] = True,  # noqa: FBT002
    ) -> Any:
        """Require a second factor of a user. At once, sessions without one can only set one up."""
        await info.app.rbac.require_factor(info.viewer, user_id, required=required)
        return user_id
