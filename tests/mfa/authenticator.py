"""An authenticator in software: it makes passkeys and signs with them, wrongly on demand."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Wrong:
    """What is done otherwise than the options say."""

    origin: str | None = None
    rp_id: str | None = None
    challenge: bytes | None = None
    kind: str | None = None
    flags: int = PRESENT | VERIFIED
    handle: bytes | None = None
    frame: dict[str, Any] = field(default_factory=dict)
    signature: bytes | None = None


@dataclass
class Authenticator:
    """One passkey, as its device and the browser around it behave on pages of `origin`."""

    origin: str
    counts: bool = True
    flags: int = ELIGIBLE | BACKED_UP

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.count = 0
        self.handle = b""
        self.rp_id = ""

    def make(self, options: dict[str, Any], wrong: Wrong | None = None) -> dict[str, Any]:
        """Answers options to make a passkey, as `toJSON()` of a browser would."""
        wrong = wrong or Wrong()
        self.rp_id = wrong.rp_id or options["rp"]["id"]
        self.handle = unb64(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big")}
        cose[-3] = numbers.y.to_bytes(32, "big")
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(wrong.flags | ATTESTED) + attested
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        client = self._client(wrong.kind or "webauthn.create", options, wrong)
        return self._answer(
            {
                "clientDataJSON": b64(client),
                "attestationObject": b64(cbor2.dumps(attestation)),
                "transports": ["internal", "hybrid"],
            }
        )

    def sign(self, options: dict[str, Any], wrong: Wrong | None = None) -> dict[str, Any]:
        """Answers options to show a passkey."""
        wrong = wrong or Wrong()
        self.rp_id = wrong.rp_id or options["rpId"]
        if self.counts:
            self.count += 1
        data = self._data(wrong.flags)
        client = self._client(wrong.kind or "webauthn.get", options, wrong)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(wrong.signature or signature),
                "userHandle": b64(wrong.handle or self.handle),
            }
        )

    def copy(self) -> "Authenticator":
        """A thief's copy, with the counter of this moment."""
        copied = Authenticator(self.origin, self.counts, self.flags)
        copied.key, copied.id, copied.count = self.key, self.id, self.count
        copied.handle, copied.rp_id = self.handle, self.rp_id
        return copied

    def _data(self, flags: int) -> bytes:
        digest = hashlib.sha256(self.rp_id.encode()).digest()
        return digest + bytes([flags | self.flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any], wrong: Wrong) -> bytes:
        challenge = options["challenge"] if wrong.challenge is None else b64(wrong.challenge)
        client = {"type": kind, "challenge": challenge, "origin": wrong.origin or self.origin}
        return json.dumps({**client, "crossOrigin": False, **wrong.frame}).encode()

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
