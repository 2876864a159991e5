"""The activity log in the API."""

from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from app.activity.domain import ActionCount, Activity, ActivityStats, Asked, DayCount
from app.auth.graphql import UserView, user_by_id
from app.core.access import Permission, Viewer
from app.core.page import Keyset, Listing
from app.gql.access import query, subscription
from app.gql.arguments import After, Doc, First
from app.gql.connection import Connection
from app.gql.edge import edge
from app.gql.info import Info
from app.gql.view import Node, field, view

if TYPE_CHECKING:
    from app.container import Container


async def activity_by_id(
    app: "Container", viewer: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, Activity]:
    """Batch of entries by their ids."""
    return await app.activity.by_ids(viewer, ids)


@view(Activity, node="activity", load=activity_by_id, access=Permission.PROFILE_READ)
class ActivityView(Node):
    """Something that somebody did, or tried to do."""

    at: datetime = field("When it was done.")
    action: str = field("What was done, such as `library.update`.")
    actor: UserView | None = edge(
        user_by_id,
        "Who did it; null if it was nobody signed in, a deleted account, or you may not see it.",
        key="actor_id",
    )
    actor_name: str | None = field("User name at that time; `system` for the server itself.")
    api_key_id: strawberry.ID | None = field(
        "Id of the API key that was used; null if it was none.", of=lambda entry: entry.api_key_ref
    )
    resource_type: str | None = field("Kind of object it was done to, such as `library`.")
    resource_id: strawberry.ID | None = field(
        "Id of the object; it may not exist any more.", of=lambda entry: entry.resource_ref
    )
    changes: JSON | None = field("What was changed, by the names of fields; never a secret.")
    address: str | None = field("IP address it was done from.")
    agent: str | None = field("Program it was done with, as it calls itself.")
    success: bool = field("Whether it succeeded.")
    problem: str | None = field("Why it failed.")


@view(ActionCount)
class ActionCountView:
    """How often an action was done."""

    action: str = field("Name of the action, such as `user.login`.")
    total: int = field("Number of entries.")
    failures: int = field("Number of failed ones.")


@view(DayCount)
class DayCountView:
    """How much was done on a day."""

    day: datetime = field("Start of the day, in UTC.")
    total: int = field("Number of entries.")
    failures: int = field("Number of failed ones.")


@view(ActivityStats)
class ActivityStatsView:
    """Statistics over the activity log."""

    since: datetime = field("Start of the period, included.")
    until: datetime = field("End of the period, excluded.")
    total: int = field("Number of entries.")
    failures: int = field("Number of failed ones.")
    users: int = field("Number of users who did something.")
    by_action: list[ActionCountView] = field(
        "All known actions by name, also those that were never done."
    )
    by_day: list[DayCountView] = field("Days with entries, oldest first.")


@strawberry.input(description="Filter for the activity log; all conditions must match.")
class ActivityFilter:
    """Filter of `activity`."""

    user_id: strawberry.ID | None = strawberry.field(default=None, description="Done by this user.")
    actions: list[str] | None = strawberry.field(
        default=None, description="Any of these actions, at most 50; see `activityStats`."
    )
    resource_type: str | None = strawberry.field(
        default=None, description="Done to this kind of object, such as `library`."
    )
    resource_id: strawberry.ID | None = strawberry.field(
        default=None, description="Done to this object; its type is in the id."
    )
    success: bool | None = strawberry.field(
        default=None, description="Only what succeeded (true) or failed (false)."
    )
    address: str | None = strawberry.field(
        default=None, description="Done from exactly this IP address."
    )
    since: datetime | None = strawberry.field(
        default=None, description="Done at or after this time."
    )
    until: datetime | None = strawberry.field(default=None, description="Done before this time.")

    def asked(self) -> Asked:
        """The filter as the slice knows it."""
        return Asked(
            user_id=self.user_id,
            actions=None if self.actions is None else tuple(self.actions),
            resource_type=self.resource_type,
            resource_id=self.resource_id,
            success=self.success,
            address=self.address,
            since=self.since,
            until=self.until,
        )


@strawberry.type
class ActivityRoots:
    """Reading the activity log."""

    @query(Connection[ActivityView], access=Permission.AUDIT_READ)
    async def activity(
        self,
        info: Info,
        filter: Annotated[ActivityFilter | None, Doc("Which entries; all by default.")] = None,  # noqa: A002
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Activity log, newest first."""
        log, viewer = info.app.activity, info.viewer
        wanted = (filter or ActivityFilter()).asked().checked()
        page = await log.page(viewer, wanted, Keyset(first, after))
        return Listing(page, lambda: log.count(viewer, wanted))

    @query(Connection[ActivityView], access=Permission.PROFILE_READ)
    async def my_activity(self, info: Info, first: First = 20, after: After = None) -> Any:
        """What you did and what was done to your account, newest first."""
        log, viewer = info.app.activity, info.viewer
        page = await log.own_page(viewer, Keyset(first, after))
        return Listing(page, lambda: log.own_count(viewer))

    @query(ActivityStatsView, access=Permission.AUDIT_READ)
    async def activity_stats(
        self,
        info: Info,
        since: Annotated[
            datetime | None, Doc("Start of the period; by default 30 days before its end.")
        ] = None,
        until: Annotated[
            datetime | None, Doc("End of the period, at most 366 days later; by default now.")
        ] = None,
    ) -> Any:
        """Statistics over the activity log."""
        return await info.app.activity.stats(info.viewer, since, until)


@strawberry.type
class ActivitySubscriptions:
    """The activity log as it grows."""

    @subscription(ActivityView, access=Permission.AUDIT_READ)
    async def activity_added(
        self,
        info: Info,
        filter: Annotated[ActivityFilter | None, Doc("Which entries; all by default.")] = None,  # noqa: A002
    ) -> AsyncGenerator[Activity, None]:
        """Sends every new entry of the activity log."""
        wanted = (filter or ActivityFilter()).asked().checked()
        async for ids in info.app.activity.added():
            info.viewer.require(Permission.AUDIT_READ)  # it may have been taken away meanwhile
            found = await info.app.activity.by_ids(info.viewer, ids)
            for entry in found.values():
                if wanted.admits(entry):
                    yield entry
