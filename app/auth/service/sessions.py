"""Sessions: opened, refreshed, listed and ended. Their tokens are opaque and known once."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from msgspec.structs import replace

from app.auth.domain import (
    REFRESH_PREFIX,
    TOKEN_PREFIX,
    BadRefreshToken,
    Entry,
    ReauthenticationRequired,
    Seen,
    Session,
    Tokens,
)
from app.auth.events import SessionCreated, SessionsExpired, SessionsRevoked, SignedOut
from app.auth.repository import SessionRepository
from app.auth.service.principals import Principals
from app.core.access import SYSTEM, Client, Viewer
from app.core.clock import Clock
from app.core.crypto import new_token, token_hash
from app.core.db import Database
from app.core.errors import Conflict, NotFound
from app.core.ids import encode_id, new_id
from app.core.metrics import Metrics
from app.core.page import Keyset, Page
from app.core.tx import Tx
from app.rbac.service import CHANNEL
from app.settings.domain import ACCESS_TOKEN_EXPIRY, REFRESH_TOKEN_EXPIRY, SESSION_MAX_PER_USER
from app.settings.service import Settings

RECENT: Final = timedelta(minutes=10)
FORGOTTEN_AFTER: Final = timedelta(days=30)  # for as long an address of theirs is known
BATCH: Final = 5000
MOST_TOLD: Final = 500  # sessions in one event
MOST_TOKEN: Final = 200
MOST_NAME: Final = 100


class SessionsDependencies(Protocol):
    """What sessions are kept with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def db(self) -> Database: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def session_repository(self) -> SessionRepository: ...
    @property
    def principals(self) -> Principals: ...


class Sessions:
    """The rules of sessions."""

    def __init__(self, needs: SessionsDependencies) -> None:
        self._db, self._clock, self._metrics = needs.db, needs.clock, needs.metrics
        self._settings, self._sessions = needs.settings, needs.session_repository
        self._principals = needs.principals

    async def open(
        self, tx: Tx, user_id: UUID, method: str, entry: Entry, *, factor: bool
    ) -> Tokens:
        """A new session; the longest unused ones give way where there are too many."""
        await tx.lock(f"sessions:{user_id}")
        now, client = self._clock.now(), entry.client
        session = Session(
            id=entry.session_id or new_id(),
            user_id=user_id,
            method=method,
            device_name=_named(entry.device_name),
            address=client.address or None,
            agent=client.agent or None,
            factor=factor,
            created_at=now,
            authenticated_at=now,
            last_active_at=now,
            access_expires_at=now + self._access_lasts,
            expires_at=now + self._refresh_lasts,
        )
        tokens = _tokens(session)
        hashes = token_hash(tokens.access), token_hash(tokens.refresh)
        await self._sessions.add(tx, session, *hashes)
        most = self._settings.get(SESSION_MAX_PER_USER)
        ended = await self._sessions.revoke_oldest(tx, user_id, most, now)
        tx.emit(SessionCreated(user_id=user_id, session_id=session.id))
        await self._tell(tx, user_id, ended)
        self._metrics.sessions_opened.labels(method).inc()
        return tokens

    async def refresh(self, token: str, client: Client) -> Tokens:
        """The next tokens of a session; the ones before are void. Raises BadRefreshToken.

        A token that comes a second time was stolen, from or by whoever came first: the session ends
        for both.
        """
        if len(token) > MOST_TOKEN or not token.startswith(f"{REFRESH_PREFIX}_"):
            raise BadRefreshToken
        given, now = token_hash(token), self._clock.now()
        tokens = None
        async with self._db.write(replace(SYSTEM, username=None, client=client)) as tx:
            session_id = await self._sessions.take_refresh(tx, given, now)
            if session_id is not None:
                tokens = await self._renew(tx, session_id, client)
            else:
                await self._reused(tx, given)
        if tokens is None:
            raise BadRefreshToken
        self._principals.forget(tokens.session.user_id)
        return tokens

    async def _renew(self, tx: Tx, session_id: UUID, client: Client) -> Tokens | None:
        now = self._clock.now()
        access, refresh = new_token(TOKEN_PREFIX), new_token(REFRESH_PREFIX)
        fresh = {
            "token_hash": token_hash(access),
            "access_expires_at": now + self._access_lasts,
            "expires_at": now + self._refresh_lasts,
            "last_active_at": now,
            "address": client.address or None,
            "network": client.network or None,
        }
        session = await self._sessions.renew(tx, session_id, now, fresh)
        if session is None:
            return None
        await self._sessions.add_refresh(tx, session_id, token_hash(refresh))
        await tx.notify(CHANNEL, str(session.user_id))
        return Tokens(access=access, refresh=refresh, session=session)

    async def _reused(self, tx: Tx, given: bytes) -> None:
        owner = await self._sessions.owner_of_refresh(tx, given)
        if owner is None:
            return
        session_id, user_id = owner
        now = self._clock.now()
        ended = await self._sessions.revoke(tx, user_id, [session_id], now, "reused token")
        if ended:
            tx.act_as(user_id, None)
            await self._tell(tx, user_id, ended, "A refresh token was used a second time.")

    async def by_ids(self, viewer: Viewer, ids: Collection[UUID]) -> Mapping[UUID, Session]:
        """Those of these sessions that are the viewer's own."""
        found = await self._sessions.by_ids(ids)
        return {i: s for i, s in found.items() if s.user_id == viewer.user_id}

    async def page(self, viewer: Viewer, page: Keyset) -> Page[UUID]:
        """The viewer's valid sessions, newest first."""
        return await self._sessions.page(viewer.account, self._clock.now(), page)

    async def count(self, viewer: Viewer) -> int:
        """How many valid sessions the viewer has."""
        return await self._sessions.count(viewer.account, self._clock.now())

    async def sign_out(self, viewer: Viewer) -> None:
        """End the viewer's session. Raises Conflict when it is not a session that asks."""
        session_id = _session_of(viewer)
        async with self._db.write(viewer) as tx:
            now = self._clock.now()
            await self._sessions.revoke(tx, viewer.account, [session_id], now, "signed out")
            await tx.notify(CHANNEL, str(viewer.account))
            tx.emit(SignedOut(user_id=viewer.account, session_id=session_id))
        self._principals.forget(viewer.account)

    async def revoke(self, viewer: Viewer, session_id: UUID) -> None:
        """End one of the viewer's sessions. Raises NotFound, also for somebody else's."""
        async with self._db.write(viewer) as tx:
            now = self._clock.now()
            ended = await self._sessions.revoke(tx, viewer.account, [session_id], now, "revoked")
            if not ended:
                name = encode_id("session", session_id)
                raise NotFound(f"You have no session {name}.", field="id")
            await self._tell(tx, viewer.account, ended)
        self._principals.forget(viewer.account)

    async def revoke_all(self, viewer: Viewer, *, but_this: bool) -> int:
        """End the viewer's sessions, perhaps but the one that asks; how many there were."""
        keep = _session_of(viewer) if but_this else None
        async with self._db.write(viewer) as tx:
            ended = await self.end_all(tx, viewer.account, "revoked", keep=keep)
        self._principals.forget(viewer.account)
        return len(ended)

    async def end_all(
        self, tx: Tx, user_id: UUID, reason: str, *, keep: UUID | None = None
    ) -> tuple[UUID, ...]:
        """End every session of a user with this transaction; call `principals.forget` after it."""
        now = self._clock.now()
        ended = await self._sessions.revoke_others(tx, user_id, keep, now, reason)
        await self._tell(tx, user_id, ended)
        if not ended:
            await tx.notify(CHANNEL, str(user_id))
        return ended

    async def require_recent(self, viewer: Viewer) -> None:
        """Raise ReauthenticationRequired unless the session proved itself lately."""
        session_id = _session_of(viewer)
        session = (await self._sessions.by_ids([session_id])).get(session_id)
        if session is None or self._clock.now() - session.authenticated_at > RECENT:
            raise ReauthenticationRequired

    async def reauthenticated(self, tx: Tx, viewer: Viewer) -> None:
        """The session has proved itself just now."""
        now = self._clock.now()
        await self._sessions.renew(tx, _session_of(viewer), now, {"authenticated_at": now})

    async def mark_factor(self, tx: Tx, viewer: Viewer) -> None:
        """The session has shown a second factor: it owes none any longer."""
        now = self._clock.now()
        await self._sessions.renew(tx, _session_of(viewer), now, {"factor": True})
        await tx.notify(CHANNEL, str(viewer.account))

    async def note_seen(self, seen: Mapping[UUID, Seen]) -> None:
        """Write down when sessions were last used."""
        if seen:
            async with self._db.write(SYSTEM) as tx:
                await self._sessions.note_seen(tx, seen)

    async def forget(self, tx: Tx) -> bool:
        """Delete a batch of sessions that ended a month ago; whether there may be more."""
        before = self._clock.now() - FORGOTTEN_AFTER
        gone = await self._sessions.forget(tx, before, BATCH)
        expired = tuple(session_id for session_id, by_itself in gone if by_itself)
        for start in range(0, len(expired), MOST_TOLD):
            some = expired[start : start + MOST_TOLD]
            tx.emit(SessionsExpired(session_ids=some, changes={"sessions": len(some)}))
        return len(gone) == BATCH

    async def measure(self) -> None:
        """Bring the gauge of valid sessions up to date."""
        self._metrics.sessions_active.set(await self._sessions.count_active(self._clock.now()))

    async def _tell(
        self, tx: Tx, user_id: UUID, ended: tuple[UUID, ...], problem: str | None = None
    ) -> None:
        if not ended:
            return
        await tx.notify(CHANNEL, str(user_id))
        tx.emit(
            SessionsRevoked(
                user_id=user_id, session_ids=ended, success=problem is None, problem=problem
            )
        )

    @property
    def _access_lasts(self) -> timedelta:
        return timedelta(seconds=self._settings.get(ACCESS_TOKEN_EXPIRY))

    @property
    def _refresh_lasts(self) -> timedelta:
        return timedelta(seconds=self._settings.get(REFRESH_TOKEN_EXPIRY))


def _tokens(session: Session) -> Tokens:
    return Tokens(
        access=new_token(TOKEN_PREFIX), refresh=new_token(REFRESH_PREFIX), session=session
    )


def _session_of(viewer: Viewer) -> UUID:
    if viewer.session_id is None:
        raise Conflict("This needs a session: you did not sign in.")
    return viewer.session_id


def _named(name: str | None) -> str | None:
    """A device's name as it is kept: one bounded line."""
    shown = "".join(c for c in (name or "") if c.isprintable()).strip()
    return shown[:MOST_NAME] or None
