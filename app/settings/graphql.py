"""Settings in the API: those of the server for administrators, everybody's own, and preferences."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, NewType

import strawberry
from graphql import GraphQLError

from app.core.access import PUBLIC, Permission
from app.core.ids import encode_id
from app.gql.access import mutation, query
from app.gql.arguments import Doc, Length
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import field, interface, view
from app.settings.domain import (
    Category,
    DigestFrequency,
    EmailFrequency,
    Kind,
    Preferences,
    ProfileVisibility,
    ServerSettingState,
    SettingState,
    Theme,
    UserCategory,
    UserSettingState,
)

MOST_SETTINGS = 200
Key = Annotated[str, Length(1, 100), Doc("Key of the setting, such as `server.name`.")]
SettingValue = NewType("SettingValue", object)
NewValue = Annotated[SettingValue, Doc("The new value, of the setting's `type`.")]


def _parse_value(value: Any) -> Any:
    if not isinstance(value, bool | int | float | str):
        raise GraphQLError("SettingValue takes a Boolean, a number or a text.")
    return value


def _serialize_value(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


SETTING_SCALARS: dict[object, Any] = {
    SettingValue: strawberry.scalar(
        name="SettingValue",
        description="The value of a setting: a Boolean, a number or a text, as its `type` says.",
        serialize=_serialize_value,
        parse_value=_parse_value,
    )
}
expose(
    Kind,
    "The type of a setting's value.",
    {
        Kind.BOOLEAN: "true or false.",
        Kind.INTEGER: "A whole number.",
        Kind.NUMBER: "A number.",
        Kind.TEXT: "A text.",
    },
    name="SettingType",
)
expose(
    Category,
    "A group of server settings: the first part of their keys.",
    {
        Category.SERVER: "The server itself: name and address.",
        Category.FEATURES: "What is turned on.",
        Category.AUTH: "Signing in, sessions and passwords.",
        Category.MAIL: "Sending mail.",
        Category.WEBAUTHN: "Passkeys.",
        Category.LIMITS: "Rate limits.",
        Category.ACTIVITY: "The activity log.",
        Category.AVATAR: "Avatars.",
        Category.APIKEYS: "API keys.",
        Category.SCANNING: "What scans make of files.",
        Category.IMAGES: "Artwork.",
        Category.METADATA: "Where metadata comes from.",
        Category.SEARCH: "What answers searches.",
    },
    name="SettingCategory",
)
expose(
    UserCategory,
    "A group of user settings: the first part of their keys.",
    {
        UserCategory.NOTIFICATIONS: "What you are told, and how.",
        UserCategory.PRIVACY: "What others see of you.",
        UserCategory.DISPLAY: "How clients look.",
        UserCategory.CONTENT: "What is shown, and in which language.",
        UserCategory.PLAYBACK: "Watching.",
    },
    name="UserSettingCategory",
)
expose(
    EmailFrequency,
    "How often notifications are mailed.",
    {
        EmailFrequency.INSTANT: "Each at once.",
        EmailFrequency.DAILY: "Once a day.",
        EmailFrequency.WEEKLY: "Once a week.",
    },
)
expose(
    DigestFrequency,
    "How often the digest is mailed.",
    {
        DigestFrequency.DAILY: "Once a day.",
        DigestFrequency.WEEKLY: "Once a week.",
        DigestFrequency.MONTHLY: "Once a month.",
    },
)
expose(
    ProfileVisibility,
    "Who may see your profile.",
    {
        ProfileVisibility.PUBLIC: "Everybody with an account.",
        ProfileVisibility.FRIENDS: "Your friends.",
        ProfileVisibility.PRIVATE: "You, administrators and moderators.",
    },
)
expose(
    Theme,
    "The look of clients.",
    {
        Theme.SYSTEM: "As the device is set.",
        Theme.LIGHT: "Light.",
        Theme.DARK: "Dark.",
    },
)


def _bound(state: SettingState, bound: float | None) -> float | None:
    return bound if state.kind in (Kind.INTEGER, Kind.NUMBER) else None


@interface
class SettingView:
    """A setting, of the server or of a user."""

    key: str = field("Key, such as `server.name`.")
    type: Kind = field("Type of the value.", of=lambda state: state.kind)
    description: str = field("What it does.", of=lambda state: state.setting.description)
    value: SettingValue | None = field("Current value; null for none, and for a secret setting.")
    default: SettingValue | None = field(
        "Value while it is not set; null for none.",
        of=lambda state: None if state.setting.secret else state.setting.default,
    )
    is_set: bool = field("Whether it was set; otherwise it has its default.")
    allowed_values: list[str] = field(
        "The values it takes; empty if they are not a closed set.",
        of=lambda state: list(state.setting.choices),
    )
    minimum: float | None = field(
        "Smallest number it takes.", of=lambda state: _bound(state, state.setting.least)
    )
    maximum: float | None = field(
        "Largest number it takes.", of=lambda state: _bound(state, state.setting.most)
    )
    updated_at: datetime | None = field("When it was set; null while it has its default.")


@view(ServerSettingState)
class ServerSettingView(SettingView):
    """A setting of the server."""

    category: Category = field("Group.", of=lambda state: Category(state.setting.category))
    is_secret: bool = field(
        "Whether its value is stored encrypted and never shown.",
        of=lambda state: state.setting.secret,
    )
    is_public: bool = field(
        "Whether anybody may read it with `publicSettings`.",
        of=lambda state: state.setting.public,
    )
    updated_by_id: strawberry.ID | None = field(
        "Id of the user who set it; null if unknown.",
        of=lambda state: encode_id("user", state.updated_by) if state.updated_by else None,
    )


@view(UserSettingState)
class UserSettingView(SettingView):
    """One of your own settings."""

    category: UserCategory = field("Group.", of=lambda state: UserCategory(state.setting.category))


@view(Preferences)
class PreferencesView:
    """Your preferences: your settings, typed."""

    email_notifications: bool = field("Whether notifications are mailed.")
    email_frequency: EmailFrequency = field("How often notifications are mailed.")
    push_notifications: bool = field("Whether notifications are pushed to devices.")
    digest: bool = field("Whether a digest of what is new is mailed.")
    digest_frequency: DigestFrequency = field("How often the digest is mailed.")
    profile_visibility: ProfileVisibility = field("Who may see your profile.")
    show_email: bool = field("Whether your profile shows your e-mail address.")
    show_activity: bool = field("Whether your profile shows what you watched.")
    theme: Theme = field("Look of clients.")
    display_language: str = field("Language of clients and mails, such as `en-US`.")
    content_language: str | None = field(
        "Preferred language of sound and subtitles; null for none."
    )
    metadata_language: str = field("Preferred language of titles and descriptions.")
    show_adult_content: bool = field(
        "Whether adult content is shown, as far as your account may see it."
    )
    show_spoilers: bool = field("Whether descriptions of what you did not watch yet are shown.")
    auto_play_videos: bool = field("Whether the next video starts by itself.")


@strawberry.input(description="Changes to your preferences; omitted fields stay as they are.")
class UpdatePreferencesInput:
    """Argument of `updatePreferences`."""

    email_notifications: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether notifications are mailed."
    )
    email_frequency: EmailFrequency | None = strawberry.field(
        default=strawberry.UNSET, description="How often notifications are mailed."
    )
    push_notifications: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether notifications are pushed to devices."
    )
    digest: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether a digest of what is new is mailed."
    )
    digest_frequency: DigestFrequency | None = strawberry.field(
        default=strawberry.UNSET, description="How often the digest is mailed."
    )
    profile_visibility: ProfileVisibility | None = strawberry.field(
        default=strawberry.UNSET, description="Who may see your profile."
    )
    show_email: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether your profile shows your e-mail address."
    )
    show_activity: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether your profile shows what you watched."
    )
    theme: Theme | None = strawberry.field(default=strawberry.UNSET, description="Look of clients.")
    display_language: str | None = strawberry.field(
        default=strawberry.UNSET, description="Language of clients and mails, such as `en-US`."
    )
    content_language: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Preferred language of sound and subtitles; null for none.",
    )
    metadata_language: str | None = strawberry.field(
        default=strawberry.UNSET, description="Preferred language of titles and descriptions."
    )
    show_adult_content: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether adult content is shown, as far as your account may see it.",
    )
    show_spoilers: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether descriptions of what you did not watch yet are shown.",
    )
    auto_play_videos: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether the next video starts by itself."
    )


@strawberry.type
class SettingRoots:
    """Settings of the server and of whoever asks."""

    @query(list[ServerSettingView], access=Permission.SETTINGS_READ, max=MOST_SETTINGS)
    async def settings(
        self,
        info: Info,
        category: Annotated[Category | None, Doc("Only settings of this group.")] = None,
    ) -> list[ServerSettingState]:
        """Settings of the server. Those of `limits`, `auth` and so on take effect at once."""
        return await info.app.settings.all(category)

    @query(ServerSettingView | None, access=Permission.SETTINGS_READ)
    async def setting(self, info: Info, key: Key) -> ServerSettingState | None:
        """One setting of the server."""
        return await info.app.settings.one(key)

    @query(list[ServerSettingView], access=PUBLIC, max=MOST_SETTINGS)
    async def public_settings(self, info: Info) -> list[ServerSettingState]:
        """Settings of the server that anybody may know, such as its name."""
        return info.app.settings.public()

    @query(list[UserSettingView], access=Permission.SETTINGS_USER_READ, max=MOST_SETTINGS)
    async def user_settings(
        self,
        info: Info,
        category: Annotated[UserCategory | None, Doc("Only settings of this group.")] = None,
    ) -> list[UserSettingState]:
        """Your own settings."""
        return await info.app.user_settings.all(info.viewer, category)

    @query(UserSettingView | None, access=Permission.SETTINGS_USER_READ)
    async def user_setting(self, info: Info, key: Key) -> UserSettingState | None:
        """One of your own settings."""
        return await info.app.user_settings.one(info.viewer, key)

    @query(PreferencesView, access=Permission.SETTINGS_USER_READ)
    async def preferences(self, info: Info) -> Preferences:
        """Your preferences: `userSettings`, typed."""
        return await info.app.user_settings.preferences(info.viewer)


@strawberry.type
class SettingMutations:
    """Changing settings."""

    @mutation(ServerSettingView, access=Permission.SETTINGS_WRITE)
    async def update_setting(self, info: Info, key: Key, value: NewValue) -> ServerSettingState:
        """Change a setting of the server. It takes effect everywhere within a moment."""
        return await info.app.settings.update(info.viewer, key, value)

    @mutation(ServerSettingView, access=Permission.SETTINGS_WRITE)
    async def reset_setting(self, info: Info, key: Key) -> ServerSettingState:
        """Give a setting of the server its default again."""
        return await info.app.settings.reset(info.viewer, key)

    @mutation(UserSettingView, access=Permission.SETTINGS_USER_WRITE)
    async def update_user_setting(self, info: Info, key: Key, value: NewValue) -> UserSettingState:
        """Change one of your own settings."""
        return await info.app.user_settings.update(info.viewer, key, value)

    @mutation(UserSettingView, access=Permission.SETTINGS_USER_WRITE)
    async def reset_user_setting(self, info: Info, key: Key) -> UserSettingState:
        """Give one of your own settings its default again."""
        return await info.app.user_settings.reset(info.viewer, key)

    @mutation(PreferencesView, access=Permission.SETTINGS_USER_WRITE)
    async def update_preferences(
        self,
        info: Info,
        input: Annotated[UpdatePreferencesInput, Doc("The changes.")],  # noqa: A002
    ) -> Preferences:
        """Change several of your preferences at once: all of them, or none."""
        given = {k: v for k, v in vars(input).items() if v is not strawberry.UNSET}
        return await info.app.user_settings.prefer(info.viewer, given)
