"""From a credential to a viewer, with an L1 of its own that a revocation reaches at once.

A viewer is kept for at most 30 seconds, only while PostgreSQL's NOTIFY is being heard, and never
when a change of anybody's rights was heard while the row was being read.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.auth.domain import TOKEN_PREFIX, SessionRow
from app.auth.repository import AuthRepository
from app.core.access import ANONYMOUS, Viewer
from app.core.clock import Clock
from app.core.crypto import token_hash
from app.core.errors import TimedOut, Unavailable
from app.core.logging import get_logger
from app.core.notify import Listener
from app.rbac.service import CHANNEL, Rbac

log = get_logger(__name__)
KEEP: Final = 30.0
MOST_KEPT: Final = 10_000
MOST_CREDENTIAL: Final = 200
Callback = Callable[[], None]


class _Kept(Struct, frozen=True):
    """A viewer, good until both moments: the monotonic one and the session's own end."""

    viewer: Viewer
    until: float
    expires_at: datetime


class Principals:
    """Who asks: the only way from a token to a Viewer."""

    def __init__(
        self, repository: AuthRepository, rbac: Rbac, listener: Listener, clock: Clock
    ) -> None:
        self._sessions, self._rbac = repository, rbac
        self._listener, self._clock = listener, clock
        self._kept: dict[bytes, _Kept] = {}
        self._tokens: dict[UUID, set[bytes]] = {}
        self._watchers: dict[UUID, dict[object, Callback]] = {}
        self._generation = 0
        listener.hear(CHANNEL, self._heard)
        listener.on_lost.append(self._lost)
        rbac.on_change.append(self.forget)

    async def viewer(self, authorization: str | None) -> Viewer:
        """The viewer of an `Authorization` header; anonymous for whatever is not good now.

        Raises Unavailable when that cannot be found out.
        """
        token = _bearer(authorization)
        if token is None:
            return ANONYMOUS
        digest = token_hash(token)
        kept = self._recall(digest)
        if kept is not None:
            return kept
        # Before the read: a change that is heard from here on makes its answer stale.
        mark = self._generation if self._listener.healthy else None
        try:
            row = await self._sessions.by_token(digest)
        except TimedOut as error:
            raise Unavailable(error.message, retry_after=2) from error
        if row is None or row.expires_at <= self._clock.now():
            return ANONYMOUS
        viewer = self._viewer(row)
        if mark == self._generation and self._listener.healthy:
            self._keep(digest, viewer, row.expires_at)
        return viewer

    def on_change(self, viewer: Viewer, callback: Callback) -> Callback:
        """Call back whenever the viewer's rights may have changed; the answer undoes it."""
        user_id = viewer.user_id
        if user_id is None:
            return lambda: None
        key = object()
        self._watchers.setdefault(user_id, {})[key] = callback

        def undo() -> None:
            watchers = self._watchers.get(user_id, {})
            watchers.pop(key, None)
            if not watchers:
                self._watchers.pop(user_id, None)

        return undo

    def forget(self, user_id: UUID) -> None:
        """The rights of this user have changed: nothing that is kept or being read is good."""
        self._generation += 1
        for digest in self._tokens.pop(user_id, ()):
            self._kept.pop(digest, None)
        self._call(self._watchers.get(user_id, {}))

    def _heard(self, payload: str) -> None:
        try:
            user_id = UUID(payload)
        except ValueError:
            log.warning("principals.unreadable_notification")
            self._lost()
        else:
            self.forget(user_id)

    def _lost(self) -> None:
        self._generation += 1
        self._kept.clear()
        self._tokens.clear()
        for watchers in tuple(self._watchers.values()):
            self._call(watchers)

    @staticmethod
    def _call(watchers: dict[object, Callback]) -> None:
        for callback in tuple(watchers.values()):
            try:
                callback()
            except Exception:  # one watcher's failure is not the others'
                log.exception("principals.watcher_failed")

    def _viewer(self, row: SessionRow) -> Viewer:
        rights = self._rbac.rights(row)
        return Viewer(
            scope=rights.scope,
            user_id=row.user_id,
            username=row.username,
            session_id=row.session_id,
            permissions=rights.permissions,
        )

    def _recall(self, digest: bytes) -> Viewer | None:
        kept = self._kept.get(digest)
        if kept is None or not self._listener.healthy:
            return None
        if kept.until <= monotonic() or kept.expires_at <= self._clock.now():
            self._drop(digest)
            return None
        return kept.viewer

    def _keep(self, digest: bytes, viewer: Viewer, expires_at: datetime) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._drop(next(iter(self._kept)))
        self._kept[digest] = _Kept(viewer, monotonic() + KEEP, expires_at)
        self._tokens.setdefault(viewer.account, set()).add(digest)

    def _drop(self, digest: bytes) -> None:
        kept = self._kept.pop(digest, None)
        if kept is None:
            return
        user_id = kept.viewer.account
        with contextlib.suppress(KeyError):
            self._tokens[user_id].discard(digest)
            if not self._tokens[user_id]:
                del self._tokens[user_id]


def _bearer(authorization: str | None) -> str | None:
    """The session token in a header, or None when there is none of its shape."""
    if authorization is None or len(authorization) > MOST_CREDENTIAL:
        return None
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.startswith(f"{TOKEN_PREFIX}_"):
        return None
    return token
