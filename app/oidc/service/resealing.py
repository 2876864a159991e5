"""After a change of the secret key: what is sealed is sealed anew."""

from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from app.core.access import SYSTEM
from app.core.db import Database
from app.core.keys import Keyring, Sealed, Unsealable, resealed
from app.core.logging import get_logger
from app.core.tx import Tx
from app.oidc.repository import OidcSessionRepository, ProviderRepository, StateRepository
from app.oidc.service.flows import FLOW
from app.oidc.service.sign_in import ID_TOKEN
from app.oidc.service.talk import SECRET

log = get_logger(__name__)
Store = Callable[[Tx, UUID, Sealed], Awaitable[None]]


class SealedRows(Protocol):
    """A table with a sealed column."""

    async def sealed(self, tx: Tx, current: str) -> dict[UUID, Sealed]:
        """What is sealed with another key than the current one, by the rows' ids."""
        ...


class ResealingDependencies(Protocol):
    """What is sealed anew; the container has it all."""

    @property
    def db(self) -> Database: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def oidc_provider_repository(self) -> ProviderRepository: ...
    @property
    def oidc_session_repository(self) -> OidcSessionRepository: ...
    @property
    def oidc_state_repository(self) -> StateRepository: ...


class Resealing:
    """Client secrets, ID tokens, and what is on the way."""

    def __init__(self, needs: ResealingDependencies) -> None:
        self._db, self._keyring = needs.db, needs.keyring
        self._providers, self._states = needs.oidc_provider_repository, needs.oidc_state_repository
        self._sessions = needs.oidc_session_repository

    async def secrets(self) -> int:
        """Client secrets; says how many. Raises NotResealed."""
        return await self._reseal(SECRET, self._providers, self._providers.set_secret)

    async def tokens(self) -> int:
        """ID tokens; says how many. Raises NotResealed."""
        return await self._reseal(ID_TOKEN, self._sessions, self._sessions.set_token)

    async def states(self) -> int:
        """What sign-ins on the way carry; says how many. Raises NotResealed."""
        return await self._reseal(FLOW, self._states, self._states.set_carried)

    async def _reseal(self, purpose: str, rows: SealedRows, store: Store) -> int:
        done = left = 0
        async with self._db.write(SYSTEM) as tx:
            for row_id, sealed in (await rows.sealed(tx, self._keyring.key_id)).items():
                try:
                    fresh = self._keyring.reseal(purpose, sealed, row_id.bytes)
                except Unsealable:
                    log.exception("oidc.not_resealed", purpose=purpose, row=str(row_id))
                    left += 1
                    continue
                await store(tx, row_id, fresh)
                done += 1
        return resealed(done, left)
