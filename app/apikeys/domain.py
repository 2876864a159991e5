"""API keys: what they are, and what one may be. Structs that hold a token do not show it."""

import re
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.core.access import SESSION_ONLY, Permission
from app.core.errors import Conflict, Invalid, NotFound
from app.core.ids import encode_id

PREFIX: Final = "rv_"
FORM: Final = re.compile(r"rv_[0-9a-f]{64}")
SHOWN: Final = 8
MOST_NAME: Final = 100
MOST_DESCRIPTION: Final = 500
HIDDEN: Final = "•••"


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key without its token; `prefix` is how the token begins. `expires_at` is None for never."""

    id: UUID
    user_id: UUID
    name: str
    description: str | None
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_address: str | None
    revoked_at: datetime | None


class NewApiKey(Struct, frozen=True, kw_only=True):
    """What a key is made of."""

    name: str
    scopes: tuple[str, ...]
    description: str | None = None
    expires_at: datetime | None = None


class Minted(Struct, frozen=True, kw_only=True):
    """A fresh key; the only time that its token is known."""

    api_key: ApiKey
    token: str

    def __repr__(self) -> str:
        return f"Minted(api_key={self.api_key.id}, token={HIDDEN})"


class ApiKeyNotFound(NotFound):
    """There is no such key, it was revoked, or it is somebody else's: all alike."""

    def __init__(self, key_id: UUID) -> None:
        super().__init__(f"There is no API key {encode_id('apikey', key_id)}.", field="id")


class TooManyApiKeys(Conflict):
    """The account has as many keys as one may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} API keys, which is the limit: revoke one first.")


def new_key() -> str:
    """An unguessable token, `rv_` and 64 hexadecimal digits for 256 bits."""
    return PREFIX + secrets.token_hex(32)


def is_key(token: str) -> bool:
    """Whether a token has the form of a key."""
    return FORM.fullmatch(token) is not None


def checked_name(name: str) -> str:
    """The name as it is kept: one line. Raises Invalid."""
    trimmed = " ".join(name.split())
    if not (1 <= len(trimmed) <= MOST_NAME and trimmed.isprintable()):
        message = f"An API key's name has 1 to {MOST_NAME} printable characters."
        raise Invalid(message, field="name")
    return trimmed


def checked_description(text: str | None) -> str | None:
    """The description as it is kept, None for an empty one. Raises Invalid."""
    trimmed = (text or "").strip()
    plain = all(character.isprintable() or character == "\n" for character in trimmed)
    if len(trimmed) > MOST_DESCRIPTION or not plain:
        message = f"A description has at most {MOST_DESCRIPTION} printable characters."
        raise Invalid(message, field="description")
    return trimmed or None


def checked_scopes(wanted: Collection[str], held: Collection[Permission]) -> tuple[str, ...]:
    """Permissions that a key of somebody who holds these may have, each once. Raises Invalid."""
    if not 1 <= len(wanted) <= len(Permission):
        raise Invalid("An API key has at least one permission.", field="scopes")
    known = {permission.value: permission for permission in Permission}
    for name in wanted:
        permission = known.get(name)
        if permission is None:
            raise Invalid(f"There is no permission {name[:80]!r}.", field="scopes")
        if permission in SESSION_ONLY:
            raise Invalid(f"No API key can have the permission {name}.", field="scopes")
        if permission not in held:
            message = f"You lack the permission {name}, so your API key cannot have it."
            raise Invalid(message, field="scopes")
    return tuple(sorted(set(wanted)))
