"""Addresses and messages."""

import re
from typing import Final

import idna

from app.core.errors import Invalid

MOST_ADDRESS: Final = 254
MOST_LOCAL: Final = 64
MOST_TYPED: Final = 320
# A dot-atom of RFC 5322: quoted local parts and comments exist on paper only.
LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def parse_address(text: str, *, field: str = "email") -> str:
    """The address as it is kept: its domain in the ASCII form of international names.

    Raises Invalid. What it answers is ASCII without spaces, so that no header can be forged by it.
    """
    local, _, domain = text[:MOST_TYPED].strip().rpartition("@")
    ascii_domain = _domain(domain)
    address = f"{local}@{ascii_domain}"
    sound = (
        len(text) <= MOST_TYPED and len(local) <= MOST_LOCAL and LOCAL.fullmatch(local) is not None
    )
    if not sound or ascii_domain is None or len(address) > MOST_ADDRESS:
        raise Invalid(
            "This is not an e-mail address that mail can be sent to: name@example.org.", field=field
        )
    return address


def address_key(address: str) -> str:
    """The form in which two addresses are the same: in lower case, its domain in ASCII.

    Dots and `+tags` before the @ stay: what they mean is the business of each mail provider. What
    is no address has an empty key, which no stored one has.
    """
    try:
        return parse_address(address).lower()
    except Invalid:
        return ""


def _domain(name: str) -> str | None:
    """A domain in ASCII and lower case; None for what is none."""
    try:
        return idna.encode(name, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None
