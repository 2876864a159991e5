"""What authenticators answer: right answers are taken, and every wrong one is refused."""

import hashlib
from typing import Any
from uuid import UUID

import pytest

from app.core.ids import new_id
from app.mfa.domain import Assertion, Credential, NewPasskey, Party, PasskeyId
from app.mfa.service import ceremony
from app.mfa.service.ceremony import Person, Unproved
from tests.mfa.authenticator import PRESENT, VERIFIED, Authenticator, Wrong, b64

ORIGIN = "https://media.example.org"
PARTY = Party(id="media.example.org", name="Media", origins=(ORIGIN, "https://app.example.org"))
USER = new_id()
PERSON = Person(handle=USER.bytes, username="ase", shown_name="Åse")
CHALLENGE = ceremony.make_challenge()


def register(authenticator: Authenticator, wrong: Wrong | None = None) -> NewPasskey:
    options = ceremony.creation_options(PARTY, PERSON, CHALLENGE, ())
    answer = authenticator.make(options, wrong)
    assert wrong is not None or ceremony.challenge_in(answer) == CHALLENGE
    return ceremony.registered(answer, CHALLENGE, PARTY)


def known(made: NewPasskey, user_id: UUID = USER) -> Credential:
    return Credential(
        id=PasskeyId(new_id()),
        user_id=user_id,
        username="ase",
        rp_id=PARTY.id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        transports=made.transports,
        cloned_at=None,
    )


def show(
    authenticator: Authenticator, passkey: Credential, wrong: Wrong | None = None
) -> Assertion:
    options = ceremony.request_options(PARTY, CHALLENGE, (passkey,))
    return ceremony.asserted(authenticator.sign(options, wrong), CHALLENGE, PARTY, passkey)


def test_options_ask_for_what_we_need() -> None:
    authenticator = Authenticator(ORIGIN)
    passkey = known(register(authenticator))
    made = ceremony.creation_options(PARTY, PERSON, CHALLENGE, (passkey,))
    assert made["rp"] == {"id": "media.example.org", "name": "Media"}
    assert made["user"] == {"id": b64(USER.bytes), "name": "ase", "displayName": "Åse"}
    assert made["authenticatorSelection"]["residentKey"] == "required"
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["attestation"] == "none"
    assert [c["id"] for c in made["excludeCredentials"]] == [b64(passkey.credential_id)]
    asked = ceremony.request_options(PARTY, CHALLENGE, ())
    assert asked["userVerification"] == "required"
    assert not asked.get("allowCredentials")


def test_a_passkey_is_made_and_shown() -> None:
    authenticator = Authenticator(ORIGIN)
    made = register(authenticator)
    assert made.credential_id == authenticator.id
    assert made.transports == ("hybrid", "internal")
    assert made.synced
    assert made.backed_up
    proved = show(authenticator, known(made))
    assert proved.sign_count == 1
    assert proved.backed_up


WRONG: dict[str, Wrong] = {
    "origin": Wrong(origin="https://media.example.org.evil.example"),
    "other port": Wrong(origin=f"{ORIGIN}:8443"),
    "plain http": Wrong(origin="http://media.example.org"),
    "rp id": Wrong(rp_id="example.org"),
    "challenge": Wrong(challenge=ceremony.make_challenge()),
    "empty challenge": Wrong(challenge=b""),
    "not verified": Wrong(flags=PRESENT),
    "not present": Wrong(flags=VERIFIED),
    "in a frame": Wrong(frame={"crossOrigin": True}),
    "in a frame of": Wrong(frame={"topOrigin": "https://evil.example"}),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused_at_registration(wrong: Wrong) -> None:
    with pytest.raises(Unproved):
        register(Authenticator(ORIGIN), wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        *WRONG.values(),
        Wrong(handle=new_id().bytes),
        Wrong(signature=b"\x30\x06\x02\x01\x01\x02\x01\x01"),
        Wrong(kind="webauthn.create"),
    ],
    ids=[*WRONG, "somebody else's", "signature", "another ceremony"],
)
def test_what_is_wrong_is_refused_when_it_is_shown(wrong: Wrong) -> None:
    authenticator = Authenticator(ORIGIN)
    passkey = known(register(authenticator))
    with pytest.raises(Unproved):
        show(authenticator, passkey, wrong)
    show(authenticator, passkey)  # the control: the same passkey without the mistake


def test_an_answer_for_registration_is_none_for_signing_in() -> None:
    with pytest.raises(Unproved):
        register(Authenticator(ORIGIN), Wrong(kind="webauthn.get"))


def test_another_passkey_is_not_this_one() -> None:
    one, other = Authenticator(ORIGIN), Authenticator(ORIGIN)
    passkey = known(register(one))
    other.handle = USER.bytes
    with pytest.raises(Unproved):
        show(other, passkey)
    forged = other
    forged.id = one.id
    with pytest.raises(Unproved):
        show(forged, passkey)


def _changed(answer: dict[str, Any], **response: Any) -> dict[str, Any]:
    return {**answer, "response": {**answer["response"], **response}}


@pytest.mark.parametrize(
    "response",
    [
        {"authenticatorData": ""},
        {"authenticatorData": b64(bytes(36))},
        {"authenticatorData": 7},
        {"clientDataJSON": b64(b"[]")},
        {"clientDataJSON": b64(b"\xff\xfe")},
        {"clientDataJSON": "é"},
        {"clientDataJSON": b64(b'{"challenge": 1, "type": [], "origin": {}}')},
        {"signature": None},
        {"signature": "x" * 100_000},
        {"userHandle": {"a": 1}},
    ],
)
def test_malformed_answers_are_refused_alike(response: dict[str, Any]) -> None:
    authenticator = Authenticator(ORIGIN)
    passkey = known(register(authenticator))
    answer = authenticator.sign(ceremony.request_options(PARTY, CHALLENGE, ()))
    ceremony.asserted(answer, CHALLENGE, PARTY, passkey)
    with pytest.raises(Unproved):
        ceremony.asserted(_changed(answer, **response), CHALLENGE, PARTY, passkey)


@pytest.mark.parametrize("answer", [None, [], "x", 7, {}, {"response": []}, {"rawId": "!"}])
def test_what_is_no_answer_at_all(answer: Any) -> None:
    for look in (ceremony.challenge_in, ceremony.credential_id_in):
        with pytest.raises(Unproved):
            look(answer)
    with pytest.raises(Unproved):
        ceremony.registered(answer, CHALLENGE, PARTY)


@pytest.mark.parametrize(
    "attestation", [b"", b"\xff", b"\xa0", hashlib.sha256(b"x").digest(), b"\x81" * 5000]
)
def test_hostile_attestations_are_refused(attestation: bytes) -> None:
    options = ceremony.creation_options(PARTY, PERSON, CHALLENGE, ())
    answer = Authenticator(ORIGIN).make(options)
    with pytest.raises(Unproved):
        ceremony.registered(_changed(answer, attestationObject=b64(attestation)), CHALLENGE, PARTY)
