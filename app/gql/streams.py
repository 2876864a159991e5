"""Subscriptions: what many sockets ask for with the same rights is executed and encoded once.

Those who subscribe to the same share a stream. One task drives its source; every result becomes the
text of a payload once, and goes into a bounded queue of each subscriber. A stream is executed as
its class of rights, never as a person: what it tells can be told to all of that class, and to them
only, so whoever hands it out compares the class of who is there now with it.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import orjson
from graphql import GraphQLError
from msgspec import Struct
from strawberry.types.execution import PreExecutionError

from app.core.access import Viewer
from app.core.ids import new_id
from app.core.metrics import Metrics
from app.core.tasks import end
from app.gql.access import Root
from app.gql.documents import Operation, Refused
from app.gql.errors import present
from app.gql.execution import Executor, Request
from app.gql.origin import Origin
from app.gql.payloads import OPENING, Log, Payload, framed, marks_of
from app.gql.roots import fields_below, subscriptions_of
from app.gql.transport import Gateway

REST: Final = 4  # a fourth of the time, at most, goes into waking subscribers
MOST_PAUSE: Final = 0.2
EVERYBODY: Final = UUID(int=0)  # no account has it


def class_of(viewer: Viewer, *, personal: bool) -> Viewer:
    """As whom a stream is executed: all that its content may depend on of who listens.

    Where it is not personal that is nobody's person: what reads an account finds none.
    """
    if personal:
        return viewer
    return Viewer(
        scope=viewer.scope,
        user_id=EVERYBODY if viewer.signed_in else None,
        api_key_id=None if viewer.api_key_id is None else EVERYBODY,
        permissions=viewer.permissions,
        owes_factor=viewer.owes_factor,
        owes_password=viewer.owes_password,
        language=viewer.language,
    )


class Key(Struct, frozen=True):
    """What a stream is the stream of; `alone` tells those apart that nobody shares."""

    query: str
    operation_name: str | None
    variables: bytes
    viewer: Viewer
    alone: UUID | None


class Asked(Struct, frozen=True):
    """A subscription as asked for, by whom at any moment, and what its messages begin with."""

    request: Request
    operation: Operation
    viewer: Callable[[], Viewer]
    opening: bytes


class End(Struct, frozen=True):
    """How a stream ended: completed, or with the errors of this JSON text."""

    errors: bytes | None = None


class Subscriber:
    """One subscription of one socket: how far it is in its stream.

    Who falls too far behind goes on with the oldest payload that is kept, and is told so.
    """

    def __init__(self, stream: "Stream", asked: Asked, *, moved: bool) -> None:
        self._stream, self._moved = stream, moved
        self._lagged = moved and stream.can_tell_lags
        self._opening, self._viewer = asked.opening, asked.viewer
        self.at = stream.log.end
        self._before: Payload | None = None
        self._due = False
        self._waiter: asyncio.Future[None] | None = None
        self._seen: Viewer | None = None

    def begin(self, payload: Payload) -> None:
        """Get this before all that comes."""
        self._before = payload
        self.wake()

    def wake(self) -> None:
        """There is something to look at."""
        self._due = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def ready(self) -> None:
        """Until there is something to look at."""
        while not self._due:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
            self._waiter = None

    @property
    def entitled(self) -> bool:
        """Whether the stream is for who asks now."""
        viewer = self._viewer()
        if viewer is not self._seen:
            if class_of(viewer, personal=self._stream.personal) != self._stream.viewer:
                return False
            self._seen = viewer
        return True

    @property
    def ended(self) -> End | None:
        """How the stream ended, when nothing waits any more."""
        return None if self._waits else self._stream.ended

    @property
    def _waits(self) -> bool:
        return self._before is not None or self.at < self._stream.log.end

    def text(self) -> bytes | None:
        """The next message, if there is one for who asks now."""
        if not self.entitled:
            return None
        found = self._next()
        self._due = self._waits or self._stream.ended is not None
        return None if found is None else self._opening + found + b"}"

    def frames(self, most: int) -> bytes:
        """Messages as frames of a websocket, if there are any for who asks now: about so many
        bytes of them, and at least one.
        """
        if not self.entitled:
            return b""
        log = self._stream.log
        usual = not (self._lagged or self._moved or self._before is not None)
        if usual and log.first <= self.at < log.end:
            after, frames = log.frames(self.at, len(self._opening), most)
            found = frames.replace(OPENING, self._opening)
            self._pass(after)
        else:  # one that is not like everybody's, the others follow
            text = self._next()
            found = b"" if text is None else framed([text], self._opening)
        self._due = self._waits or self._stream.ended is not None
        return found

    def _next(self) -> bytes | None:
        log, payload = self._stream.log, self._before
        self._before = None
        if payload is None:
            if self.at < log.first:
                self.at, self._lagged = log.first, self._stream.can_tell_lags
            if self.at == log.end:
                return None
            payload = log[self.at]
            self._pass(self.at + 1)
        moved, self._moved = self._moved, False
        if moved and payload.absent:
            return None  # what may not be seen any more is over, and not an error
        if self._lagged and (told := payload.lagged()) is not None:
            self._lagged = False
            return told
        return payload.text

    def _pass(self, to: int) -> None:
        self.at = to
        self._stream.passed(self)

    def leave(self) -> "asyncio.Task[None] | None":
        """Take no more; the task is that of the stream's end where nobody is left."""
        return self._stream.leave(self)


class Stream:
    """The results of one operation for one class of rights."""

    def __init__(
        self, streams: "Streams", key: Key, request: Request, operation: Operation
    ) -> None:
        self._streams, self._key, self._request = streams, key, request
        self.viewer, self.personal = key.viewer, key.alone is not None
        self._state = streams.tells_state(operation)
        self._marks = marks_of(operation)
        self.can_tell_lags = bool(self._marks)
        self._context = streams.context(key.viewer, operation)
        self._subscribers: set[Subscriber] = set()
        self._behind = 0
        self._latest: Payload | None = None
        self._wake_after = 0.0
        self._waking: asyncio.TimerHandle | None = None
        self._measuring = False
        self.log = Log()
        self.ended: End | None = None
        self.driver = asyncio.create_task(self._drive(), name="gql.stream")

    def join(self, asked: Asked, *, moved: bool) -> Subscriber:
        """A subscriber to what comes from now on; to a state, from the present one on."""
        subscriber = Subscriber(self, asked, moved=moved)
        self._subscribers.add(subscriber)
        if self._latest is not None:
            subscriber.begin(self._latest)
        return subscriber

    def leave(self, subscriber: Subscriber) -> "asyncio.Task[None] | None":
        """One less; the task is that of the end."""
        self._subscribers.discard(subscriber)
        if subscriber.at < self.log.end:
            subscriber.at = self.log.end
            self.passed(subscriber)
        return None if self._subscribers else self._streams.stop(self._key, self)

    def passed(self, subscriber: Subscriber) -> None:
        """Somebody got on: what everybody got is not kept."""
        if subscriber.at == self.log.end:
            self._behind -= 1
            if self._behind == 0:
                self.log.clear()

    async def _drive(self) -> None:
        try:
            await self._follow()
        except Refused as refused:
            self._finish(End(self._presented(refused.errors)))
        except Exception as error:  # noqa: BLE001 - presented, and logged there if unexpected
            wrapped = GraphQLError(str(error), original_error=error)
            self._finish(End(self._presented([wrapped])))
        else:
            self._finish(End())

    async def _follow(self) -> None:
        executor = self._streams.executor
        source: Any = await executor.subscribe(self._request, self._context)
        if isinstance(source, PreExecutionError):
            raise Refused(list(source.errors or ()))
        try:
            async for result in source:
                if isinstance(result, PreExecutionError):
                    raise Refused(list(result.errors or ()))
                self._hand_out(Payload(executor.answer(result, self._context), self._marks))
                if self.log.filling:
                    self.still()
                    self._wake()
                    await asyncio.sleep(0)  # theirs comes first
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    def _hand_out(self, payload: Payload) -> None:
        if self._state:
            self._latest = payload
        self.log.add(payload)
        self._behind = len(self._subscribers)
        self._plan()

    def _plan(self) -> None:
        """Wake everybody now, or when they may be again."""
        if self._waking is None and not self._measuring:
            loop = asyncio.get_running_loop()
            self._waking = loop.call_at(max(loop.time(), self._wake_after), self._wake)

    def _wake(self) -> None:
        """Everybody at once, and then not for a while: what comes in one burst leaves in few turns
        of many sockets, and the source has its turns between.
        """
        self._waking, self._measuring = None, True
        loop = asyncio.get_running_loop()
        began, told = loop.time(), self.log.end

        def woken() -> None:
            self._measuring = False
            self._wake_after = began + min(MOST_PAUSE, (loop.time() - began) * REST)
            if self.log.end > told and self._subscribers and self.ended is None:
                self._plan()

        for subscriber in self._subscribers:
            subscriber.wake()
        loop.call_soon(woken)  # after their turns

    def _finish(self, how: End) -> None:
        self.ended = how
        self._streams.forget(self._key, self)
        self.still()
        for subscriber in self._subscribers:
            subscriber.wake()

    def still(self) -> None:
        """Wake nobody later."""
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None

    def _presented(self, errors: list[GraphQLError]) -> bytes:
        request_id, metrics = self._context.request_id, self._streams.metrics
        return orjson.dumps([present(error, request_id, metrics) for error in errors])


class Streams:
    """Every running stream of this process."""

    def __init__(self, executor: Executor, gateway: Gateway, metrics: Metrics) -> None:
        self.executor, self.metrics = executor, metrics
        self._gateway = gateway
        self._declared = subscriptions_of(executor.schema)
        self._running: dict[Key, Stream] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def join(self, asked: Asked, *, moved: bool = False) -> Subscriber:
        """Subscribe; `moved` from the stream of other rights: something may have been missed."""
        request, operation = asked.request, asked.operation
        personal = any(root.personal for root in self._roots(operation))
        key = Key(
            request.query,
            request.operation_name,
            _canonical(request, operation),
            class_of(asked.viewer(), personal=personal),
            new_id() if personal else None,
        )
        stream = self._running.get(key)
        if stream is None:
            stream = self._running[key] = Stream(self, key, request, operation)
            self.metrics.streams.inc()
        else:
            self.metrics.gql_operations.labels(operation.kind.value, "ok").inc()
        return stream.join(asked, moved=moved)

    def tells_state(self, operation: Operation) -> bool:
        """Whether who comes later starts with what was told last."""
        return all(root.state for root in self._roots(operation))

    def _roots(self, operation: Operation) -> list[Root]:
        fields = fields_below(operation.document, [operation.node])
        return [self._declared[node.name.value] for node in fields]  # a valid one has no others

    def context(self, viewer: Viewer, operation: Operation) -> Any:
        """A context whose viewer stays what it is."""
        origin = Origin(new_id().hex, viewer.client)
        context = self._gateway.context(lambda: viewer, origin)
        context.operation = operation
        return context

    def forget(self, key: Key, stream: Stream) -> None:
        """It takes no more subscribers."""
        if self._running.get(key) is stream:
            del self._running[key]
            self.metrics.streams.dec()

    def stop(self, key: Key, stream: Stream) -> asyncio.Task[None]:
        """End a stream that nobody listens to. Whoever comes meanwhile gets another."""
        self.forget(key, stream)
        stream.still()
        ending = asyncio.create_task(end([stream.driver]))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return ending

    async def close(self) -> None:
        """End all of them."""
        for key, stream in tuple(self._running.items()):
            self.stop(key, stream)
        if self._ending:
            await asyncio.wait(self._ending)


def _canonical(request: Request, operation: Operation) -> bytes:
    """The variables that the operation declares, the same for the same values."""
    declared = {d.variable.name.value for d in operation.node.variable_definitions or ()}
    given = {name: value for name, value in request.variables.items() if name in declared}
    return orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
