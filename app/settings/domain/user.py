"""The settings of users: one catalogue behind `userSettings` and the typed `preferences`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from app.settings.domain import forms
from app.settings.domain.setting import Catalogue, Setting, Values


class UserCategory(StrEnum):
    """The groups of user settings: the first part of their keys."""

    NOTIFICATIONS = "notifications"
    PRIVACY = "privacy"
    DISPLAY = "display"
    CONTENT = "content"
    PLAYBACK = "playback"


class EmailFrequency(StrEnum):
    """How often notifications are mailed."""

    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"


class DigestFrequency(StrEnum):
    """How often a digest is mailed."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class ProfileVisibility(StrEnum):
    """Who may see a profile."""

    PUBLIC = "public"
    FRIENDS = "friends"
    PRIVATE = "private"


class Theme(StrEnum):
    """How clients look."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Preferences(Struct, frozen=True, kw_only=True):
    """All settings of one user, typed. `content_language` is None for any."""

    email_notifications: bool
    email_frequency: EmailFrequency
    push_notifications: bool
    digest: bool
    digest_frequency: DigestFrequency
    profile_visibility: ProfileVisibility
    show_email: bool
    show_activity: bool
    theme: Theme
    display_language: str
    content_language: str | None
    metadata_language: str
    show_adult_content: bool
    show_spoilers: bool
    auto_play_videos: bool


LANGUAGE: Final = 35  # characters of the longest language tag in use
METADATA_LANGUAGE: Final = "content.metadata_language"
_NO_LANGUAGE: Setting[Any] = Setting(
    key="content.language",
    default=None,
    most=LANGUAGE,
    form=forms.language,
    optional=True,
    description="Preferred language of sound and subtitles; null for none.",
)
PREFERENCES: Final[Mapping[str, Setting[Any]]] = {
    "email_notifications": Setting(
        key="notifications.email.enabled",
        default=True,
        description="Whether notifications are mailed.",
    ),
    "email_frequency": Setting(
        key="notifications.email.frequency",
        default=EmailFrequency.INSTANT,
        description="How often notifications are mailed.",
    ),
    "push_notifications": Setting(
        key="notifications.push.enabled",
        default=False,
        description="Whether notifications are pushed to devices.",
    ),
    "digest": Setting(
        key="notifications.digest.enabled",
        default=True,
        description="Whether a digest of what is new is mailed.",
    ),
    "digest_frequency": Setting(
        key="notifications.digest.frequency",
        default=DigestFrequency.WEEKLY,
        description="How often the digest is mailed.",
    ),
    "profile_visibility": Setting(
        key="privacy.profile_visibility",
        default=ProfileVisibility.PRIVATE,
        description="Who may see the profile.",
    ),
    "show_email": Setting(
        key="privacy.show_email",
        default=False,
        description="Whether the profile shows the e-mail address.",
    ),
    "show_activity": Setting(
        key="privacy.show_activity",
        default=True,
        description="Whether the profile shows what was watched.",
    ),
    "theme": Setting(key="display.theme", default=Theme.SYSTEM, description="How clients look."),
    "display_language": Setting(
        key="display.language",
        default="en-US",
        most=LANGUAGE,
        form=forms.language,
        description="Language of clients and mails.",
    ),
    "content_language": _NO_LANGUAGE,
    "metadata_language": Setting(
        key=METADATA_LANGUAGE,
        default="en",
        most=LANGUAGE,
        form=forms.language,
        description="Preferred language of titles and descriptions.",
    ),
    "show_adult_content": Setting(
        key="content.show_adult",
        default=False,
        description="Whether adult content is shown, as far as the account may see it.",
    ),
    "show_spoilers": Setting(
        key="content.show_spoilers",
        default=False,
        description="Whether descriptions of what was not watched yet are shown.",
    ),
    "auto_play_videos": Setting(
        key="playback.auto_play_videos",
        default=True,
        description="Whether the next video starts by itself.",
    ),
}
USER: Final = Catalogue(tuple(PREFERENCES.values()))
if tuple(PREFERENCES) != Preferences.__struct_fields__:
    raise TypeError("Preferences and their settings differ.")


def preferences(values: Values) -> Preferences:
    """What somebody's settings are, with the defaults of those that are not set."""
    return Preferences(**{name: values.get(setting) for name, setting in PREFERENCES.items()})
