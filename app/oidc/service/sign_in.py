"""Coming in from a provider, linking, unlinking and leaving."""

from collections.abc import Collection, Mapping
from typing import Final, Protocol
from urllib.parse import urlencode
from uuid import UUID

from msgspec.structs import replace

from app.auth.domain import BadCredentials, Entry, LastWayIn, LoginSuccess, MfaRequired
from app.auth.repository import AuthRepository
from app.auth.service import Attempts, Sessions, SignIn, WaysIn
from app.core.access import ANONYMOUS, Viewer
from app.core.clock import Clock
from app.core.crypto import token_hash
from app.core.db import Database
from app.core.ids import new_id
from app.core.keys import Keyring, Unsealable
from app.core.page import Keyset, Page
from app.core.tx import Tx
from app.oidc.domain import (
    Identity,
    Link,
    LinkNotFound,
    LinkTaken,
    NotOffered,
    OidcRefused,
    Problem,
    Provider,
    Purpose,
    Start,
)
from app.oidc.events import OidcLinked, OidcSignedIn, OidcUnlinked
from app.oidc.repository import LinkRepository, OidcSessionRepository, ProviderRepository
from app.oidc.service.flows import Flows
from app.oidc.service.people import People
from app.oidc.service.talk import Talk
from app.settings.domain import PUBLIC_URL
from app.settings.service import Settings

METHOD: Final = "oidc"
ID_TOKEN: Final = "oidc.id_token"  # noqa: S105 - the purpose of a key


class OidcDependencies(Protocol):
    """What people come in with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def sign_in(self) -> SignIn: ...
    @property
    def auth_repository(self) -> AuthRepository: ...
    @property
    def oidc_flows(self) -> Flows: ...
    @property
    def oidc_people(self) -> People: ...
    @property
    def oidc_talk(self) -> Talk: ...
    @property
    def oidc_provider_repository(self) -> ProviderRepository: ...
    @property
    def oidc_link_repository(self) -> LinkRepository: ...
    @property
    def oidc_session_repository(self) -> OidcSessionRepository: ...
    @property
    def ways_in(self) -> WaysIn: ...


class OidcSignIn:
    """From somebody who came back to a session or a link."""

    def __init__(self, needs: OidcDependencies) -> None:
        self._db, self._clock, self._keyring = needs.db, needs.clock, needs.keyring
        self._settings, self._attempts = needs.settings, needs.attempts
        self._sessions, self._sign_in, self._auth = (
            needs.sessions,
            needs.sign_in,
            needs.auth_repository,
        )
        self._flows, self._people, self._talk = needs.oidc_flows, needs.oidc_people, needs.oidc_talk
        self._providers, self._links = needs.oidc_provider_repository, needs.oidc_link_repository
        self._origins, self._ways_in = needs.oidc_session_repository, needs.ways_in

    async def finish(
        self, code: str, bindings: Collection[str], entry: Entry
    ) -> LoginSuccess | MfaRequired:
        """Sign in who came back. Raises OidcRefused, NotOffered or RateLimited.

        A new account is there before the gate looks at it: the gate reads what is committed.
        """
        came_from = replace(ANONYMOUS, client=entry.client)
        attempt = await self._attempts.begin(METHOD, token_hash(code).hex(), entry.client)
        provider, identity, user_id, made = None, None, None, False
        try:
            async with self._db.write(came_from) as tx:
                _, provider, identity = await self._flows.finish(
                    tx, code, bindings, Purpose.SIGN_IN
                )
                user_id, made = await self._people.account(tx, provider, identity)
        except OidcRefused as error:
            if error.problem is not Problem.CODE:
                await self._attempts.withdraw(attempt)
            if provider is not None:
                await self._flows.failed(provider, error.problem, came_from)
            raise
        await self._people.give_address(provider, user_id, identity, made=made)
        try:
            async with self._db.write(came_from) as tx:
                session_id = new_id()
                entry = replace(entry, session_id=session_id)
                result = await self._sign_in.admit(tx, user_id, METHOD, entry)
                await self._note(tx, provider, identity, user_id)
                await self._keep(tx, provider, identity, session_id)
                await self._attempts.succeed(tx, attempt)
        except BadCredentials:
            await self._flows.failed(provider, Problem.UNKNOWN_ACCOUNT, came_from)
            raise OidcRefused(Problem.UNKNOWN_ACCOUNT) from None
        return result

    async def _note(self, tx: Tx, provider: Provider, identity: Identity, user_id: UUID) -> None:
        link = await self._links.of_subject(tx, provider.id, identity.subject)
        if link is None or link.user_id != user_id:  # unlinked since
            raise BadCredentials
        await self._links.came(tx, link.id, identity, self._clock.now())
        tx.emit(OidcSignedIn(provider_id=provider.id, user_id=user_id))

    async def _keep(self, tx: Tx, provider: Provider, identity: Identity, session_id: UUID) -> None:
        """What signing out at the provider takes, once there is such a session."""
        sealed = self._keyring.seal(ID_TOKEN, identity.id_token.encode(), session_id.bytes)
        await self._origins.add(tx, session_id, provider.id, sealed, self._clock.now())

    async def start_reauthentication(
        self, viewer: Viewer, name: str, redirect_path: str, *, cookies: bool
    ) -> Start:
        """The way to prove at a linked provider that it is still the same person.

        Raises NotOffered where the viewer has no link with it, and what other beginnings raise.
        """
        provider = await self._flows.offered(name)
        if not await self._links.exists(viewer.account, provider.id):
            raise NotOffered
        return await self._flows.start_reauthentication(
            viewer, provider, redirect_path, cookies=cookies
        )

    async def finish_reauthentication(
        self, viewer: Viewer, code: str, bindings: Collection[str]
    ) -> None:
        """The session has proved itself, by the account there that is linked with the viewer's.
        Raises OidcRefused.
        """
        attempt = await self._attempts.begin(METHOD, token_hash(code).hex(), viewer.client)
        async with self._db.write(viewer) as tx:
            flow, provider, identity = await self._flows.finish(
                tx, code, bindings, Purpose.REAUTHENTICATE
            )
            if flow.user_id != viewer.account:
                raise OidcRefused(Problem.CODE)
            link = await self._links.of_subject(tx, provider.id, identity.subject)
            if link is None or link.user_id != viewer.account:
                raise OidcRefused(Problem.OTHER_ACCOUNT)
            await self._sessions.reauthenticated(tx, viewer)
            await self._attempts.succeed(tx, attempt)

    async def finish_link(self, viewer: Viewer, code: str, bindings: Collection[str]) -> UUID:
        """Link who came back with the viewer's account; the link's id. Raises OidcRefused,
        LinkTaken or NotOffered.
        """
        attempt = await self._attempts.begin(METHOD, token_hash(code).hex(), viewer.client)
        try:
            async with self._db.write(viewer) as tx:
                link_id = await self._link(tx, viewer, code, bindings)
                await self._attempts.succeed(tx, attempt)
        except (LinkTaken, NotOffered):  # the code was good
            await self._attempts.withdraw(attempt)
            raise
        return link_id

    async def _link(self, tx: Tx, viewer: Viewer, code: str, bindings: Collection[str]) -> UUID:
        flow, provider, identity = await self._flows.finish(tx, code, bindings, Purpose.LINK)
        if flow.user_id != viewer.account:
            raise OidcRefused(Problem.CODE)
        if not provider.allow_linking:
            raise NotOffered
        link_id = await self._links.add(tx, viewer.account, provider.id, identity)
        if link_id is None:
            raise LinkTaken(
                "That account is linked already, or yours is linked with another one there."
            )
        changes = {"subject": identity.subject}
        tx.emit(OidcLinked(provider_id=provider.id, user_id=viewer.account, changes=changes))
        return link_id

    async def unlink(self, viewer: Viewer, link_id: UUID) -> None:
        """Take a link away. Raises LinkNotFound, LastWayIn or ReauthenticationRequired."""
        await self._sessions.require_recent(viewer)
        user_id = viewer.account
        async with self._db.write(viewer) as tx:
            await self._ways_in.lock(tx, user_id)
            link = await self._links.of_user(tx, user_id, link_id)
            if link is None:
                raise LinkNotFound(link_id)
            await self._links.remove(tx, link.id)
            if await self._ways_in.stranded(tx, {user_id}):
                raise LastWayIn
            tx.emit(OidcUnlinked(provider_id=link.provider_id, user_id=user_id))

    async def by_ids(self, viewer: Viewer, ids: Collection[UUID]) -> Mapping[UUID, Link]:
        """Those of these links that are the viewer's own."""
        return {} if viewer.user_id is None else await self._links.by_ids(viewer.user_id, ids)

    async def page(self, viewer: Viewer, page: Keyset) -> Page[UUID]:
        """The viewer's links, oldest first."""
        return await self._links.page(viewer.account, page)

    async def count(self, viewer: Viewer) -> int:
        """How many links the viewer has."""
        return await self._links.count(viewer.account)

    async def logout_url(self, viewer: Viewer) -> str | None:
        """Where to sign out at the provider that this session came from; None for any other."""
        if viewer.session_id is None:
            return None
        found = await self._origins.origin(viewer.session_id)
        if found is None:
            return None
        provider_id, sealed = found
        provider = (await self._providers.by_ids([provider_id])).get(provider_id)
        try:
            hint = self._keyring.open(ID_TOKEN, sealed, viewer.session_id.bytes).decode()
            metadata = await self._talk.metadata(provider) if provider is not None else None
        except (OidcRefused, Unsealable):
            return None
        if provider is None or metadata is None or metadata.end_session is None:
            return None
        query = {
            "id_token_hint": hint,
            "client_id": provider.client_id,
            "post_logout_redirect_uri": f"{self._settings.get(PUBLIC_URL).rstrip('/')}/",
        }
        glue = "&" if "?" in metadata.end_session else "?"
        return metadata.end_session + glue + urlencode(query)
