"""Jobs and the server itself in the API."""

from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.core.access import PUBLIC, Permission, Viewer
from app.core.clock import seconds
from app.core.jobs import Queue
from app.core.page import Keyset, Listing
from app.core.ratelimit import Tier
from app.gql.access import mutation, query, subscription
from app.gql.arguments import After, Doc, First, Length, Ref
from app.gql.connection import Connection
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import Node, field, view
from app.server.domain import (
    JobFailure,
    JobFilter,
    JobProgress,
    JobRecord,
    JobState,
    RateLimit,
    ServerInfo,
)

if TYPE_CHECKING:
    from app.container import Container

JobRef = Annotated[UUID, Ref("job"), Doc("Id of a job.")]


expose(
    JobState,
    "The state of a job.",
    {
        JobState.AVAILABLE: "Waiting for a worker.",
        JobState.RUNNING: "Being executed.",
        JobState.RETRYABLE: "An attempt failed; waiting for the next one.",
        JobState.COMPLETED: "Finished successfully. Kept for one day.",
        JobState.CANCELLED: "Cancelled, or unable to ever succeed. Kept for one week.",
        JobState.DISCARDED: "All attempts failed. Kept for 30 days; see `retryJob`.",
    },
)
expose(
    Queue,
    "The queue of a job; each queue has its own workers.",
    {
        Queue.CRITICAL: "Jobs that somebody is waiting for.",
        Queue.HIGH: "Jobs that run before others.",
        Queue.DEFAULT: "Most jobs.",
        Queue.LOW: "Maintenance.",
        Queue.BULK: "Long work over many files, in a separate process.",
    },
    name="JobQueue",
)


async def job_by_id(
    app: "Container", viewer: Viewer, ids: Collection[UUID]
) -> Mapping[UUID, JobRecord]:
    """Batch of jobs by their ids."""
    return await app.jobs.by_ids(viewer, ids)


@view(JobProgress)
class JobProgressView:
    """Progress of a running job."""

    fraction: float = field("Completed fraction, from 0 to 1.")
    note: str = field("Current step.")


@view(JobFailure)
class JobErrorView:
    """A failed attempt."""

    attempt: int = field("Number of the attempt, from 1.")
    error: str = field("Error message.")
    at: datetime = field("When it failed.")


@view(JobRecord, node="job", load=job_by_id, access=Permission.JOBS_LIST)
class JobView(Node):
    """A background job."""

    kind: str = field("Kind of job, such as `jobs.cleanup`.")
    queue: Queue = field("Queue.")
    state: JobState = field("State.")
    attempt: int = field("Number of attempts so far.")
    max_attempts: int = field("Number of failures after which it is discarded.")
    failures: int = field("Number of failures so far.")
    progress: JobProgressView | None = field("Progress; null if the job does not report any.")
    errors: list[JobErrorView] = field(
        "The last ten errors, newest first.",
        of=lambda job: sorted(job.errors, key=lambda failure: failure.attempt, reverse=True),
    )
    run_at: datetime = field("When it is due.")
    created_at: datetime = field("When it was created.")
    started_at: datetime | None = field("When the latest attempt started.")
    finished_at: datetime | None = field("When it finished, whatever the outcome.")
    cancel_requested: bool = field("Whether cancellation was requested and is still pending.")


expose(
    Tier,
    "What is rate-limited apart from the rest.",
    {
        Tier.GLOBAL: "All operations, by their cost.",
        Tier.AUTH: "What checks a password, code or token.",
        Tier.MUTATION: "Mutations.",
        Tier.SEARCH: "Searches.",
    },
    name="RateLimitTier",
)


@view(RateLimit)
class RateLimitView:
    """How much you may still ask."""

    tier: Tier = field("What is limited.")
    limit: int = field("How much may be asked at once.")
    remaining: int = field("How much of it is left after this operation.")
    reset_at: datetime = field("When all of it is free again.")
    cost: int = field("Cost of this operation; each hundred, or part of it, takes one.")


@view(ServerInfo)
class ServerInfoView:
    """Information about this server."""

    name: str = field("Product name.")
    version: str = field("Product version.")
    started_at: datetime = field("When this process started.")
    database_version: str = field("PostgreSQL version.")
    redis_version: str | None = field("Redis or Valkey version; null while it is unavailable.")
    features: list[str] = field("Enabled features, such as `playground`.")


@strawberry.type
class ServerRoots:
    """Jobs and the server itself."""

    @query(RateLimitView | None, access=PUBLIC)
    async def rate_limit(self, info: Info) -> RateLimit | None:
        """Your rate limit; null if nothing is limited."""
        charge = info.context.charge
        if charge is None:
            return None
        verdict = charge.verdict
        return RateLimit(
            tier=verdict.tier,
            limit=verdict.limit,
            remaining=verdict.remaining,
            reset_at=info.app.clock.now() + seconds(verdict.reset_after),
            cost=charge.cost,
        )

    @query(Connection[JobView], access=Permission.JOBS_LIST)
    async def jobs(  # noqa: PLR0913 - the arguments of the query
        self,
        info: Info,
        *,
        state: Annotated[JobState | None, Doc("Only jobs in this state.")] = None,
        kind: Annotated[str | None, Length(1, 100), Doc("Only jobs of this kind.")] = None,
        queue: Annotated[Queue | None, Doc("Only jobs in this queue.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Listing[UUID]:
        """Background jobs, newest first."""
        wanted = JobFilter(state=state, kind=kind, queue=queue)
        page = await info.app.jobs.page(wanted, Keyset(first, after))
        return Listing(page, lambda: info.app.jobs.count(wanted))

    @query(JobView | None, access=Permission.JOBS_LIST)
    async def job(self, info: Info, id: JobRef) -> UUID:  # noqa: A002, ARG002 - its name in the API
        """A job by its id; null if it does not exist (any more)."""
        return id

    @query(ServerInfoView, access=Permission.SERVER_READ)
    async def server_info(self, info: Info) -> ServerInfo:
        """Versions, features and start time of this server."""
        return await info.app.server.info()


@strawberry.type
class ServerMutations:
    """What administrators do to jobs."""

    @mutation(JobView, access=Permission.JOBS_MANAGE)
    async def retry_job(self, info: Info, id: JobRef) -> JobRecord:  # noqa: A002
        """Run a finished job again, with its full number of attempts."""
        return await info.app.jobs.retry(info.viewer, id)

    @mutation(JobView, access=Permission.JOBS_MANAGE)
    async def cancel_job(self, info: Info, id: JobRef) -> JobRecord:  # noqa: A002
        """Cancel a job: at once if it is waiting, as soon as it can stop if it is running."""
        return await info.app.jobs.cancel(info.viewer, id)


@strawberry.type
class ServerSubscriptions:
    """Jobs as they go."""

    @subscription(JobView, access=Permission.JOBS_LIST, personal=False)
    async def job_updated(
        self,
        info: Info,
        id: Annotated[UUID | None, Ref("job"), Doc("Only this job; all jobs by default.")] = None,  # noqa: A002
    ) -> AsyncGenerator[JobRecord, None]:
        """Sends a job whenever its state or progress changes."""
        async for ids in info.app.jobs.changes(id):
            info.viewer.require(Permission.JOBS_LIST)  # it may have been taken away meanwhile
            found = await info.app.jobs.by_ids(info.viewer, ids)
            for job_id in ids:
                if job_id in found:
                    yield found[job_id]
