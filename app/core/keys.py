"""Secrets that have to be read again: sealed under one key from which all others are derived.

`REVENGE_SECRET_KEY` is the root. HKDF-SHA256 makes a key for every purpose, so that what is sealed
for one cannot be opened for another. The id of the root stands beside each ciphertext: after a
change of the key, old ones are still opened with the old root until they were sealed anew.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from app.core.files import open_regular

FILE: Final = "secret.key"
NONCE: Final = 12
LEAST: Final = 32
KEY_BYTES: Final = 32


class Sealed(Struct, frozen=True):
    """A ciphertext (AES-256-GCM, nonce first) and the id of the root key it needs."""

    key_id: str
    data: bytes

    def __repr__(self) -> str:
        return f"Sealed(key_id={self.key_id!r})"


class Unsealable(Exception):
    """The ciphertext was made with a key that is not here, or for something else."""


class Keyring:
    """The current root key and those before it. Never shows a key in its repr."""

    def __init__(self, current: str, old: Sequence[str] = ()) -> None:
        self._roots = {_id_of(root): root.encode() for root in (*reversed(old), current)}
        self.key_id = _id_of(current)
        self._derived: dict[tuple[str, str], bytes] = {}

    def seal(self, purpose: str, plain: bytes, context: bytes = b"") -> Sealed:
        """Encrypt for a purpose; only the same `context` (the row's id) opens it again."""
        nonce = os.urandom(NONCE)
        box = AESGCM(self._key(self.key_id, purpose))
        return Sealed(self.key_id, nonce + box.encrypt(nonce, plain, context))

    def open(self, purpose: str, sealed: Sealed, context: bytes = b"") -> bytes:
        """Decrypt. Raises Unsealable."""
        if sealed.key_id not in self._roots:
            raise Unsealable(f"The secret key {sealed.key_id} is not known.")
        box = AESGCM(self._key(sealed.key_id, purpose))
        try:
            return box.decrypt(sealed.data[:NONCE], sealed.data[NONCE:], context)
        except (InvalidTag, ValueError):
            raise Unsealable(f"What was sealed for {purpose} cannot be opened.") from None

    def reseal(self, purpose: str, sealed: Sealed, context: bytes = b"") -> Sealed:
        """The same secret under the current key. Raises Unsealable."""
        return self.seal(purpose, self.open(purpose, sealed, context), context)

    def mac(self, purpose: str, text: bytes) -> bytes:
        """HMAC-SHA256 under the current key's derivative for this purpose."""
        return hmac.digest(self._key(self.key_id, purpose), text, hashlib.sha256)

    def _key(self, key_id: str, purpose: str) -> bytes:
        which = (key_id, purpose)
        if which not in self._derived:
            kdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"revenge/{purpose}".encode())
            self._derived[which] = kdf.derive(self._roots[key_id])
        return self._derived[which]


class NotResealed(Exception):
    """Some secrets cannot be opened, so that they are still sealed with the key they were."""

    def __init__(self, done: int, left: int) -> None:
        super().__init__(f"{left} secrets could not be opened.")
        self.done, self.left = done, left


def resealed(done: int, left: int) -> int:
    """How many were sealed anew. Raises NotResealed where any were left."""
    if left:
        raise NotResealed(done, left)
    return done


def make_key() -> str:
    """A new root key, 256 bits in hex."""
    return secrets.token_hex(KEY_BYTES)


def check_key(key: str) -> str:
    """The key itself. Raises ValueError, which never quotes it."""
    if len(key.encode()) < LEAST:
        raise ValueError(f"a secret key has at least {LEAST} characters; `openssl rand -hex 32`")
    return key


def key_file(data: Path) -> Path:
    """Where `revenge up` keeps the key: the current one in the first line, older ones below."""
    return data / FILE


def read_keys(data: Path) -> tuple[str, ...]:
    """The keys of the data folder, the current one first; none where there is no such file.

    Raises OSError, and ValueError for a file that holds something else.
    """
    try:
        raw = open_regular(key_file(data))
    except FileNotFoundError:
        return ()
    with os.fdopen(raw, encoding="ascii") as file:
        return tuple(check_key(line.strip()) for line in file if line.strip())


def write_keys(data: Path, keys: Sequence[str]) -> None:
    """Replace the file of keys whole, readable by its owner alone. Raises OSError."""
    path = key_file(data)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("".join(f"{key}\n" for key in keys))
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _id_of(root: str) -> str:
    """A name for a key that tells nothing about it: 64 bits of a derivative."""
    kdf = HKDF(SHA256(), 8, salt=None, info=b"revenge/key-id")
    return kdf.derive(root.encode()).hex()
