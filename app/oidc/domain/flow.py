"""Somebody on the way to a provider and back, and the link that is left."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

LinkId = NewType("LinkId", UUID)
HIDDEN = "•••"


class Purpose(StrEnum):
    """What somebody goes to the provider for."""

    SIGN_IN = "sign_in"
    LINK = "link"
    REAUTHENTICATE = "reauthenticate"


class Start(Struct, frozen=True, kw_only=True):
    """Where to send the browser. `binding` is what only who began it knows: a browser keeps it in
    a cookie, a program keeps it itself.
    """

    authorization_url: str
    binding: str | None
    expires_at: datetime
    cookie: str | None = None

    def __repr__(self) -> str:
        return f"Start(binding={HIDDEN})"


class Flow(Struct, frozen=True, kw_only=True):
    """A way that was begun, as it is stored; what it holds of secrets is sealed."""

    id: UUID
    provider_id: UUID
    purpose: Purpose
    user_id: UUID | None
    in_browser: bool
    redirect_path: str
    expires_at: datetime


class Callback(Struct, frozen=True, kw_only=True):
    """What came back with the browser: its query, and the bindings that its cookies hold."""

    provider: str
    query: Mapping[str, str]
    bindings: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Callback(provider={self.provider!r})"


class Link(Struct, frozen=True, kw_only=True):
    """An account here that can be signed in to with an account at a provider."""

    id: LinkId
    user_id: UUID
    provider_id: UUID
    provider: str
    display_name: str
    subject: str
    email: str | None
    name: str | None
    created_at: datetime
    last_login_at: datetime | None
