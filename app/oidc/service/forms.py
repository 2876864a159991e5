"""What a provider's configuration has to look like."""

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from app.core.errors import Invalid
from app.core.http import AddressRefused, Policy
from app.core.http.guard import check_url
from app.core.http.policy import origin_of
from app.oidc.domain import Provider

SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?")
SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
MOST_ADDRESS: Final = 500
MOST_NAME: Final = 100
MOST_CLIENT: Final = 255
MOST_CLAIM: Final = 200
MOST_SCOPES: Final = 20
MOST_MAPPINGS: Final = 100


def slug(text: str) -> str:
    """The name of a provider, as it stands in addresses. Raises Invalid."""
    if SLUG.fullmatch(text) is None:
        raise Invalid(
            "A provider's name has 1 to 50 small letters, digits and hyphens.", field="name"
        )
    return text


def checked(provider: Provider) -> Provider:
    """The provider itself. Raises Invalid, naming the argument at fault."""
    require_text(provider.display_name, MOST_NAME, "displayName")
    require_text(provider.client_id, MOST_CLIENT, "clientId")
    _address(provider.issuer, "issuer", query=False)
    for name, url in msgspec.structs.asdict(provider.endpoints).items():
        if url is not None:
            _address(url, f"{name}_endpoint")
    for name, path in msgspec.structs.asdict(provider.claims).items():
        require_text(path, MOST_CLAIM, f"claims.{name}")
    _scopes(provider.scopes)
    if len(provider.role_mappings) > MOST_MAPPINGS:
        raise Invalid(f"There are at most {MOST_MAPPINGS} role mappings.", field="roleMappings")
    for value in provider.role_mappings:
        require_text(value, MOST_CLAIM, "roleMappings")
    return provider


def require_text(text: str, most: int, field: str) -> None:
    """Raise Invalid, which does not quote it, for what is no line of at most that many
    characters.
    """
    if not text.strip() or len(text) > most or not text.isprintable():
        raise Invalid(f"{field} is one line of 1 to {most} characters.", field=field)


def _address(url: str, field: str, *, query: bool = True) -> None:
    try:
        origin = origin_of(url)
        check_url(url, Policy(name="", label="", configured=frozenset({origin})))
        parts = urlsplit(url)
    except (AddressRefused, ValueError) as error:
        said = error.message if isinstance(error, AddressRefused) else "This is no address."
        raise Invalid(said, field=field) from None
    if len(url) > MOST_ADDRESS or parts.fragment or (parts.query and not query):
        raise Invalid(
            f"An address has at most {MOST_ADDRESS} characters, and neither # nor, for an issuer, "
            "a query.",
            field=field,
        )


def _scopes(scopes: tuple[str, ...]) -> None:
    good = all(SCOPE.fullmatch(scope) for scope in scopes)
    if not good or "openid" not in scopes or len(scopes) > MOST_SCOPES:
        raise Invalid("Scopes are words, `openid` among them.", field="scopes")
