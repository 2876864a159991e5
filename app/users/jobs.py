"""What accounts leave to be done."""

from uuid import UUID

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job


@job("avatars.drop", queue=Queue.LOW, attempts=10, timeout=minutes(5), unique_by=("avatar_id",))
class DropAvatar(Job, frozen=True):
    """Delete the files of an avatar, unless it is somebody's."""

    avatar_id: UUID


@job("users.purge", queue=Queue.LOW, attempts=3, timeout=minutes(30), every=hours(1))
class PurgeUsers(Job, frozen=True):
    """Remove what is left of accounts that were deleted long enough ago."""
