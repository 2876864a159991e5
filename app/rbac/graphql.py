"""Roles and permissions as the API shows them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.core.access import Permission, Viewer
from app.core.ids import encode_id
from app.core.page import Keyset, Listing
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Length, Ref
from app.gql.connection import Connection
from app.gql.edge import edge
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import Node, field, view
from app.rbac.domain import (
    CATALOGUE,
    MOST_HELD,
    BuiltIn,
    Level,
    PermissionInfo,
    Role,
    RoleId,
    RoleInput,
)
from app.users.domain import may_know

if TYPE_CHECKING:
    from app.container import Container

RoleRef = Annotated[UUID, Ref("role"), Doc("Id of a role.")]
RoleRefs = Annotated[
    list[UUID],
    Ref("role"),
    Length(0, MOST_HELD),
    Doc(f"All roles from now on, at most {MOST_HELD}; an empty list takes all away."),
]

expose(
    BuiltIn,
    "A role that every server has.",
    {
        BuiltIn.ADMINISTRATOR: "Has every permission and sees every library.",
        BuiltIn.MODERATOR: "Can also scan libraries and see jobs and all user accounts.",
        BuiltIn.USER: "Watches what was granted and keeps progress.",
        BuiltIn.GUEST: "Browses the libraries that were granted; cannot change anything.",
    },
    name="BuiltInRole",
)
expose(
    Level,
    "What a grant allows with a library; each level includes the ones before.",
    {
        Level.VIEW: "See and play its content.",
        Level.DOWNLOAD: "Also download its files.",
        Level.MANAGE: "Also scan it.",
    },
    name="GrantLevel",
)


async def role_by_id(
    app: "Container", viewer: Viewer, ids: Collection[RoleId]
) -> Mapping[UUID, Role]:
    """Batch of roles by their ids: one's own, and all for those who may list roles."""
    return await app.role_repository.by_ids(viewer, ids)


async def roles_by_user(
    app: "Container", viewer: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, list[Role]]:
    """Batch of the roles of users: of oneself, and of all for those who may list roles."""
    return await app.role_repository.by_users(viewer, ids)


async def factors_by_user(
    app: "Container", viewer: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, bool]:
    """Batch of whether users were themselves required to show a second factor."""
    required = await app.rbac_repository.owing_factor(ids)
    return {i: i in required and may_know(viewer, i) for i in ids}


async def users_of_role(app: "Container", _: Viewer, ids: Collection[RoleId]) -> Mapping[UUID, int]:
    """Batch of how many users have each role."""
    return await app.role_repository.users(ids)


@view(PermissionInfo)
class PermissionView:
    """Something that a role or an API key can permit."""

    name: str = field("Its name, as `resource:action`.")
    description: str = field("What it lets somebody do.")
    for_api_keys: bool = field("Whether an API key can have it.")


@view(Role, node="role", load=role_by_id, access=Permission.ROLES_LIST)
class RoleView(Node):
    """A set of permissions with a name. A user can have several and has what any of them permits.

    You can see your own roles; who may list roles sees all.
    """

    name: str = field("Its name.")
    description: str = field("What it is for.")
    permissions: list[str] = field(
        "What it permits, as `resource:action`.",
        of=lambda role: sorted(permission.value for permission in role.permissions),
    )
    built_in: BuiltIn | None = field(
        "Which built-in role it is; null for one that was created here. Built-in roles cannot be "
        "changed.",
        of=lambda role: BuiltIn(role.key) if role.key else None,
    )
    requires_factor: bool = field("Whether its users have to show a second factor.")
    users: int = edge(users_of_role, "How many users have it.", access=Permission.ROLES_LIST)
    created_at: datetime = field("When it was created.")


@strawberry.input(description="A new role.")
class CreateRoleInput:
    """Argument of `createRole`."""

    name: str = strawberry.field(
        description="Name, 1 to 64 characters; no other role has it, in whatever capitals."
    )
    description: str | None = strawberry.field(
        default=None, description="What it is for, at most 256 characters."
    )
    permissions: list[str] = strawberry.field(
        description="What it permits, by names of `permissions`; none that you lack yourself."
    )


@strawberry.input(description="Changes of a role; what is left out stays as it is.")
class UpdateRoleInput:
    """Argument of `updateRole`."""

    name: str | None = strawberry.field(default=None, description="Another name.")
    description: str | None = strawberry.field(default=None, description="Another description.")
    permissions: list[str] | None = strawberry.field(
        default=None, description="All that it permits from now on; none that you lack yourself."
    )


@strawberry.type
class RoleRoots:
    """Queries about roles."""

    @query(list[PermissionView], access=Permission.PROFILE_READ, max=len(CATALOGUE))
    async def permissions(self, info: Info) -> Sequence[PermissionInfo]:  # noqa: ARG002
        """All permissions that this server knows, for roles and API keys."""
        return CATALOGUE

    @query(Connection[RoleView], access=Permission.ROLES_LIST)
    async def roles(self, info: Info, first: First = 20, after: After = None) -> Any:
        """All roles: the built-in ones, the most powerful first, then the others by name."""
        repository = info.app.role_repository
        return Listing(await repository.page(Keyset(first, after)), repository.count)

    @query(RoleView | None, access=Permission.ROLES_LIST)
    async def role(self, info: Info, id: RoleRef) -> Any:  # noqa: A002, ARG002
        """A role by its id; null if it does not exist."""
        return id


@strawberry.type
class RoleMutations:
    """Changes of roles."""

    @mutation(RoleView, access=Permission.ROLES_MANAGE)
    async def create_role(
        self,
        info: Info,
        input: Annotated[CreateRoleInput, Doc("The new role.")],  # noqa: A002
    ) -> Role:
        """Create a role. It can permit nothing that you may not do yourself."""
        return await info.app.roles.create(info.viewer, _input(input))

    @mutation(RoleView, access=Permission.ROLES_MANAGE)
    async def update_role(
        self,
        info: Info,
        id: RoleRef,  # noqa: A002
        input: Annotated[UpdateRoleInput, Doc("The changes.")],  # noqa: A002
    ) -> Role:
        """Change a role, at once for everybody who has it. Built-in roles cannot be changed."""
        return await info.app.roles.update(info.viewer, id, _input(input))

    @mutation(strawberry.ID, access=Permission.ROLES_MANAGE)
    async def delete_role(
        self,
        info: Info,
        id: RoleRef,  # noqa: A002
        reassign_to: Annotated[
            UUID | None,
            Ref("role"),
            Doc("The role that its users get instead; needed when somebody has it."),
        ] = None,
    ) -> strawberry.ID:
        """Delete a role with its library grants. Built-in roles cannot be deleted. Returns its
        id.
        """
        await info.app.roles.delete(info.viewer, id, reassign_to)
        return strawberry.ID(encode_id("role", id))

    @mutation(RoleView, access=Permission.ROLES_MANAGE)
    async def require_role_factor(
        self,
        info: Info,
        id: RoleRef,  # noqa: A002
        required: Annotated[bool, Doc("False to require it no longer.")] = True,  # noqa: FBT002
    ) -> Role:
        """Require a second factor of everybody who has a role, built-in or not. At once, their
        sessions can only set one up.
        """
        return await info.app.roles.require_factor(info.viewer, id, required=required)


def _input(given: CreateRoleInput | UpdateRoleInput) -> RoleInput:
    return RoleInput(name=given.name, description=given.description, permissions=given.permissions)
