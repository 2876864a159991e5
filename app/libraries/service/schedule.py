"""When a library is scanned: cron expressions."""

import contextlib
from datetime import datetime

from cronsim import CronSim, CronSimError

from app.core.errors import Invalid


def next_time(schedule: str | None, after: datetime) -> datetime | None:
    """When a cron expression comes next. Raises Invalid for one that is wrong or never comes."""
    if not schedule:
        return None
    if len(schedule) <= 100 and schedule.isascii() and len(schedule.split()) == 5:
        with contextlib.suppress(CronSimError, StopIteration):
            return next(CronSim(schedule, after))
    raise Invalid(
        f"{schedule[:100]!r} is not a cron expression of five fields, such as '0 4 * * *'.",
        field="schedule",
    )
