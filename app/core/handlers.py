"""Who handles which job and who reacts to which event.

Decorators only mark functions; the container collects them from the slices' `handlers` modules into
one Registry, which refuses a job without a handler.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from msgspec import Struct

from app.core.events import Event
from app.core.jobs.declare import Backoff, Job, Policy, Queue, exponential

if TYPE_CHECKING:
    from app.core.jobs.run import Run

MOST_FOLLOWED: Final = 500  # ids of one job
Handler = Callable[[Any, Any, "Run"], Awaitable[None]]
H = TypeVar("H", bound=Handler)


class Bound(Struct, frozen=True):
    """A kind of job with its policy, the type of its arguments, and its handler."""

    policy: Policy
    payload: type[Struct]
    handler: Handler


def handles(job: type[Job]) -> Callable[[H], H]:
    """Mark the function `(app, job, run)` that carries out jobs of this class."""

    def mark(function: H) -> H:
        function.__handles__ = job  # type: ignore[attr-defined]
        return function

    return mark


def on(
    event: type[Event],
    *,
    queue: Queue = Queue.DEFAULT,
    attempts: int = 5,
    timeout: timedelta = timedelta(minutes=5),
    backoff: Backoff | None = None,
) -> Callable[[H], H]:
    """Mark the function `(app, event, run)` that reacts to events of this class, as a job."""

    def mark(function: H) -> H:
        name = f"on:{event.name}:{function.__module__.split('.')[1]}.{function.__name__}"
        policy = Policy(
            name=name,
            queue=queue,
            attempts=attempts,
            timeout=timeout,
            backoff=backoff or exponential(10),
            unique_by=None,
            unique_for=None,
            every=None,
        )
        function.__reacts__ = (event, policy)  # type: ignore[attr-defined]
        return function

    return mark


class Registry:
    """Handlers by kind of job, reactions by name of event, and which jobs follow cache tags."""

    def __init__(self) -> None:
        self.bound: dict[str, Bound] = {}
        self.followers: list[Policy] = []
        self.reactions: dict[str, list[Policy]] = {}

    @classmethod
    def collect(cls, modules: Iterable[ModuleType]) -> "Registry":
        """Gather the marked functions. Raises TypeError for a kind that is handled twice."""
        registry = cls()
        for module in modules:
            for function in vars(module).values():
                if getattr(function, "__module__", None) != module.__name__:
                    continue
                if (job := getattr(function, "__handles__", None)) is not None:
                    registry._bind(Bound(job.policy, job, function))
                if (reaction := getattr(function, "__reacts__", None)) is not None:
                    event, policy = reaction
                    registry._bind(Bound(policy, event, function))
                    registry.reactions.setdefault(event.name, []).append(policy)
        return registry

    def _bind(self, bound: Bound) -> None:
        if bound.policy.name in self.bound:
            raise TypeError(f"The job {bound.policy.name} has two handlers.")
        self.bound[bound.policy.name] = bound
        if bound.policy.follows:
            self.followers.append(bound.policy)

    def following(self, tags: Iterable[str]) -> Iterable[tuple[Policy, dict[str, Any]]]:
        """The jobs that follow these tags, with their arguments: ids by what their tags begin with.

        `item:0192…` begins with "item"; there are at most 500 ids in one job.
        """
        if not self.followers:
            return
        named = [(first, id_) for first, _, id_ in (tag.partition(":") for tag in tags) if id_]
        for policy in self.followers:
            wanted = [one for one in named if one[0] in policy.follows]
            for start in range(0, len(wanted), MOST_FOLLOWED):
                ids: dict[str, list[str]] = {}
                for first, id_ in wanted[start : start + MOST_FOLLOWED]:
                    ids.setdefault(first, []).append(id_)
                yield policy, {"ids": ids}

    def check(self) -> None:
        """Raise TypeError when a declared job has no handler."""
        for job in _declared(Job):
            if job.policy.name not in self.bound:
                raise TypeError(f"The job {job.policy.name} has no handler.")

    def decode(self, kind: str, args: Any) -> tuple[Bound, Struct]:
        """The handler and arguments of a row. Raises KeyError or msgspec.ValidationError."""
        bound = self.bound[kind]
        return bound, msgspec.convert(args, bound.payload)

    def periodic(self) -> list[Policy]:
        """The policies of jobs that run by the clock."""
        return [b.policy for b in self.bound.values() if b.policy.every is not None]


def _declared(base: type[Job]) -> Iterable[type[Job]]:
    for job in base.__subclasses__():
        if hasattr(job, "policy") and not job.__module__.startswith("tests"):
            yield job
        yield from _declared(job)
