"""Jobs and the server itself in the API."""

from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.core.access import Permission, Viewer
from app.core.jobs import Queue
from app.core.page import Keyset, Listing
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
    ServerInfo,
)

if TYPE_CHECKING:
    from app.container import Container

JobRef = Annotated[UUID, Ref("job"), Doc("The id of a job.")]


expose(
    JobState,
    "Where a job stands.",
    {
        JobState.AVAILABLE: "It waits for a worker.",
        JobState.RUNNING: "A worker carries it out.",
        JobState.RETRYABLE: "An attempt failed; it waits for the next one.",
        JobState.COMPLETED: "It is done. Kept for a day.",
        JobState.CANCELLED: "It was stopped, or can never succeed. Kept for a week.",
        JobState.DISCARDED: "It failed too often. Kept for 30 days; see `retryJob`.",
    },
)
expose(
    Queue,
    "The line a job waits in; each has workers of its own.",
    {
        Queue.CRITICAL: "What somebody waits for.",
        Queue.HIGH: "Before others.",
        Queue.DEFAULT: "Most jobs.",
        Queue.LOW: "Upkeep, when there is time.",
        Queue.BULK: "Long work over many files, in a process of its own.",
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
    """How far a running job is."""

    fraction: float = field("From 0 to 1.")
    note: str = field("What it is at.")


@view(JobFailure)
class JobErrorView:
    """What went wrong in one attempt."""

    attempt: int = field("Which attempt it was, from 1.")
    error: str = field("What went wrong.")
    at: datetime = field("When.")


@view(JobRecord, node="job", load=job_by_id)
class JobView(Node):
    """Work that the server does in the background."""

    kind: str = field("What it does, such as `jobs.cleanup`.")
    queue: Queue = field("The line it waits in.")
    state: JobState = field("Where it stands.")
    attempt: int = field("How often it was begun.")
    max_attempts: int = field("After how many failures it is given up.")
    failures: int = field("How often it has failed.")
    progress: JobProgressView | None = field("How far it is; null where it does not say.")
    errors: list[JobErrorView] = field(
        "What went wrong lately, the newest first, at most ten.",
        of=lambda job: sorted(job.errors, key=lambda failure: failure.attempt, reverse=True),
    )
    run_at: datetime = field("When it is or was due.")
    created_at: datetime = field("When it was asked for.")
    started_at: datetime | None = field("When its last attempt began.")
    finished_at: datetime | None = field("When it was over.")
    cancel_requested: bool = field("Whether it was asked to stop and has not yet.")


@view(ServerInfo)
class ServerInfoView:
    """What runs here."""

    name: str = field("The name of the product.")
    version: str = field("Its version.")
    started_at: datetime = field("When this process started.")
    database_version: str = field("The version of PostgreSQL.")
    redis_version: str | None = field(
        "The version of Redis or Valkey; null while it is away, which costs only speed."
    )
    features: list[str] = field("What is switched on, such as `playground`.")


@strawberry.type
class ServerRoots:
    """Jobs and the server itself."""

    @query(Connection[JobView], access=Permission.JOBS_LIST)
    async def jobs(  # noqa: PLR0913 - the arguments of the query
        self,
        info: Info,
        *,
        state: Annotated[JobState | None, Doc("Only those that stand so.")] = None,
        kind: Annotated[str | None, Length(1, 100), Doc("Only those of this kind.")] = None,
        queue: Annotated[Queue | None, Doc("Only those of this queue.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Listing[UUID]:
        """Jobs, the newest first."""
        wanted = JobFilter(state=state, kind=kind, queue=queue)
        page = await info.app.jobs.page(wanted, Keyset(first, after))
        return Listing(page, lambda: info.app.jobs.count(wanted))

    @query(JobView | None, access=Permission.JOBS_LIST)
    async def job(self, info: Info, id: JobRef) -> UUID:  # noqa: A002, ARG002 - its name in the API
        """One job; null when there is none, or no longer."""
        return id

    @query(ServerInfoView, access=Permission.SERVER_READ)
    async def server_info(self, info: Info) -> ServerInfo:
        """What runs here, in which version, and since when."""
        return await info.app.server.info()


@strawberry.type
class ServerMutations:
    """What administrators do to jobs."""

    @mutation(JobView, access=Permission.JOBS_MANAGE)
    async def retry_job(self, info: Info, id: JobRef) -> JobRecord:  # noqa: A002
        """Put a job that is over back to work, with all its attempts."""
        return await info.app.jobs.retry(info.viewer, id)

    @mutation(JobView, access=Permission.JOBS_MANAGE)
    async def cancel_job(self, info: Info, id: JobRef) -> JobRecord:  # noqa: A002
        """Cancel a job: at once while it waits, and while it runs as soon as it can stop."""
        return await info.app.jobs.cancel(info.viewer, id)


@strawberry.type
class ServerSubscriptions:
    """Jobs as they go."""

    @subscription(JobView, access=Permission.JOBS_LIST)
    async def job_updated(
        self,
        info: Info,
        id: Annotated[UUID | None, Ref("job"), Doc("Only this job; all without it.")] = None,  # noqa: A002
    ) -> AsyncGenerator[JobRecord, None]:
        """A job whenever its state or progress changes, as it stands then."""
        async for ids in info.app.jobs.changes(id):
            info.viewer.require(Permission.JOBS_LIST)  # it may have been taken away meanwhile
            found = await info.app.jobs.by_ids(info.viewer, ids)
            for job_id in ids:
                if job_id in found:
                    yield found[job_id]
