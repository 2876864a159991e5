"""Whose passkeys they are: the relying party, from the settings.

A passkey belongs to a host name and is good on pages of the origins named here, so both have to be
what browsers see: behind a TLS proxy the public address, not the one this process listens on.
Nothing of it comes from a request's headers, which whoever asks may choose, but for one case: with
no public address set, pages that this very process serves as `http://localhost:<its own port>`.
"""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from app.mfa.domain import Party, PasskeysUnavailable

LOCALHOST: Final = "localhost"
MOST_ORIGINS: Final = 20
UNSET: Final = (
    "Passkeys need the address under which browsers reach this server: set server.public_url, "
    "for example to https://media.example.org."
)


class PartySettings:
    """What the settings say, as they are stored: `origins` with spaces between."""

    def __init__(self, public_url: str, rp_id: str, rp_name: str, origins: str) -> None:
        self.public_url, self.rp_id = public_url.strip(), rp_id.strip().lower().rstrip(".")
        self.rp_name = rp_name.strip()
        self.origins = origins.split()


def party_for(settings: PartySettings, local: str | None) -> Party:
    """The relying party; `local` is this process's own address on localhost where it was asked
    there. Raises PasskeysUnavailable with a sentence that says what to set.
    """
    pages = settings.origins or ([settings.public_url] if settings.public_url else [])
    if not pages and local is not None and settings.rp_id in ("", LOCALHOST):
        pages = [local]
    if not pages:
        raise PasskeysUnavailable(UNSET)
    origins = tuple(dict.fromkeys(_origin(page) for page in pages[:MOST_ORIGINS]))
    rp_id = settings.rp_id or _host(settings.public_url or pages[0])
    _check_domain(rp_id)
    for origin in origins:
        host = _host(origin)
        if host != rp_id and not host.endswith(f".{rp_id}"):
            raise PasskeysUnavailable(
                f"Passkeys of {rp_id} are not good on pages of {origin}: correct webauthn.rp_id or "
                "webauthn.origins."
            )
    return Party(id=rp_id, name=settings.rp_name or rp_id, origins=origins)


def _origin(page: str) -> str:
    """The origin of an address, as browsers write it. Raises PasskeysUnavailable."""
    try:
        parts = urlsplit(page)
        host, port = _ascii(parts.hostname or ""), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    local = host == LOCALHOST or host.endswith(f".{LOCALHOST}")
    if not host or parts.scheme not in ("https", "http") or (parts.scheme == "http" and not local):
        raise PasskeysUnavailable(
            f"Passkeys need https: {page[:200]!r} in server.public_url or webauthn.origins will "
            "not do."
        )
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def _host(page: str) -> str:
    return _ascii(urlsplit(page).hostname or "")


def _ascii(host: str) -> str:
    """A host name as browsers write it. Raises ValueError."""
    return host.rstrip(".").encode("idna").decode() if host else ""


def _check_domain(rp_id: str) -> None:
    try:
        ip_address(rp_id.strip("[]"))
    except ValueError:
        return
    raise PasskeysUnavailable(
        f"Passkeys need a host name, and {rp_id} is an address: set server.public_url to a name."
    )
