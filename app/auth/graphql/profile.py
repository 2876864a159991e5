"""What people change about their own account."""

from typing import Annotated
from uuid import UUID

import strawberry

from app.auth.graphql.views import UserView
from app.core.access import Permission
from app.gql.access import mutation
from app.gql.arguments import Doc, Ref
from app.gql.info import Info
from app.users.domain import UserId


@strawberry.input(description="Changes to your profile; omitted fields stay as they are.")
class UpdateProfileInput:
    """Argument of `updateProfile`."""

    display_name: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Name to show, at most 100 characters; null for the user name.",
    )
    timezone: str | None = strawberry.field(
        default=strawberry.UNSET, description="Time zone of the IANA, such as `Europe/Berlin`."
    )
    locale: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Language and region (BCP 47), such as `de-CH`, for the form of dates "
        "and numbers; the language of mails is the preference `displayLanguage`.",
    )


@strawberry.type
class ProfileMutations:
    """One's own name and picture."""

    @mutation(UserView, access=Permission.PROFILE_UPDATE)
    async def update_profile(
        self,
        info: Info,
        input: Annotated[UpdateProfileInput, Doc("The changes.")],  # noqa: A002
    ) -> UserId:
        """Change your name, time zone or locale."""
        given = {k: v for k, v in vars(input).items() if v is not strawberry.UNSET}
        return await info.app.users.update_profile(info.viewer, given)

    @mutation(UserView, access=Permission.PROFILE_UPDATE)
    async def set_avatar(
        self,
        info: Info,
        upload_id: Annotated[UUID, Ref("upload"), Doc("What `PUT /uploads` answered; good once.")],
    ) -> UserId:
        """Make an uploaded JPEG, PNG, WebP or GIF your picture: its middle, as a square."""
        return await info.app.avatars.set(info.viewer, upload_id)

    @mutation(UserView, access=Permission.PROFILE_UPDATE)
    async def delete_avatar(self, info: Info) -> UserId:
        """Remove your picture."""
        return await info.app.avatars.remove(info.viewer)
