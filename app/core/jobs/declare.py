"""What a job is: a frozen Struct of ids with its whole policy at the declaration."""

import hashlib
import random
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from msgspec import Struct

TOPIC: Final = "jobs"
"""The live topic on which the ids of jobs are told whose state or progress changed."""
J = TypeVar("J", bound="type[Job]")
Backoff = Callable[[int], timedelta]


class Queue(StrEnum):
    """Five queues; `bulk` has a process of its own."""

    CRITICAL = "critical"
    HIGH = "high"
    DEFAULT = "default"
    LOW = "low"
    BULK = "bulk"


class Cancel(Exception):
    """Raised by a handler: this can never succeed, do not try again."""


class Snooze(Exception):
    """Raised by a handler: not now, ask again after `delay`; costs no attempt."""

    def __init__(self, delay: timedelta, reason: str) -> None:
        super().__init__(reason)
        self.delay = delay


def exponential(first: float, *, factor: float = 2, most: float = 6 * 3600) -> Backoff:
    """`first` seconds after the first failure, `factor` times as much after each further one.

    Up to a tenth is added by chance, so that jobs that failed together do not return together.
    """

    def delay(failures: int) -> timedelta:
        wait = min(most, first * factor ** max(0, failures - 1))
        return timedelta(seconds=wait * (1 + random.random() / 10))  # noqa: S311 - jitter

    return delay


def constant(wait: float) -> Backoff:
    """`wait` seconds after every failure."""
    return lambda failures: timedelta(seconds=wait)  # noqa: ARG005 - the shape of a Backoff


class Policy(Struct, frozen=True, kw_only=True):
    """How jobs of a kind are run.

    `unique_by` names the fields that make two waiting jobs the same; with `unique_for` a job that
    completed less than that ago also answers for a new one. `every` makes the job periodic. One
    that `follows` beginnings of cache tags is enqueued, with the ids, by every commit that touches
    such tags: whoever forgets to tell it forgets to tell the cache.
    """

    name: str
    queue: Queue
    attempts: int
    timeout: timedelta
    backoff: Backoff
    unique_by: tuple[str, ...] | None
    unique_for: timedelta | None
    every: timedelta | None
    follows: frozenset[str] = frozenset()


class Job(Struct, frozen=True):
    """A command to be carried out later; it carries ids, never rows or secrets."""

    policy: ClassVar[Policy]

    def unique_key(self) -> bytes | None:
        """The 16 bytes under which a waiting job of this kind is the same, or None."""
        if self.policy.unique_by is None:
            return None
        values = [msgspec.to_builtins(getattr(self, name)) for name in self.policy.unique_by]
        raw = msgspec.json.encode([self.policy.name, values])
        return hashlib.blake2b(raw, digest_size=16).digest()

    def args(self) -> dict[str, Any]:
        """The fields as they are stored."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def job(  # noqa: PLR0913 - the policy is the declaration
    name: str,
    *,
    queue: Queue = Queue.DEFAULT,
    attempts: int = 5,
    timeout: timedelta = timedelta(minutes=5),
    backoff: Backoff | None = None,
    unique_by: tuple[str, ...] | None = None,
    unique_for: timedelta | None = None,
    every: timedelta | None = None,
    follows: tuple[str, ...] = (),
) -> Callable[[J], J]:
    """Declare a Job class: its kind on the ledger and its policy."""

    def declare(cls: J) -> J:
        missing = set(unique_by or ()) - set(cls.__struct_fields__)
        if follows and cls.__struct_fields__ != ("ids",):
            raise TypeError(f"{cls.__name__}: what follows tags has the field ids and no other")
        if missing:
            raise TypeError(f"{cls.__name__}: unique_by names unknown fields {sorted(missing)}")
        cls.policy = Policy(
            name=name,
            queue=queue,
            attempts=attempts,
            timeout=timeout,
            backoff=backoff or exponential(10),
            unique_by=unique_by if every is None else unique_by or (),
            unique_for=unique_for,
            every=every,
            follows=frozenset(follows),
        )
        return cls

    return declare
