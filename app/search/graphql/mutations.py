"""What administrators do to the index."""

from typing import Any

import strawberry

from app.core.access import SYSTEM, Permission
from app.gql.access import mutation
from app.gql.info import Info
from app.search.graphql.inputs import IndexedKinds
from app.server.graphql import JobView


@strawberry.type
class SearchMutations:
    """Changes of the index."""

    @mutation(JobView, access=Permission.SEARCH_REINDEX)
    async def reindex(
        self,
        info: Info,
        kinds: IndexedKinds = None,
    ) -> Any:
        """Build the search index anew, while the old one goes on answering. Follow the job with the
        subscription `jobUpdated`; one that waits or runs already is the one.
        """
        job_id = await info.app.searching.reindex(info.viewer, kinds or ())
        # Whoever may ask for it gets to see it, of all jobs.
        return (await info.app.jobs.by_ids(SYSTEM, [job_id]))[job_id]
