"""What administrators configure. Kinds of providers differ by data alone."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

ProviderId = NewType("ProviderId", UUID)
SCOPES: Final = ("openid", "profile", "email")


class ProviderKind(StrEnum):
    """Whose software it is; it decides what a new provider begins with."""

    GENERIC = "generic"
    AUTHENTIK = "authentik"
    KEYCLOAK = "keycloak"


class ClaimNames(Struct, frozen=True, kw_only=True):
    """Which claims hold what; dots lead into objects."""

    username: str = "preferred_username"
    email: str = "email"
    name: str = "name"
    roles: str = "groups"


class Preset(Struct, frozen=True, kw_only=True):
    """What a kind of provider begins with."""

    scopes: tuple[str, ...] = SCOPES
    claims: ClaimNames = ClaimNames()


PRESETS: Final[Mapping[ProviderKind, Preset]] = MappingProxyType(
    {
        ProviderKind.GENERIC: Preset(),
        ProviderKind.AUTHENTIK: Preset(),
        ProviderKind.KEYCLOAK: Preset(claims=ClaimNames(roles="realm_access.roles")),
    }
)


class Endpoints(Struct, frozen=True, kw_only=True):
    """Addresses in place of those that the provider's discovery document names."""

    authorization: str | None = None
    token: str | None = None
    userinfo: str | None = None
    jwks: str | None = None
    end_session: str | None = None


class Provider(Struct, frozen=True, kw_only=True):
    """A provider as configured, without its client secret.

    `role_mappings` leads from a value of the roles claim to the id of a role.
    """

    id: ProviderId
    name: str
    display_name: str
    kind: ProviderKind
    issuer: str
    client_id: str
    has_secret: bool
    endpoints: Endpoints
    scopes: tuple[str, ...]
    claims: ClaimNames
    role_mappings: dict[str, UUID]
    auto_create: bool
    update_on_login: bool
    allow_linking: bool
    trust_email: bool
    enabled: bool
    is_default: bool
    created_at: datetime
    updated_at: datetime

    @property
    def mappings(self) -> tuple["NamedRole", ...]:
        """The role mappings in order of their values."""
        return tuple(NamedRole(v, self.role_mappings[v]) for v in sorted(self.role_mappings))


class NamedRole(Struct, frozen=True):
    """A value of the roles claim and the role it stands for."""

    value: str
    role_id: UUID


class OfferedProvider(Struct, frozen=True, kw_only=True):
    """What anybody may know of a provider: that one can sign in with it."""

    id: ProviderId
    name: str
    display_name: str
    is_default: bool


class ProviderInput(Struct, frozen=True, kw_only=True):
    """What is set; None leaves it as it is, or as the preset has it. An empty address or secret
    takes it away.
    """

    name: str | None = None
    display_name: str | None = None
    issuer: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    endpoints: Endpoints = Endpoints()
    scopes: tuple[str, ...] | None = None
    claims: Mapping[str, str | None] = MappingProxyType({})
    role_mappings: dict[str, UUID] | None = None
    auto_create: bool | None = None
    update_on_login: bool | None = None
    allow_linking: bool | None = None
    trust_email: bool | None = None

    def __repr__(self) -> str:
        return f"ProviderInput(name={self.name!r})"


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at in a test."""

    what: str
    good: bool
    detail: str


class ProviderTest(Struct, frozen=True, kw_only=True):
    """Whether a provider could be used now."""

    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        return all(finding.good for finding in self.findings)
