"""API keys: made, listed, renamed, revoked, and accepted as a credential."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from app.apikeys.domain import (
    SHOWN,
    ApiKey,
    ApiKeyNotFound,
    Minted,
    NewApiKey,
    TooManyApiKeys,
    checked_description,
    checked_name,
    checked_scopes,
    is_key,
    new_key,
)
from app.apikeys.events import ApiKeyCreated, ApiKeyRevoked, ApiKeyTaken, ApiKeyUpdated
from app.apikeys.repository import ApiKeyRepository
from app.auth.domain import PrincipalRow, Seen
from app.auth.service import Principals, Sessions, SignIn
from app.core.access import SYSTEM, Permission, Viewer
from app.core.clock import Clock
from app.core.crypto import token_hash
from app.core.db import Database
from app.core.errors import Invalid
from app.core.ids import encode_id, new_id
from app.core.metrics import Metrics
from app.core.page import Keyset, Page
from app.core.tx import Tx
from app.rbac.service import CHANNEL
from app.settings.domain import APIKEYS_MAX_PER_USER
from app.settings.service import Settings

FORGOTTEN_AFTER: Final = timedelta(days=30)
BATCH: Final = 5000


class ApiKeysDependencies(Protocol):
    """What API keys are kept with; the container has it all."""

    @property
    def db(self) -> Database: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def sign_in(self) -> SignIn: ...
    @property
    def principals(self) -> Principals: ...
    @property
    def api_key_repository(self) -> ApiKeyRepository: ...


class ApiKeys:
    """The rules of API keys; a CredentialSource beside sessions."""

    def __init__(self, needs: ApiKeysDependencies) -> None:
        self._db, self._clock, self._metrics = needs.db, needs.clock, needs.metrics
        self._settings, self._sessions = needs.settings, needs.sessions
        self._sign_in, self._principals = needs.sign_in, needs.principals
        self._keys = needs.api_key_repository

    # -- as a credential

    def claims(self, token: str) -> bool:
        """Whether a token has the form of a key; of any other nothing is looked up."""
        return is_key(token)

    async def principal(self, token_hash: bytes) -> PrincipalRow | None:
        """Whose key this is; None when it is not good now."""
        row = await self._keys.by_token(token_hash)
        good = row is not None and not (row.requires_factor and await self._lacks_factor(row))
        self._metrics.api_key_lookups.labels("accepted" if good else "refused").inc()
        return row if good else None

    async def _lacks_factor(self, row: PrincipalRow) -> bool:
        """Whether the owner has none of the second factors that the account requires."""
        return not await self._sign_in.second_factors.factors(row.user_id)

    async def note_seen(self, seen: Mapping[UUID, Seen]) -> None:
        """Write down when keys were last used."""
        if seen:
            async with self._db.write(SYSTEM) as tx:
                await self._keys.note_seen(tx, seen)

    # -- their administration

    async def by_ids(self, viewer: Viewer, ids: Collection[UUID]) -> Mapping[UUID, ApiKey]:
        """The viewer's own of these keys, or all for those who look after others' credentials."""
        everybodys = viewer.may(Permission.USERS_SECURE)
        if not (everybodys or viewer.may(Permission.APIKEYS_LIST)):
            return {}
        found = await self._keys.by_ids(ids)
        return {i: k for i, k in found.items() if everybodys or k.user_id == viewer.user_id}

    async def page(self, user_id: UUID | None, page: Keyset) -> Page[UUID]:
        """Keys of a user or of all, the newest first."""
        return await self._keys.page(user_id, page)

    async def count(self, user_id: UUID | None) -> int:
        """How many there are."""
        return await self._keys.count(user_id)

    async def create(self, viewer: Viewer, new: NewApiKey) -> Minted:
        """A key of the viewer's. Raises ReauthenticationRequired, Invalid or TooManyApiKeys."""
        await self._sessions.require_recent(viewer)
        now, token = self._clock.now(), new_key()
        key = ApiKey(
            id=new_id(),
            user_id=viewer.account,
            name=checked_name(new.name),
            description=checked_description(new.description),
            prefix=token[:SHOWN],
            scopes=checked_scopes(new.scopes, viewer.permissions),
            created_at=now,
            expires_at=_checked_expiry(new.expires_at, now),
            last_used_at=None,
            last_address=None,
            revoked_at=None,
        )
        most = self._settings.get(APIKEYS_MAX_PER_USER)
        async with self._db.write(viewer) as tx:
            await tx.lock(f"apikeys:{viewer.account}")  # two at once must not both be the last
            if await self._keys.count_valid(tx, viewer.account, now) >= most:
                raise TooManyApiKeys(most)
            await self._keys.add(tx, key, token_hash(token))
            made: dict[str, Any] = {"name": key.name, "scopes": list(key.scopes)}
            if key.expires_at is not None:
                made["expires_at"] = key.expires_at
            tx.emit(ApiKeyCreated(api_key_id=key.id, user_id=key.user_id, changes=made))
        return Minted(api_key=key, token=token)

    async def update(
        self, viewer: Viewer, key_id: UUID, name: str | None, description: str | None
    ) -> ApiKey:
        """Give one of the viewer's keys another name or description; None leaves it as it is.

        Raises Invalid or ApiKeyNotFound.
        """
        values: dict[str, Any] = {}
        if name is not None:
            values["name"] = checked_name(name)
        if description is not None:
            values["description"] = checked_description(description)
        before = (await self._keys.by_ids([key_id])).get(key_id)
        if before is None or before.user_id != viewer.account or before.revoked_at is not None:
            raise ApiKeyNotFound(key_id)
        changes = {n: [getattr(before, n), v] for n, v in values.items() if getattr(before, n) != v}
        if not changes:
            return before
        async with self._db.write(viewer) as tx:
            key = await self._keys.change(tx, viewer.account, key_id, values)
            if key is None:
                raise ApiKeyNotFound(key_id)
            tx.emit(ApiKeyUpdated(api_key_id=key.id, user_id=key.user_id, changes=changes))
        return key

    async def revoke(self, viewer: Viewer, key_id: UUID) -> None:
        """End a key of the viewer's, or of anybody for those who look after others' credentials.

        Raises ApiKeyNotFound, also for a key that is not theirs to revoke.
        """
        owner = None if viewer.may(Permission.USERS_SECURE) else viewer.account
        async with self._db.write(viewer) as tx:
            key = await self._keys.revoke(tx, key_id, owner, self._clock.now())
            if key is None:
                raise ApiKeyNotFound(key_id)
            await tx.notify(CHANNEL, str(key.user_id))
            _tell(tx, key)
        self._principals.forget(key.user_id)

    async def end_all(self, tx: Tx, user_id: UUID) -> None:
        """Revoke every key of a user with this transaction, which tells the principals."""
        for key in await self._keys.revoke_all(tx, user_id, self._clock.now()):
            _tell(tx, key)

    async def forget(self, tx: Tx) -> bool:
        """Delete a batch of keys that were over a month ago; whether there may be more."""
        before = self._clock.now() - FORGOTTEN_AFTER
        return await self._keys.forget(tx, before, BATCH) == BATCH

    async def measure(self) -> None:
        """Bring the gauge of good keys up to date."""
        self._metrics.api_keys_active.set(await self._keys.count_active(self._clock.now()))


def _tell(tx: Tx, key: ApiKey) -> None:
    """Log a revocation; what somebody else has done is told in the log of the owner, too."""
    tx.emit(ApiKeyRevoked(api_key_id=key.id, user_id=key.user_id, changes={"name": key.name}))
    if tx.viewer.user_id != key.user_id:
        told = {"id": encode_id("apikey", key.id), "name": key.name}
        tx.emit(ApiKeyTaken(api_key_id=key.id, user_id=key.user_id, changes=told))


def _checked_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    if expires_at is not None and expires_at <= now:
        raise Invalid("An API key expires in the future, or never.", field="expiresAt")
    return expires_at
