"""From a credential to a viewer, with an L1 of its own that a revocation reaches at once.

A viewer is kept for at most 30 seconds, only while PostgreSQL's NOTIFY is being heard, and never
when a change of anybody's rights was heard while the row was being read.
"""

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from secrets import token_bytes
from time import monotonic
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.auth.domain import TOKEN_PREFIX, CredentialSource, PrincipalRow, Seen
from app.auth.repository import SessionRepository
from app.core.access import (
    ANONYMOUS,
    ENROLMENT,
    NOTHING,
    SESSION_ONLY,
    Client,
    Viewer,
)
from app.core.clock import Clock
from app.core.crypto import token_hash
from app.core.errors import TimedOut, Unavailable
from app.core.logging import get_logger
from app.core.notify import Listener
from app.rbac.domain import known_permissions
from app.rbac.service import CHANNEL, Rbac

log = get_logger(__name__)
KEEP: Final = 30.0
DIGEST: Final = 32
MOST_KEPT: Final = 10_000
MOST_SEEN: Final = 50_000
MOST_CREDENTIAL: Final = 200
Callback = Callable[[], None]


class _Kept(Struct, frozen=True):
    """A viewer, good until both moments: the monotonic one and the credential's own end."""

    viewer: Viewer
    until: float
    expires_at: datetime | None


class Principals:
    """Who asks: the only way from a token to a Viewer."""

    def __init__(
        self, repository: SessionRepository, rbac: Rbac, listener: Listener, clock: Clock
    ) -> None:
        self._sessions, self._rbac = repository, rbac
        self._listener, self._clock = listener, clock
        self.sources: list[CredentialSource] = []  # beside sessions; the container adds them
        self._keyed = blake2b(digest_size=DIGEST, key=token_bytes(DIGEST))
        self._kept: dict[bytes, _Kept] = {}
        self._tokens: dict[UUID, set[bytes]] = {}
        self._watchers: dict[UUID, dict[object, Callback]] = {}
        self._seen: dict[UUID, Seen] = {}
        self._seen_keys: dict[UUID, Seen] = {}
        self._generation = 0
        listener.hear(CHANNEL, self._heard)
        listener.on_lost.append(self._lost)
        rbac.on_change.append(self.forget)

    async def viewer(self, token: str | None, client: Client | None = None) -> Viewer:
        """The viewer of a token; anonymous for whatever is not good now.

        Raises Unavailable when that cannot be found out.
        """
        source = self._source(token)
        if token is None or source is None:
            return ANONYMOUS
        digest, now = self._digest(token), self._clock.now()
        viewer = self._recall(digest, now)
        if viewer is None:
            # Before the read: a change that is heard from here on makes its answer stale.
            mark = self._generation if self._listener.healthy else None
            row = await self._read(source, token_hash(token))
            now = self._clock.now()
            if row is None or _over(row.expires_at, now):
                return ANONYMOUS
            viewer = self._viewer(row)
            if mark == self._generation and self._listener.healthy:
                self._keep(digest, viewer, row.expires_at)
        self._note(viewer, client, now)
        return viewer

    async def again(self, viewer: Viewer, token: str | None) -> Viewer:
        """The viewer with the rights of now: anonymous when the sign-in is over.

        A session is asked by its id: its tokens change while a websocket lives.
        """
        if viewer.session_id is None:
            return await self.viewer(token)
        try:
            row = await self._sessions.by_session(viewer.session_id)
        except TimedOut as error:
            raise Unavailable(error.message, retry_after=2) from error
        if row is None or _over(row.expires_at, self._clock.now()):
            return ANONYMOUS
        return self._viewer(row)

    def _digest(self, token: str) -> bytes:
        """What stands for a token here: nobody finds the token by it, nor it without the key."""
        digest = self._keyed.copy()
        digest.update(token.encode("utf-8", "surrogatepass"))
        return digest.digest()

    def _source(self, token: str | None) -> CredentialSource | SessionRepository | None:
        """Who knows tokens of this form."""
        if token is None or len(token) > MOST_CREDENTIAL:
            return None
        if token.startswith(f"{TOKEN_PREFIX}_"):
            return self._sessions
        return next((source for source in self.sources if source.claims(token)), None)

    @staticmethod
    async def _read(
        source: CredentialSource | SessionRepository, digest: bytes
    ) -> PrincipalRow | None:
        try:
            if isinstance(source, SessionRepository):
                return await source.by_token(digest)
            return await source.principal(digest)
        except TimedOut as error:
            raise Unavailable(error.message, retry_after=2) from error

    def take_seen(self) -> tuple[Mapping[UUID, Seen], Mapping[UUID, Seen]]:
        """When sessions and other credentials were last used, since it was last asked."""
        taken = self._seen, self._seen_keys
        self._seen, self._seen_keys = {}, {}
        return taken

    def _note(self, viewer: Viewer, client: Client | None, now: datetime) -> None:
        session = viewer.session_id is not None
        seen, which = (
            (self._seen, viewer.session_id) if session else (self._seen_keys, viewer.api_key_id)
        )
        if which is not None and (which in seen or len(seen) < MOST_SEEN):
            seen[which] = Seen(now, client.address if client is not None else "")

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

    def _viewer(self, row: PrincipalRow) -> Viewer:
        rights = self._rbac.rights(row)
        permissions, scope = rights.permissions, rights.scope
        of_session = row.scopes is None
        owes = of_session and row.requires_factor and not row.factor
        must_change = of_session and row.must_change
        if row.scopes is not None:
            permissions = permissions & known_permissions(row.scopes) - SESSION_ONLY
        elif owes or must_change:
            permissions, scope = permissions & ENROLMENT, NOTHING
        return Viewer(
            scope=scope,
            user_id=row.user_id,
            username=row.username,
            session_id=row.credential_id if of_session else None,
            api_key_id=None if of_session else row.credential_id,
            permissions=permissions,
            owes_factor=owes,
            owes_password=must_change,
            language=row.language or "",
        )

    def _recall(self, digest: bytes, now: datetime) -> Viewer | None:
        kept = self._kept.get(digest)
        if kept is None or not self._listener.healthy:
            return None
        if kept.until <= monotonic() or _over(kept.expires_at, now):
            self._drop(digest)
            return None
        return kept.viewer

    def _keep(self, digest: bytes, viewer: Viewer, expires_at: datetime | None) -> None:
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


def _over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at <= now
