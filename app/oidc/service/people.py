"""The account of who comes from a provider: found by its link, or made."""

import hashlib
import re
import secrets
from collections.abc import Collection, Iterator
from typing import Final, Protocol
from uuid import UUID

from app.auth.domain import LetterKind
from app.auth.repository import AuthRepository
from app.auth.service import Letters
from app.core.access import SYSTEM
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Conflict, Invalid
from app.core.ids import encode_id
from app.core.logging import get_logger
from app.core.tx import Tx
from app.mail.domain import address_key, parse_address
from app.oidc.domain import Identity, OidcRefused, Problem, Provider
from app.oidc.events import OidcLinked
from app.oidc.repository import LinkRepository
from app.rbac.domain import MOST_HELD, BuiltIn, LastAdministrator, ordered
from app.rbac.repository import RbacRepository
from app.rbac.service import Rbac
from app.users.domain import EmailTaken, NewUser, UsernameTaken
from app.users.events import UserUpdated
from app.users.repository import UserRepository
from app.users.service import Users

log = get_logger(__name__)
OTHER: Final = re.compile(r"[^A-Za-z0-9_-]+")
MOST_NAME: Final = 24  # 30, less a suffix
LEAST_NAME: Final = 3
MOST_SHOWN: Final = 100


class PeopleDependencies(Protocol):
    """What accounts are made with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def users(self) -> Users: ...
    @property
    def user_repository(self) -> UserRepository: ...
    @property
    def rbac(self) -> Rbac: ...
    @property
    def rbac_repository(self) -> RbacRepository: ...
    @property
    def auth_repository(self) -> AuthRepository: ...
    @property
    def letters(self) -> Letters: ...
    @property
    def oidc_link_repository(self) -> LinkRepository: ...


class People:
    """Accounts are known by the subject at the provider, never by an e-mail address."""

    def __init__(self, needs: PeopleDependencies) -> None:
        self._db, self._clock, self._links = needs.db, needs.clock, needs.oidc_link_repository
        self._users, self._accounts = needs.users, needs.user_repository
        self._rbac, self._holdings = needs.rbac, needs.rbac_repository
        self._auth, self._letters = needs.auth_repository, needs.letters

    async def account(self, tx: Tx, provider: Provider, identity: Identity) -> tuple[UUID, bool]:
        """The account of this subject, and whether it was made just now. Raises OidcRefused."""
        subject = hashlib.sha256(identity.subject.encode()).hexdigest()
        await tx.lock(f"oidc:{provider.id}:{subject}")
        link = await self._links.of_subject(tx, provider.id, identity.subject)
        if link is not None:
            standing = await self._auth.standing(link.user_id)
            if standing is None or not standing.is_active:
                raise OidcRefused(Problem.UNKNOWN_ACCOUNT)
            if provider.update_on_login:
                await self._apply_roles(tx, provider, identity, link.user_id)
                await self._apply_name(tx, identity, link.user_id)
            return link.user_id, False
        if not provider.auto_create:
            raise OidcRefused(Problem.UNKNOWN_ACCOUNT)
        user_id = await self._made(tx, identity)
        mapped = await self._mapped(tx, provider, identity)
        await self._rbac.set_roles(tx, user_id, _fitting(provider, {BuiltIn.USER.id}, mapped))
        await self._links.add(tx, user_id, provider.id, identity)
        changes = {"subject": identity.subject, "account": "created"}
        tx.emit(OidcLinked(provider_id=provider.id, user_id=user_id, changes=changes))
        return user_id, True

    async def give_address(
        self, provider: Provider, user_id: UUID, identity: Identity, *, made: bool
    ) -> None:
        """The provider's address, unless another account has it: then this one stays as it is.

        One that nobody vouches for waits in a letter to be confirmed: or somebody could take an
        address that is not theirs, and wait for its owner to set a password of the account.
        A transaction of its own, because PostgreSQL ends one in which an address was taken.
        """
        if identity.email is None or not (made or provider.update_on_login):
            return
        verified = identity.email_verified and provider.trust_email
        try:
            address = parse_address(identity.email)
            async with self._db.write(SYSTEM) as tx:
                if verified:
                    await self._set_address(tx, user_id, address)
                elif made:
                    await self._letters.ask(tx, user_id, LetterKind.VERIFY_EMAIL, address)
        except (EmailTaken, Invalid) as error:
            log.info("oidc.without_address", provider=provider.name, reason=error.code.value)

    async def _set_address(self, tx: Tx, user_id: UUID, address: str) -> None:
        user = await self._accounts.hold(tx, user_id)
        if user is None:
            return
        old = user.email if user.email_verified_at is not None else None
        if old is not None and address_key(old) == address_key(address):
            return
        await self._accounts.set_email(tx, user_id, address, self._clock.now())
        if old is not None:
            await self._letters.ask(tx, user_id, LetterKind.EMAIL_CHANGED, old)
        tx.emit(UserUpdated(user_id=user_id, changes={"email": "changed"}))

    async def _apply_name(self, tx: Tx, identity: Identity, user_id: UUID) -> None:
        if identity.name is None:
            return
        try:
            await self._users.change(tx, user_id, {"display_name": identity.name[:MOST_SHOWN]})
        except Invalid as error:  # checked before anything is written
            log.info("oidc.without_name", reason=error.code.value)

    async def _made(self, tx: Tx, identity: Identity) -> UUID:
        for name in usernames(identity):
            new = NewUser(username=name, display_name=(identity.name or "")[:MOST_SHOWN] or None)
            try:
                return (await self._users.create(tx, new)).id
            except UsernameTaken:
                continue
        raise Conflict("No user name is free for this account.")

    async def _mapped(self, tx: Tx, provider: Provider, identity: Identity) -> frozenset[UUID]:
        """The roles that these groups stand for; mappings outlive the roles that they name."""
        mapped = provider.role_mappings
        named = frozenset(mapped[group] for group in identity.groups if group in mapped)
        there = named & (await self._holdings.share(tx, named)).keys()
        if gone := named - there:
            roles = sorted(encode_id("role", role_id) for role_id in gone)
            log.warning("oidc.roles_gone", provider=provider.name, roles=roles)
        return there

    async def _apply_roles(
        self, tx: Tx, provider: Provider, identity: Identity, user_id: UUID
    ) -> None:
        """Give and take the roles that the mappings name, and no others."""
        if not provider.role_mappings:
            return
        await tx.lock(f"roles:{user_id}")
        held = await self._holdings.held(tx, user_id)
        own = held - frozenset(provider.role_mappings.values())
        mapped = await self._mapped(tx, provider, identity)
        wanted = _fitting(provider, own, mapped)
        if wanted == held:
            return
        try:
            await self._rbac.set_roles(tx, user_id, wanted)
        except LastAdministrator:  # checked before anything is written
            log.warning("oidc.last_administrator_kept", provider=provider.name)
            kept = _fitting(provider, own | {BuiltIn.ADMINISTRATOR.id}, mapped)
            if kept != held:
                await self._rbac.set_roles(tx, user_id, kept)


def _fitting(
    provider: Provider, own: Collection[UUID], mapped: Collection[UUID]
) -> frozenset[UUID]:
    """These roles, and of the mapped ones as many as a user may have beside them."""
    more = ordered(frozenset(mapped) - frozenset(own))
    room = MOST_HELD - len(own)
    if len(more) > room:
        log.warning("oidc.too_many_roles", provider=provider.name, dropped=len(more) - room)
    return frozenset(own) | frozenset(more[:room])


def usernames(identity: Identity) -> Iterator[str]:
    """Names to try, the nicest first."""
    local = (identity.email or "").partition("@")[0]
    bases = [_plain(text) for text in (identity.username, local, identity.name)]
    base = next((text for text in bases if len(text) >= LEAST_NAME), "user")
    if base != "user":
        yield base
    for number in range(2, 10):
        yield f"{base}-{number}"
    for _ in range(10):
        yield f"{base[:20]}-{secrets.token_hex(4)}"


def _plain(text: str | None) -> str:
    """What of a name a user name may hold; of an address the part before the @."""
    return OTHER.sub("-", (text or "").partition("@")[0]).strip("-_")[:MOST_NAME].strip("-_")
