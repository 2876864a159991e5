"""What authenticators are asked and what they answer: WebAuthn, without any of our storage.

Options and answers are what browsers take and give as JSON (`parseCreationOptionsFromJSON`,
`toJSON`). Everything in an answer is a stranger's: whatever is wrong with it, it is refused alike.
"""

import base64
import binascii
import os
from collections.abc import Sequence
from typing import Any, Final

import orjson
from msgspec import Struct
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.core.logging import get_logger
from app.mfa.domain import Assertion, Credential, Json, NewPasskey, Party

log = get_logger(__name__)
CHALLENGE_BYTES: Final = 32
TIMEOUT: Final = 300_000
MOST_TEXT: Final = 64 << 10
MOST_ID: Final = 1023  # as the specification has it
MOST_KEY: Final = 2048
TRANSPORTS: Final = frozenset(t.value for t in AuthenticatorTransport)


class Unproved(Exception):
    """The answer does not prove what it should."""


class Person(Struct, frozen=True, kw_only=True):
    """For whom a passkey is made."""

    handle: bytes
    username: str
    shown_name: str


def make_challenge() -> bytes:
    """What is to be signed."""
    return os.urandom(CHALLENGE_BYTES)


def creation_options(
    party: Party, person: Person, challenge: bytes, known: Sequence[Credential]
) -> Json:
    """Options to make a passkey with; an authenticator that has one of these makes no other."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=person.handle,
        user_name=person.username,
        user_display_name=person.shown_name,
        challenge=challenge,
        timeout=TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(known),
    )
    return options_to_json_dict(options)


def request_options(party: Party, challenge: bytes, known: Sequence[Credential]) -> Json:
    """Options to show a passkey with: one of these, or any where there are none."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT,
        allow_credentials=_described(known) or None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def challenge_in(answer: object) -> bytes:
    """The challenge that an answer says it signed. Raises Unproved."""
    try:
        challenge = _client_data(answer)["challenge"]
        return _bytes(challenge)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes make of it
        raise _unproved(error) from None


def credential_id_in(answer: object) -> bytes:
    """The passkey that an answer names. Raises Unproved."""
    try:
        assert isinstance(answer, dict)  # noqa: S101 - caught with all the rest
        found = _bytes(answer["rawId"])
    except Exception as error:  # noqa: BLE001
        raise _unproved(error) from None
    if not 0 < len(found) <= MOST_ID:
        raise Unproved
    return found


def registered(answer: object, challenge: bytes, party: Party) -> NewPasskey:
    """The passkey that an authenticator made. Raises Unproved."""
    try:
        given = _in_own_page(answer)
        made = verify_registration_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
        told = given["response"].get("transports")
        transports = tuple(sorted(TRANSPORTS & {t for t in told or () if isinstance(t, str)}))
    except Exception as error:  # noqa: BLE001
        raise _unproved(error) from None
    if len(made.credential_id) > MOST_ID or len(made.credential_public_key) > MOST_KEY:
        raise Unproved
    return NewPasskey(
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        aaguid=made.aaguid,
        transports=transports,
        synced=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=made.credential_backed_up,
    )


def asserted(answer: object, challenge: bytes, party: Party, passkey: Credential) -> Assertion:
    """What an authenticator proved with this passkey. Raises Unproved.

    The counter is the caller's to compare: against what is stored at the moment of its commit.
    """
    try:
        given = _in_own_page(answer)
        _check_handle(given, passkey)
        proved = verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # noqa: BLE001
        raise _unproved(error) from None
    if proved.credential_id != passkey.credential_id:
        raise Unproved
    return Assertion(
        passkey=passkey,
        sign_count=proved.new_sign_count,
        backed_up=proved.credential_backed_up,
    )


def _described(known: Sequence[Credential]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(t) for t in passkey.transports if t in TRANSPORTS],
        )
        for passkey in known
    ]


def _in_own_page(answer: object) -> Json:
    """The answer, if it was not made in a page that another site has in a frame."""
    client = _client_data(answer)
    if client.get("crossOrigin") not in (None, False) or client.get("topOrigin") is not None:
        raise Unproved
    assert isinstance(answer, dict)  # noqa: S101 - or it had no client data
    return answer


def _check_handle(answer: Json, passkey: Credential) -> None:
    """Where the authenticator says whose passkey it is, it has to be the one whom we know."""
    handle = answer["response"].get("userHandle")
    if handle is not None and _bytes(handle) != passkey.user_id.bytes:
        raise Unproved


def _client_data(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict) or not isinstance(answer.get("response"), dict):
        raise Unproved
    for text in answer["response"].values():
        if isinstance(text, str) and len(text) > MOST_TEXT:
            raise Unproved
    found = orjson.loads(_bytes(answer["response"]["clientDataJSON"]))
    if not isinstance(found, dict):
        raise Unproved
    return found


def _bytes(text: object) -> bytes:
    """Base64url as browsers write it: nothing that a lenient decoder would pass over."""
    if not isinstance(text, str) or len(text) > MOST_TEXT:
        raise Unproved
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unproved from None


def _unproved(error: Exception) -> Unproved:
    """The library says what was wrong; our log keeps the kind of it, the caller learns nothing."""
    log.info("mfa.passkey_refused", reason=type(error).__name__)
    return Unproved()
