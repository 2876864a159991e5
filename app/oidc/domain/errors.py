"""Why somebody does not come in, and why a provider cannot be changed."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from app.core.errors import Conflict, NotFound, Unauthenticated
from app.core.ids import encode_id


class Problem(StrEnum):
    """What was wrong with a sign-in; clients and the activity log are told which."""

    STATE = "state"
    DENIED = "denied"
    ISSUER = "issuer"
    UNAVAILABLE = "unavailable"
    ANSWER = "answer"
    TOKEN = "token"  # noqa: S105 - what is wrong, not a token
    ALGORITHM = "algorithm"
    KEY = "key"
    SIGNATURE = "signature"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    NONCE = "nonce"
    USERINFO = "userinfo"
    CODE = "code"
    UNKNOWN_ACCOUNT = "unknown_account"
    OTHER_ACCOUNT = "other_account"
    STALE = "stale"


SENTENCES: Final[Mapping[Problem, str]] = MappingProxyType(
    {
        Problem.STATE: "This sign-in is no longer waiting here: begin again.",
        Problem.DENIED: "The provider did not let you in.",
        Problem.ISSUER: "The answer comes from another provider than was asked.",
        Problem.UNAVAILABLE: "The provider does not answer just now; try again.",
        Problem.ANSWER: "The provider does not answer as it has to.",
        Problem.TOKEN: "The provider's ID token is not as it has to be.",
        Problem.ALGORITHM: "The provider's ID token is signed in a way that is not accepted.",
        Problem.KEY: "The provider's ID token is signed with a key that is unknown or too weak.",
        Problem.SIGNATURE: "The signature of the provider's ID token is wrong.",
        Problem.AUDIENCE: "The provider's ID token is meant for somebody else.",
        Problem.EXPIRED: "The provider's ID token has expired: begin again, or compare the clocks.",
        Problem.NOT_YET: "The provider's ID token is not good yet: its clock differs from ours.",
        Problem.NONCE: "The provider's ID token belongs to another sign-in.",
        Problem.USERINFO: "What the provider says about you does not belong to your ID token.",
        Problem.CODE: "This sign-in is over, or belongs to another browser: begin again.",
        Problem.UNKNOWN_ACCOUNT: "No account here is linked with this one, and none is made.",
        Problem.OTHER_ACCOUNT: "You signed in there with another account than yours is linked to.",
        Problem.STALE: "The provider did not ask you to sign in anew.",
    }
)


class OidcRefused(Unauthenticated):
    """A sign-in that leads nowhere; nothing of it is left."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(SENTENCES[problem])
        self.problem = problem


class ProviderNotFound(NotFound):
    """There is no such provider."""

    def __init__(self, provider_id: UUID) -> None:
        super().__init__(f"There is no provider {encode_id('oidc_provider', provider_id)}.")


class NotOffered(NotFound):
    """No provider of this name can be used, or signing in elsewhere is turned off: all alike."""

    def __init__(self) -> None:
        super().__init__("There is no provider of this name to sign in with.", field="provider")


class ProviderNameTaken(Conflict):
    """Another provider has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a provider named {name} already.", field="name")


class ProviderInUse(Conflict):
    """People sign in with it."""


class LinkNotFound(NotFound):
    """The viewer has no such link."""

    def __init__(self, link_id: UUID) -> None:
        super().__init__(f"You have no link {encode_id('oidc_link', link_id)}.")


class LinkTaken(Conflict):
    """The account there is linked with another one here, or the other way round."""
