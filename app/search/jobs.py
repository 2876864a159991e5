"""What search does later."""

from collections.abc import Mapping
from uuid import UUID

from app.core.clock import days, hours, minutes
from app.core.jobs import Job, Queue, constant, exponential, job
from app.search.domain import SearchKind


@job(
    "search.index",
    queue=Queue.HIGH,
    attempts=10,
    timeout=minutes(10),
    backoff=exponential(2, most=600),
    follows=("item", "person", "called", "user", "collection"),
)
class IndexDocuments(Job, frozen=True):
    """Bring documents up to date with what has changed: ids of items, persons and users, and of
    collections, by whose names items are found.
    """

    ids: Mapping[str, tuple[UUID, ...]]


@job("search.reindex", queue=Queue.BULK, attempts=5, timeout=hours(6), unique_by=("kinds",))
class ReindexSearch(Job, frozen=True):
    """Compare all documents of kinds with the content, and build the search server's index anew."""

    kinds: tuple[SearchKind, ...] = ()


@job("search.compare", queue=Queue.BULK, attempts=3, timeout=hours(6), every=days(1))
class CompareDocuments(Job, frozen=True):
    """Compare all documents with the content, and mend them where they differ."""


@job("search.forget_misses", queue=Queue.LOW, attempts=3, timeout=minutes(5), every=days(1))
class ForgetMisses(Job, frozen=True):
    """Delete queries without results that nobody has repeated for long."""


@job(
    "search.tell",
    queue=Queue.DEFAULT,
    attempts=5,
    timeout=hours(2),
    backoff=constant(5),
    every=minutes(1),
)
class TellSearchServer(Job, frozen=True):
    """Tell the search server, where there is one, what has changed."""


@job("search.reconcile", queue=Queue.LOW, attempts=3, timeout=hours(1), every=hours(1))
class ReconcileSearch(Job, frozen=True):
    """Compare what the search server has with what it was told, and mend it."""
