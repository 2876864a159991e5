"""Users and sessions, made without hashing a password."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.auth.domain import REFRESH_PREFIX, TOKEN_PREFIX, Session, Tokens
from app.container import Container
from app.core.access import SYSTEM, Viewer
from app.core.crypto import new_token, token_hash
from app.core.ids import encode_id, new_id
from app.rbac.domain import BuiltIn
from app.users.domain import NewUser


@dataclass(frozen=True)
class Somebody:
    """A user with a session."""

    id: UUID
    username: str
    token: str

    @property
    def ref(self) -> str:
        """The id as the API writes it."""
        return encode_id("user", self.id)

    @property
    def authorization(self) -> str:
        """The header's value."""
        return f"Bearer {self.token}"


def new_tokens(user_id: UUID, now: datetime, lasts: timedelta, *, factor: bool = False) -> Tokens:
    """Tokens of a session that is nowhere yet."""
    session = Session(
        id=new_id(),
        user_id=user_id,
        method="password",
        factor=factor,
        created_at=now,
        authenticated_at=now,
        last_active_at=now,
        access_expires_at=now + lasts,
        expires_at=now + lasts,
    )
    access, refresh = new_token(TOKEN_PREFIX), new_token(REFRESH_PREFIX)
    return Tokens(access=access, refresh=refresh, session=session)


async def open_session(
    app: Container, user_id: UUID, *, lasts: timedelta = timedelta(days=1), factor: bool = False
) -> Tokens:
    """A session as if somebody had signed in, without a trace in the activity log."""
    tokens = new_tokens(user_id, app.clock.now(), lasts, factor=factor)
    async with app.db.write(SYSTEM) as tx:
        hashes = token_hash(tokens.access), token_hash(tokens.refresh)
        await app.session_repository.add(tx, tokens.session, *hashes)
    return tokens


class People:
    """Makes users."""

    def __init__(self, app: Container) -> None:
        self._app = app
        self._made = 0

    async def make(
        self,
        role: BuiltIn = BuiltIn.USER,
        *,
        libraries: Sequence[UUID] = (),
        max_age: int | None = None,
    ) -> Somebody:
        """A user of this role with these libraries, signed in."""
        app = self._app
        self._made += 1
        name = f"{role.value[:12]}-{self._made}"
        async with app.db.write(SYSTEM) as tx:
            user = await app.user_repository.create(tx, NewUser(username=name, max_age=max_age))
            assert user is not None
            # By the repository: what tests are set up with is not in the activity log.
            await app.rbac_repository.set_roles(tx, user.id, [role.id])
        for library_id in libraries:
            await app.rbac.grant(SYSTEM, user.id, library_id)
        return Somebody(user.id, name, await self.session(user.id))

    async def session(self, user_id: UUID) -> str:
        """A fresh token of a user."""
        return (await open_session(self._app, user_id)).access

    async def admin(self) -> Somebody:
        """An administrator."""
        return await self.make(BuiltIn.ADMINISTRATOR)

    async def viewer(self, somebody: Somebody) -> Viewer:
        """What the application knows of somebody."""
        return await self._app.principals.viewer(somebody.token)
