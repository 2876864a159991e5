"""Addresses, messages, and the server that takes them."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import idna
from msgspec import Struct

from app.core.errors import Invalid, Unavailable
from app.settings.domain import MailSecurity

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


class MailServer(Struct, frozen=True, kw_only=True):
    """Where mail is handed over, and whom it comes from: the settings `mail.*` of this moment."""

    enabled: bool = False
    host: str = ""
    port: int = 587
    security: MailSecurity = MailSecurity.STARTTLS
    username: str = ""
    password: str = ""
    from_address: str = ""
    from_name: str = ""
    timeout: float = 30
    verify_certificate: bool = True
    server_name: str = "Revenge Media Server"
    public_url: str = ""

    def __repr__(self) -> str:
        return f"MailServer(host={self.host!r}, port={self.port}, enabled={self.enabled})"

    @property
    def domain(self) -> str:
        """The domain under which this server introduces itself and numbers its messages."""
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def missing(self) -> str | None:
        """The first setting without which no mail can be sent; None when all are there."""
        needed = {
            "mail.enabled": self.enabled,
            "mail.host": self.host,
            "mail.from_address": self.from_address,
            "server.public_url": self.public_url,
        }
        return next((key for key, value in needed.items() if not value), None)


class Message(Struct, frozen=True, kw_only=True):
    """What is to be written to whom: a template, in a language, with its values."""

    template: str
    to: str
    language: str = "en"
    values: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"Message(template={self.template!r})"  # values may hold a link that signs in


class MailOff(Unavailable):
    """No mail can be sent as the server is set up."""

    def __init__(self, missing: str | None = None) -> None:
        why = f": the setting {missing} is not set" if missing else "; ask its administrator"
        super().__init__(f"This server sends no mail{why}.")


class MailFailed(Unavailable):
    """The mail server did not take it just now. `reply` is what it said, for administrators."""

    def __init__(self, message: str, reply: str = "") -> None:
        super().__init__(message)
        self.reply = reply


class MailRefused(MailFailed):
    """The mail server will never take it: another try would be refused as well."""
