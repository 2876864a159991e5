"""Whether an ID token is good: its signature by a key of the provider, and what it says.

Algorithms are pinned to asymmetric ones. A key comes from the provider's key set alone; whatever
keys or addresses a token names in its own header mean nothing.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from joserfc import jwk, jws
from joserfc.errors import BadSignatureError, JoseError
from msgspec import Struct

from app.oidc.domain import OidcRefused, Problem

KEY_TYPES: Final[Mapping[str, str]] = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "EdDSA": "OKP",
    "Ed25519": "OKP",
}
CURVES: Final[Mapping[str, str]] = {
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
    "EdDSA": "Ed25519",
    "Ed25519": "Ed25519",
}
PUBLIC: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("kty", "n", "e"),
    "EC": ("kty", "crv", "x", "y"),
    "OKP": ("kty", "crv", "x"),
}
LEAST_RSA_BITS: Final = 2048
MOST_RSA_BITS: Final = 8192
MOST_TOKEN: Final = 64 << 10
MOST_SUBJECT: Final = 255
LEEWAY: Final = 60
MOST_AGE: Final = 24 * 3600
Claims = Mapping[str, Any]
Key = Mapping[str, Any]


class UnknownKey(Exception):
    """No key of the set fits: perhaps there is a newer set."""


class Expected(Struct, frozen=True, kw_only=True):
    """What a token has to say; `algorithms` are those that the provider says it uses."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None
    algorithms: tuple[str, ...]
    now: datetime


class _Registry(jws.JWSRegistry):
    max_header_length = 8 << 10
    max_payload_length = MOST_TOKEN

    def get_alg(self, name: str) -> Any:
        """The algorithm, which `verify` has pinned already."""
        return self.algorithms[name]


def verify(token: str, keys: Sequence[Key], expected: Expected) -> Claims:
    """The claims of a good token. Raises OidcRefused, and UnknownKey for a key not in the set."""
    if len(token) > MOST_TOKEN or token.count(".") != 2:
        raise OidcRefused(Problem.TOKEN)
    header = _json(token.partition(".")[0])
    algorithm = header.get("alg")
    if algorithm not in KEY_TYPES or algorithm not in expected.algorithms:
        raise OidcRefused(Problem.ALGORITHM)
    if "crit" in header:
        raise OidcRefused(Problem.TOKEN)
    claims = _signed(token, _fitting(keys, algorithm, header.get("kid")), algorithm)
    _check_origin(claims, expected)
    _check_times(claims, expected.now.timestamp())
    if not _equal(claims.get("nonce"), expected.nonce):
        raise OidcRefused(Problem.NONCE)
    _check_access(claims, expected.access_token, algorithm)
    return claims


def require_since(claims: Claims, since: float, now: datetime) -> None:
    """Raise OidcRefused unless the user signed in there after this moment. The claim is required
    where `max_age` was asked for.
    """
    signed_in = _number(claims, "auth_time")
    if signed_in is None or not since - LEEWAY <= signed_in <= now.timestamp() + LEEWAY:
        raise OidcRefused(Problem.STALE)


def _json(part: str) -> dict[str, Any]:
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        found = msgspec.json.decode(raw)
    except (binascii.Error, ValueError, RecursionError):
        raise OidcRefused(Problem.TOKEN) from None
    if not isinstance(found, dict):
        raise OidcRefused(Problem.TOKEN)
    return found


def _fitting(keys: Sequence[Key], algorithm: str, kid: object) -> list[Key]:
    """The keys that may have signed this: by their kind and purpose, and by name where there is
    one. A token without a name fits only where there is no choice.
    """
    usable = [
        key
        for key in keys
        if key.get("kty") == KEY_TYPES[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (algorithm not in CURVES or key.get("crv") == CURVES[algorithm])
    ]
    if kid is not None:
        usable = [key for key in usable if key.get("kid") == kid]
    elif len(usable) > 1:
        raise OidcRefused(Problem.KEY)
    if not usable:
        raise UnknownKey
    strong = [key for key in usable if _is_strong(key)]
    if not strong:
        raise OidcRefused(Problem.KEY)
    return strong[:2]


def _is_strong(key: Key) -> bool:
    if key.get("kty") != "RSA":
        return True
    number = key.get("n")
    if not isinstance(number, str):
        return False
    try:
        raw = base64.urlsafe_b64decode(number + "=" * (-len(number) % 4))
    except ValueError:
        return False
    return LEAST_RSA_BITS <= int.from_bytes(raw, "big").bit_length() <= MOST_RSA_BITS


def _signed(token: str, keys: Sequence[Key], algorithm: str) -> Claims:
    problem = Problem.KEY
    for key in keys:
        public: dict[str, str | list[str]] = {
            name: str(key.get(name)) for name in PUBLIC[str(key["kty"])]
        }
        try:
            imported = jwk.import_key(public)
            found = jws.deserialize_compact(
                token,
                imported,
                registry=_Registry(algorithms=[algorithm], strict_check_header=False),
            )
        except BadSignatureError:
            problem = Problem.SIGNATURE
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        else:
            return _claims(found.payload)
    raise OidcRefused(problem)


def _claims(payload: bytes) -> Claims:
    try:
        claims: Claims = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        raise OidcRefused(Problem.TOKEN) from None
    subject = claims.get("sub") if isinstance(claims, dict) else None
    if not isinstance(subject, str) or not 1 <= len(subject) <= MOST_SUBJECT or "\0" in subject:
        raise OidcRefused(Problem.TOKEN)
    return claims


def _check_origin(claims: Claims, expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise OidcRefused(Problem.ISSUER)
    audience, party = claims.get("aud"), claims.get("azp")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or expected.client_id not in audiences:
        raise OidcRefused(Problem.AUDIENCE)
    if party is None and len(audiences) == 1:
        return
    if party != expected.client_id:
        raise OidcRefused(Problem.AUDIENCE)


def _check_times(claims: Claims, now: float) -> None:
    ends, made = _number(claims, "exp"), _number(claims, "iat")
    if ends is None or made is None:
        raise OidcRefused(Problem.TOKEN)
    begins = _number(claims, "nbf")
    if ends <= now - LEEWAY or made < now - MOST_AGE:
        raise OidcRefused(Problem.EXPIRED)
    if made > now + LEEWAY or (begins is not None and begins > now + LEEWAY):
        raise OidcRefused(Problem.NOT_YET)


def _number(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OidcRefused(Problem.TOKEN)
    try:
        return float(value)
    except OverflowError:
        raise OidcRefused(Problem.TOKEN) from None


def _check_access(claims: Claims, access_token: str | None, algorithm: str) -> None:
    said = claims.get("at_hash")
    if said is None:
        return
    size = "512" if algorithm.startswith("Ed") else algorithm[2:]
    digest = hashlib.new(f"sha{size}", (access_token or "").encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if access_token is None or not _equal(said, half):
        raise OidcRefused(Problem.TOKEN)


def _equal(said: object, expected: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode(), expected.encode())
