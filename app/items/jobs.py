"""What is done with items from time to time."""

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job


@job("items.fold_counts", queue=Queue.LOW, attempts=3, timeout=minutes(5), every=minutes(5))
class FoldCounts(Job, frozen=True):
    """Add up what writes have added to the counters of items."""


@job("items.recount", queue=Queue.LOW, attempts=3, timeout=minutes(30), every=hours(24))
class RecountItems(Job, frozen=True):
    """Compare the counters with the items: a database that was restored in parts may differ."""
