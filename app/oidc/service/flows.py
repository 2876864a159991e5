"""The way to a provider and back: sealed, bound to who began it, each step once.

The callback of the provider opens no session. It leaves who came back, sealed, under a one-time
code, which is worth nothing without the binding that only the beginner has. `finishOidcSignIn`
takes both, for browsers (the binding is a cookie) and for programs (they keep it) alike.
"""

import base64
import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final, Protocol
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Struct

from app.auth.service import Sessions
from app.core.access import ANONYMOUS, Client, Viewer
from app.core.clock import Clock
from app.core.crypto import new_token, token_hash
from app.core.db import Database
from app.core.errors import Conflict, Invalid
from app.core.ids import new_id
from app.core.keys import Keyring, Unsealable
from app.core.page import Keyset, Page
from app.core.tx import Tx
from app.oidc.domain import (
    Callback,
    Flow,
    Identity,
    NotOffered,
    OfferedProvider,
    OidcRefused,
    Problem,
    Provider,
    Purpose,
    Start,
)
from app.oidc.events import OidcSignedIn
from app.oidc.repository import OidcSessionRepository, ProviderRepository, StateRepository
from app.oidc.service.talk import Exchange, Metadata, Talk
from app.oidc.service.tokens import require_since
from app.settings.domain import OIDC_ENABLED, PUBLIC_URL
from app.settings.service import Settings

STATE_LASTS: Final = timedelta(minutes=10)
CODE_LASTS: Final = timedelta(minutes=2)
WAITS_FOR_FACTOR: Final = timedelta(minutes=10)  # longer than any challenge does
FLOW: Final = "oidc.flow"
CODE_PREFIX: Final = "rvo"
BINDING_PREFIX: Final = "rvb"
COOKIE_PREFIX: Final = "revenge_oidc_"
MOST_PATH: Final = 500
MOST_GIVEN: Final = 4096
MOST_BINDINGS: Final = 20
MOST_BINDING: Final = 200
BATCH: Final = 5000


class Carried(Struct, frozen=True):
    """What the beginning knows and the end has to know."""

    nonce: str
    verifier: str
    since: float | None = None  # whoever signed in there before this moment is asked anew

    def __repr__(self) -> str:
        return "Carried()"


class FlowDependencies(Protocol):
    """What ways are kept with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def oidc_talk(self) -> Talk: ...
    @property
    def oidc_provider_repository(self) -> ProviderRepository: ...
    @property
    def oidc_state_repository(self) -> StateRepository: ...
    @property
    def oidc_session_repository(self) -> OidcSessionRepository: ...


class Flows:
    """Begins ways and takes them up again."""

    def __init__(self, needs: FlowDependencies) -> None:
        self._db, self._clock, self._keyring = needs.db, needs.clock, needs.keyring
        self._settings, self._sessions, self._talk = needs.settings, needs.sessions, needs.oidc_talk
        self._providers = needs.oidc_provider_repository
        self._states, self._origins = needs.oidc_state_repository, needs.oidc_session_repository

    async def start(self, name: str, redirect_path: str, *, cookies: bool) -> Start:
        """The way to sign in. Raises NotOffered, Invalid, Conflict or OidcRefused."""
        provider = await self.offered(name)
        way = _Way(Purpose.SIGN_IN, ANONYMOUS, _path(redirect_path), cookies)
        return await self._begin(provider, way)

    async def start_link(
        self, viewer: Viewer, name: str, redirect_path: str, *, cookies: bool
    ) -> Start:
        """The way to link an account there with the viewer's own.

        Raises ReauthenticationRequired too, and NotOffered where a provider allows no links.
        """
        provider = await self.offered(name)
        if not provider.allow_linking:
            raise NotOffered
        await self._sessions.require_recent(viewer)
        return await self._begin(
            provider, _Way(Purpose.LINK, viewer, _path(redirect_path), cookies)
        )

    async def start_reauthentication(
        self, viewer: Viewer, provider: Provider, redirect_path: str, *, cookies: bool
    ) -> Start:
        """The way to prove again who one is. Raises what `start` does."""
        way = _Way(Purpose.REAUTHENTICATE, viewer, _path(redirect_path), cookies)
        return await self._begin(provider, way)

    async def offered(self, name: str) -> Provider:
        """A provider to sign in with. Raises NotOffered."""
        provider = None
        if self._settings.get(OIDC_ENABLED) and len(name) <= MOST_BINDING:
            provider = await self._providers.by_name(name)
        if provider is None:
            raise NotOffered
        return provider

    async def page(self, page: Keyset) -> Page[UUID]:
        """Providers to sign in with, by name."""
        if not self._settings.get(OIDC_ENABLED):
            return Page(ids=())
        return await self._providers.page(page, enabled=True)

    async def count(self) -> int:
        """How many providers one can sign in with."""
        if not self._settings.get(OIDC_ENABLED):
            return 0
        return await self._providers.count(enabled=True)

    async def offered_by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, OfferedProvider]:
        """Those of these providers that one can sign in with."""
        return await self._providers.offered(ids) if self._settings.get(OIDC_ENABLED) else {}

    async def _begin(self, provider: Provider, way: "_Way") -> Start:
        metadata = await self._talk.metadata(provider)
        now = self._clock.now()
        anew = way.purpose is Purpose.REAUTHENTICATE
        since = now.timestamp() if anew else None
        carried = Carried(secrets.token_urlsafe(32), secrets.token_urlsafe(48), since)
        state, binding = secrets.token_urlsafe(32), new_token(BINDING_PREFIX)
        flow = Flow(
            id=new_id(),
            provider_id=provider.id,
            purpose=way.purpose,
            user_id=way.viewer.user_id,
            in_browser=way.cookies,
            redirect_path=way.path,
            expires_at=now + STATE_LASTS,
        )
        sealed = self._keyring.seal(FLOW, msgspec.msgpack.encode(carried), flow.id.bytes)
        url = _authorization(provider, metadata, carried, (state, self._callback(provider)))
        async with self._db.write(way.viewer) as tx:
            await self._states.add(tx, flow, (token_hash(state), token_hash(binding)), sealed)
        return Start(
            authorization_url=url,
            binding=binding,
            expires_at=flow.expires_at,
            cookie=COOKIE_PREFIX + secrets.token_hex(4) if way.cookies else None,
        )

    async def come_back(self, callback: Callback, client: Client) -> str:
        """Where the browser goes on. Raises OidcRefused for what belongs to no way of this browser;
        whatever else is wrong stands behind the # of the address, as does the one-time code.
        """
        taken, came_from = None, msgspec.structs.replace(ANONYMOUS, client=client)
        state, now = callback.query.get("state", ""), self._clock.now()
        if self._settings.get(OIDC_ENABLED) and 0 < len(state) <= MOST_GIVEN:
            async with self._db.write(came_from) as tx:
                at = callback.provider, now
                taken = await self._states.take(
                    tx, token_hash(state), hashes_of(callback.bindings), at
                )
        if taken is None:
            raise OidcRefused(Problem.STATE)
        flow, sealed = taken
        provider = (await self._providers.by_ids([flow.provider_id])).get(flow.provider_id)
        if provider is None:
            raise OidcRefused(Problem.STATE)
        try:
            carried = msgspec.msgpack.decode(
                self._keyring.open(FLOW, sealed, flow.id.bytes), type=Carried
            )
            identity = await self._identity(provider, callback.query, carried)
        except (OidcRefused, Unsealable) as error:
            problem = error.problem if isinstance(error, OidcRefused) else Problem.STATE
            await self.failed(provider, problem, came_from)
            return self._onward(flow, oidc_error=problem.value)
        code = new_token(CODE_PREFIX)
        plain = msgspec.msgpack.encode(identity)
        until = self._clock.now() + CODE_LASTS
        async with self._db.write(came_from) as tx:
            kept = self._keyring.seal(FLOW, plain, flow.id.bytes)
            await self._states.arrived(tx, flow.id, token_hash(code), kept, until)
        return self._onward(flow, oidc=code)

    async def finish(
        self, tx: Tx, code: str, bindings: Collection[str], purpose: Purpose
    ) -> tuple[Flow, Provider, Identity]:
        """Who came back, once, for who began. Raises OidcRefused, and then nothing was taken."""
        if not 0 < len(code) <= MOST_BINDING:
            raise OidcRefused(Problem.CODE)
        taken = await self._states.finish(
            tx, token_hash(code), hashes_of(bindings), self._clock.now()
        )
        if taken is None or taken[0].purpose is not purpose:
            raise OidcRefused(Problem.CODE)
        flow, sealed = taken
        provider = await self._providers.share(tx, flow.provider_id)
        if provider is None or not self._settings.get(OIDC_ENABLED):
            raise NotOffered
        try:
            plain = self._keyring.open(FLOW, sealed, flow.id.bytes)
        except Unsealable:
            raise OidcRefused(Problem.CODE) from None
        return flow, provider, msgspec.msgpack.decode(plain, type=Identity)

    async def failed(self, provider: Provider, problem: Problem, viewer: Viewer) -> None:
        """Write down that somebody did not get in."""
        async with self._db.write(viewer) as tx:
            tx.emit(OidcSignedIn(provider_id=provider.id, success=False, problem=problem.value))

    async def forget(self, tx: Tx) -> bool:
        """Delete a batch of ways that are over, and of sessions; whether there may be more."""
        now = self._clock.now()
        ways = await self._states.forget(tx, now, BATCH)
        sessions = await self._origins.forget(tx, now - WAITS_FOR_FACTOR, now, BATCH)
        return BATCH in (ways, sessions)

    async def _identity(
        self, provider: Provider, query: Mapping[str, str], carried: Carried
    ) -> Identity:
        metadata = await self._talk.metadata(provider)
        issuer = query.get("iss")
        if issuer != provider.issuer and (issuer is not None or metadata.names_issuer):
            raise OidcRefused(Problem.ISSUER)
        if "error" in query:
            raise OidcRefused(Problem.DENIED)
        code = query.get("code", "")
        if not 0 < len(code) <= MOST_GIVEN:
            raise OidcRefused(Problem.ANSWER)
        exchange = Exchange(
            code=code, verifier=carried.verifier, redirect_uri=self._callback(provider)
        )
        grant = await self._talk.exchange(provider, metadata, exchange)
        token = await self._talk.claims(provider, metadata, grant, carried.nonce)
        if carried.since is not None:
            require_since(token, carried.since, self._clock.now())
        more = await self._talk.userinfo(provider, metadata, grant, token["sub"])
        identity = Identity.of(token, more, provider.claims)
        return msgspec.structs.replace(identity, id_token=grant.id_token)

    def _callback(self, provider: Provider) -> str:
        return f"{self._public_url}/oidc/{provider.name}/callback"

    def _onward(self, flow: Flow, **said: str) -> str:
        return f"{self._public_url}{flow.redirect_path}#{urlencode(said)}"

    @property
    def _public_url(self) -> str:
        url = self._settings.get(PUBLIC_URL)
        if not url:
            raise Conflict("Sign-in elsewhere needs the setting server.public_url.")
        return url.rstrip("/")


class _Way(Struct, frozen=True):
    purpose: Purpose
    viewer: Viewer
    path: str
    cookies: bool


def hashes_of(bindings: Collection[str]) -> list[bytes]:
    """What is stored of bindings; of a bounded number."""
    given = [one for one in bindings if 0 < len(one) <= MOST_BINDING]
    return [token_hash(one) for one in given[:MOST_BINDINGS]]


def _authorization(
    provider: Provider, metadata: Metadata, carried: Carried, ends: tuple[str, str]
) -> str:
    digest = hashlib.sha256(carried.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": ends[1],
        "scope": " ".join(provider.scopes),
        "state": ends[0],
        "nonce": carried.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if carried.since is not None:
        query |= {"prompt": "login", "max_age": "0"}
    glue = "&" if "?" in metadata.authorization else "?"
    return metadata.authorization + glue + urlencode(query)


def _path(text: str) -> str:
    """A path of this server. Raises Invalid for whatever a browser may take for another one."""
    local = text.startswith("/") and not text.startswith(("//", "/\\"))
    plain = text.isascii() and text.isprintable() and not set(text) & set('\\# "<>')
    if not local or not plain or len(text) > MOST_PATH:
        raise Invalid(
            "Afterwards one is led to a path of this server, such as /home.", field="redirectPath"
        )
    return text
