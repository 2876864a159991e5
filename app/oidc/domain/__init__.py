"""Providers, who comes from them, and how somebody is on the way."""

from app.oidc.domain.errors import (
    LinkNotFound,
    LinkTaken,
    NotOffered,
    OidcRefused,
    Problem,
    ProviderInUse,
    ProviderNameTaken,
    ProviderNotFound,
)
from app.oidc.domain.flow import Callback, Flow, Link, LinkId, Purpose, Start
from app.oidc.domain.identity import Identity, value_at
from app.oidc.domain.providers import (
    PRESETS,
    ClaimNames,
    Endpoints,
    Finding,
    NamedRole,
    OfferedProvider,
    Preset,
    Provider,
    ProviderId,
    ProviderInput,
    ProviderKind,
    ProviderTest,
)

__all__ = [
    "PRESETS",
    "Callback",
    "ClaimNames",
    "Endpoints",
    "Finding",
    "Flow",
    "Identity",
    "Link",
    "LinkId",
    "LinkNotFound",
    "LinkTaken",
    "NamedRole",
    "NotOffered",
    "OfferedProvider",
    "OidcRefused",
    "Preset",
    "Problem",
    "Provider",
    "ProviderId",
    "ProviderInUse",
    "ProviderInput",
    "ProviderKind",
    "ProviderNameTaken",
    "ProviderNotFound",
    "ProviderTest",
    "Purpose",
    "Start",
    "value_at",
]
