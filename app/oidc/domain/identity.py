"""Who somebody is at a provider, as far as its ID token was found good."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from app.oidc.domain.providers import ClaimNames

MOST_GROUPS: Final = 500
MOST_TEXT: Final = 320


class Identity(Struct, frozen=True, kw_only=True):
    """The subject and what else is of use. `groups` are the values of the roles claim."""

    subject: str
    username: str | None = None
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    groups: tuple[str, ...] = ()
    id_token: str = ""

    def __repr__(self) -> str:
        return f"Identity(subject={self.subject!r})"

    @classmethod
    def of(cls, token: Mapping[str, Any], more: Mapping[str, Any], names: ClaimNames) -> "Identity":
        """From the claims of the ID token and of userinfo; the signed ones go before the others.

        `email_verified` counts only beside the very address that it speaks of, and only as `true`.
        """
        claims = {**more, **token}
        source = token if _text(value_at(token, names.email)) else more
        return cls(
            subject=token["sub"],
            username=_text(value_at(claims, names.username)),
            email=_text(value_at(source, names.email)),
            email_verified=source.get("email_verified") is True,
            name=_text(value_at(claims, names.name)),
            groups=_texts(_first(token, more, names.roles)),
        )


def value_at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of this name, or what the dots lead to; None where there is nothing."""
    if path in claims:  # names of claims are often addresses, with dots of their own
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def _first(token: Mapping[str, Any], more: Mapping[str, Any], path: str) -> Any:
    found = value_at(token, path)
    return value_at(more, path) if found is None else found


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    shown = "".join(c for c in value if c.isprintable()).strip()
    return shown[:MOST_TEXT] or None


def _texts(value: Any) -> tuple[str, ...]:
    """A list of names, or names with spaces between; some providers write one alone."""
    values = value.split() if isinstance(value, str) else value
    if not isinstance(values, list):
        return ()
    return tuple(v for v in values[:MOST_GROUPS] if isinstance(v, str) and len(v) <= MOST_TEXT)
