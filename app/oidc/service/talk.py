"""What is said between this server and a provider: discovery, keys, tokens, userinfo."""

import base64
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import quote, urlsplit
from uuid import UUID

from msgspec import Struct

from app.core.clock import Clock
from app.core.errors import AppError
from app.core.http import AddressRefused, Answer, Client, Fresh, Outside, Policy, origin_of
from app.core.http.errors import BadAnswer, OutsideUnavailable
from app.core.keys import Keyring
from app.core.logging import get_logger
from app.oidc.domain import OidcRefused, Problem, Provider
from app.oidc.repository import ProviderRepository
from app.oidc.service.tokens import KEY_TYPES, Claims, Expected, UnknownKey, verify

log = get_logger(__name__)
SECRET: Final = "oidc.client_secret"  # noqa: S105 - the purpose of a key
WELL_KNOWN: Final = "/.well-known/openid-configuration"
MOST_BYTES: Final = 512 << 10
TIMEOUT = 10.0
MOST_KEYS: Final = 100
MOST_TEXT: Final = 2048
MOST_ACCESS_TOKEN: Final = 16 << 10
LEAST_FRESH: Final = 300.0
AGAIN_AFTER: Final = 10.0
BASIC: Final = "client_secret_basic"
POST: Final = "client_secret_post"


class Metadata(Struct, frozen=True, kw_only=True):
    """What a provider says of itself, with what the administrator says instead."""

    issuer: str
    authorization: str
    token: str
    userinfo: str | None
    jwks: str
    end_session: str | None
    algorithms: tuple[str, ...]
    methods: tuple[str, ...]
    names_issuer: bool


class Grant(Struct, frozen=True, kw_only=True):
    """What the token endpoint answered."""

    id_token: str
    access_token: str | None

    def __repr__(self) -> str:
        return "Grant()"


class Exchange(Struct, frozen=True, kw_only=True):
    """What a code is exchanged with."""

    code: str
    verifier: str
    redirect_uri: str

    def __repr__(self) -> str:
        return "Exchange()"


class TalkDependencies(Protocol):
    """What providers are talked to with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def outside(self) -> Outside: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def oidc_provider_repository(self) -> ProviderRepository: ...


class Talk:
    """Asks providers. Raises OidcRefused for all that is not as it has to be."""

    def __init__(self, needs: TalkDependencies) -> None:
        self._clock, self._outside, self._keyring = needs.clock, needs.outside, needs.keyring
        self._providers = needs.oidc_provider_repository
        self._asked_anew: dict[UUID, float] = {}

    async def metadata(self, provider: Provider) -> Metadata:
        """The provider's own document, from the cache while it is fresh."""
        url = provider.issuer.rstrip("/") + WELL_KNOWN
        client = await self._client(provider)
        document = await _document(provider, client.get_kept(url))
        return _metadata(provider, document)

    async def keys(
        self, provider: Provider, metadata: Metadata, *, anew: bool = False
    ) -> Sequence[Mapping[str, Any]]:
        """The provider's key set."""
        client = await self._client(provider)
        asked = client.get_kept(metadata.jwks, fresh=Fresh(anew=anew))
        document = await _document(provider, asked)
        keys = document.get("keys")
        if not isinstance(keys, list):
            raise OidcRefused(Problem.KEY)
        return [key for key in keys[:MOST_KEYS] if isinstance(key, dict)]

    async def exchange(self, provider: Provider, metadata: Metadata, exchange: Exchange) -> Grant:
        """Trade a code for tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": exchange.code,
            "redirect_uri": exchange.redirect_uri,
            "code_verifier": exchange.verifier,
        }
        headers = {"accept": "application/json"}
        sealed = await self._providers.secret(provider.id)
        if sealed is None:
            form["client_id"] = provider.client_id
        else:
            secret = self._keyring.open(SECRET, sealed, provider.id.bytes).decode()
            if BASIC in metadata.methods or POST not in metadata.methods:
                headers["authorization"] = _basic(provider.client_id, secret)
            else:
                form |= {"client_id": provider.client_id, "client_secret": secret}
        client = await self._client(provider)
        return _grant(await _document(provider, client.post_form(metadata.token, form, headers)))

    async def claims(
        self, provider: Provider, metadata: Metadata, grant: Grant, nonce: str
    ) -> Claims:
        """The claims of the ID token, found good. A key that is unknown is looked for once more."""
        expected = Expected(
            issuer=provider.issuer,
            client_id=provider.client_id,
            nonce=nonce,
            access_token=grant.access_token,
            algorithms=metadata.algorithms,
            now=self._clock.now(),
        )
        try:
            return verify(grant.id_token, await self.keys(provider, metadata), expected)
        except UnknownKey:
            if not self._may_ask_anew(provider.id):
                raise OidcRefused(Problem.KEY) from None
        try:
            fresh = await self.keys(provider, metadata, anew=True)
            return verify(grant.id_token, fresh, expected)
        except UnknownKey:
            raise OidcRefused(Problem.KEY) from None

    async def userinfo(
        self, provider: Provider, metadata: Metadata, grant: Grant, subject: str
    ) -> Claims:
        """What the provider says of the user beyond the ID token; nothing where it does not."""
        if metadata.userinfo is None or grant.access_token is None:
            return {}
        client = await self._client(provider)
        headers = {"authorization": f"Bearer {grant.access_token}", "accept": "application/json"}
        document = await _document(
            provider, client.get(metadata.userinfo, headers), Problem.USERINFO
        )
        if document.get("sub") != subject:
            raise OidcRefused(Problem.USERINFO)
        return document

    def _may_ask_anew(self, provider_id: UUID) -> bool:
        now = time.monotonic()
        if now - self._asked_anew.get(provider_id, -AGAIN_AFTER) < AGAIN_AFTER:
            return False
        self._asked_anew[provider_id] = now
        return True

    async def _client(self, provider: Provider) -> Client:
        return await self._outside.client(policy_of(provider))


def policy_of(provider: Provider) -> Policy:
    """How a provider is asked: what the administrator wrote down may be in the own network."""
    ends = provider.endpoints
    written = (provider.issuer, ends.token, ends.userinfo, ends.jwks)
    return Policy(
        name=f"oidc:{provider.name}",
        label=provider.display_name,
        timeout=TIMEOUT,
        most_bytes=MOST_BYTES,
        attempts=2,
        most_wait=2,
        least_fresh=LEAST_FRESH,
        configured=frozenset(origin_of(url) for url in written if url),
    )


async def _document(
    provider: Provider, asking: Any, problem: Problem = Problem.ANSWER
) -> dict[str, Any]:
    """The JSON object of an answer, or the refusal that its failure means."""
    try:
        answer: Answer = await asking
        if answer.ok:
            return answer.json(provider.display_name)
        said: object = answer.status
    except OutsideUnavailable as error:
        log.warning("oidc.unavailable", provider=provider.name, reason=error.message)
        raise OidcRefused(Problem.UNAVAILABLE) from None
    except (AddressRefused, BadAnswer) as error:
        said = error.message
    log.warning("oidc.refused_answer", provider=provider.name, reason=said)
    raise OidcRefused(problem)


def _metadata(provider: Provider, document: Mapping[str, Any]) -> Metadata:
    if document.get("issuer") != provider.issuer:
        raise OidcRefused(Problem.ISSUER)
    own = provider.endpoints
    said = document.get("id_token_signing_alg_values_supported")
    names = said if isinstance(said, list) else ["RS256"]
    methods = document.get("token_endpoint_auth_methods_supported")
    return Metadata(
        issuer=provider.issuer,
        authorization=own.authorization or _browsed(provider, document, "authorization_endpoint"),
        token=own.token or _address(document, "token_endpoint"),
        userinfo=own.userinfo or _address(document, "userinfo_endpoint", optional=True) or None,
        jwks=own.jwks or _address(document, "jwks_uri"),
        end_session=own.end_session
        or _browsed(provider, document, "end_session_endpoint", optional=True)
        or None,
        algorithms=tuple(name for name in KEY_TYPES if name in names),
        methods=tuple(m for m in (BASIC, POST) if isinstance(methods, list) and m in methods),
        names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
    value = document.get(name)
    if value is None and optional:
        return ""
    try:
        if not isinstance(value, str) or len(value) > MOST_TEXT or not value.isprintable():
            raise OidcRefused(Problem.ANSWER)
        origin_of(value)
    except AppError:
        raise OidcRefused(Problem.ANSWER) from None
    return value


def _browsed(
    provider: Provider, document: Mapping[str, Any], name: str, *, optional: bool = False
) -> str:
    """An address that browsers are sent to: over TLS wherever the provider itself is."""
    value = _address(document, name, optional=optional)
    scheme = urlsplit(provider.issuer).scheme
    if value and scheme == "https" and urlsplit(value).scheme != "https":
        raise OidcRefused(Problem.ANSWER)
    return value


def _grant(document: Mapping[str, Any]) -> Grant:
    token, access = document.get("id_token"), document.get("access_token")
    if not isinstance(token, str):
        raise OidcRefused(Problem.TOKEN)
    if not isinstance(access, str) or not access.isascii() or not access.isprintable():
        access = None
    if access is not None and len(access) > MOST_ACCESS_TOKEN:
        raise OidcRefused(Problem.TOKEN)
    return Grant(id_token=token, access_token=access)


def _basic(client_id: str, secret: str) -> str:
    """Both are form-encoded first, says RFC 6749."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
