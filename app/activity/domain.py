"""What the activity log says."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from app.core.access import Viewer
from app.core.errors import Invalid
from app.core.ids import decode_id, encode_id, split_id

USER: Final = "user"
MOST_ACTIONS: Final = 50
MOST_TEXT: Final = 100


class Activity(Struct, frozen=True, kw_only=True):
    """Something that somebody did, or tried to do. `changes` never holds a secret."""

    id: UUID
    at: datetime
    action: str
    actor_id: UUID | None
    actor_name: str | None
    api_key_id: UUID | None
    resource_type: str | None
    resource_id: UUID | None
    changes: dict[str, Any] | None
    address: str | None
    agent: str | None
    success: bool
    problem: str | None

    @property
    def resource_ref(self) -> str | None:
        """The id of what it was done to, as the API writes it."""
        if self.resource_type is None or self.resource_id is None:
            return None
        return encode_id(self.resource_type, self.resource_id)

    @property
    def api_key_ref(self) -> str | None:
        """The id of the API key it was done with, likewise."""
        return None if self.api_key_id is None else encode_id("apikey", self.api_key_id)

    def shown_to(self, viewer: Viewer) -> "Activity | None":
        """What somebody without the right to the whole log may know: what they did, and what was
        done to their account, without whose doing it was and from where.
        """
        if viewer.user_id is None:
            return None
        if self.actor_id == viewer.user_id:
            return self
        if self.resource_type != USER or self.resource_id != viewer.user_id:
            return None
        nobody = {"actor_id": None, "actor_name": None, "api_key_id": None}
        return msgspec.structs.replace(self, **nobody, address=None, agent=None)


class ActivityFilter(Struct, frozen=True, kw_only=True):
    """Which entries; None for any. Times include `since` and exclude `until`."""

    user_id: UUID | None = None
    actions: tuple[str, ...] | None = None
    resource_type: str | None = None
    resource_id: UUID | None = None
    success: bool | None = None
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def admits(self, entry: Activity) -> bool:
        """Whether this is such an entry."""
        equal = (
            (self.user_id, entry.actor_id),
            (self.resource_type, entry.resource_type),
            (self.resource_id, entry.resource_id),
            (self.success, entry.success),
            (self.address, entry.address),
        )
        return (
            all(wanted in (None, found) for wanted, found in equal)
            and (self.actions is None or entry.action in self.actions)
            and (self.since is None or self.since <= entry.at)
            and (self.until is None or entry.at < self.until)
        )


class ActionCount(Struct, frozen=True, kw_only=True):
    """How often something was done, and how often in vain."""

    action: str
    total: int
    failures: int


class DayCount(Struct, frozen=True, kw_only=True):
    """How much was done on a day (UTC)."""

    day: datetime
    total: int
    failures: int


class ActivityStats(Struct, frozen=True, kw_only=True):
    """What a stretch of the log adds up to."""

    since: datetime
    until: datetime
    total: int
    failures: int
    users: int
    by_action: tuple[ActionCount, ...]
    by_day: tuple[DayCount, ...]


class Asked(Struct, frozen=True, kw_only=True):
    """A filter as a client writes it, with ids as they are on the wire."""

    user_id: str | None = None
    actions: tuple[str, ...] | None = None
    resource_type: str | None = None
    resource_id: str | None = None
    success: bool | None = None
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def checked(self) -> ActivityFilter:
        """The filter it means. Raises Invalid, naming the field at fault."""
        if len(self.actions or ()) > MOST_ACTIONS:
            raise Invalid(f"actions takes at most {MOST_ACTIONS} names.", field="actions")
        for action in self.actions or ():
            _check_text(action, "actions")
        _check_text(self.resource_type, "resourceType")
        _check_text(self.address, "address")
        kind, resource_id = self.resource_type, None
        if self.resource_id is not None:
            kind, resource_id = _resource(self.resource_id)
            if self.resource_type not in (None, kind):
                raise Invalid("The id is of another type of resource.", field="resourceId")
        return ActivityFilter(
            user_id=None if self.user_id is None else decode_id(USER, self.user_id, "userId"),
            actions=self.actions,
            resource_type=kind,
            resource_id=resource_id,
            success=self.success,
            address=self.address,
            since=self.since,
            until=self.until,
        )


def _check_text(value: str | None, field: str) -> None:
    if value is not None and not (0 < len(value) <= MOST_TEXT and value.isprintable()):
        raise Invalid(f"{field} takes 1 to {MOST_TEXT} printable characters.", field=field)


def _resource(text: str) -> tuple[str, UUID]:
    try:
        return split_id(text)
    except Invalid as error:
        raise Invalid(error.message, field="resourceId") from None
