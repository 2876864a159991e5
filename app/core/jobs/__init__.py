"""Jobs: PostgreSQL is the queue, arq is the doorbell."""

from app.core.jobs.declare import (
    TOPIC,
    Backoff,
    Cancel,
    Job,
    Policy,
    Queue,
    Snooze,
    constant,
    exponential,
    job,
)

__all__ = [
    "TOPIC",
    "Backoff",
    "Cancel",
    "Job",
    "Policy",
    "Queue",
    "Snooze",
    "constant",
    "exponential",
    "job",
]
