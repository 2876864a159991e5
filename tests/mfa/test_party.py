"""The relying party: what browsers see, from the settings and not from what strangers send."""

import pytest

from app.mfa.domain import Party, PasskeysUnavailable
from app.mfa.service.party import PartySettings, party_for

LOCAL = "http://localhost:8096"


def party(
    public_url: str = "", rp_id: str = "", origins: str = "", local: str | None = None
) -> Party:
    return party_for(PartySettings(public_url, rp_id, "Films", origins), local)


def test_the_public_address_is_enough() -> None:
    found = party("https://Media.Example.org/")
    assert (found.id, found.origins) == ("media.example.org", ("https://media.example.org",))


def test_a_port_is_part_of_the_origin_and_not_of_the_name() -> None:
    assert party("https://media.example.org:8443").origins == ("https://media.example.org:8443",)
    assert party("https://media.example.org:443").origins == ("https://media.example.org",)
    assert party("https://media.example.org:8443").id == "media.example.org"


def test_a_request_to_localhost_changes_nothing_once_the_address_is_set() -> None:
    found = party("https://media.example.org", local=LOCAL)
    assert (found.id, found.origins) == ("media.example.org", ("https://media.example.org",))


def test_several_origins_of_one_domain() -> None:
    found = party(
        "https://media.example.org", "example.org", "https://app.example.org https://example.org"
    )
    assert found.id == "example.org"
    assert found.origins == ("https://app.example.org", "https://example.org")


def test_names_are_written_as_browsers_write_them() -> None:
    assert party("https://bücher.example").origins == ("https://xn--bcher-kva.example",)


def test_without_an_address_only_this_machine_has_passkeys() -> None:
    found = party(local=LOCAL)
    assert (found.id, found.origins) == ("localhost", (LOCAL,))
    with pytest.raises(PasskeysUnavailable, match=r"server\.public_url"):
        party()
    with pytest.raises(PasskeysUnavailable, match=r"server\.public_url"):
        party(rp_id="media.example.org", local=LOCAL)


@pytest.mark.parametrize(
    ("public_url", "rp_id", "origins"),
    [
        ("http://media.example.org", "", ""),
        ("https://192.0.2.7", "", ""),
        ("https://[2001:db8::1]", "", ""),
        ("https://media.example.org", "other.example", ""),
        ("https://media.example.org", "edia.example.org", ""),
        ("https://media.example.org", "", "https://evil.example"),
        ("https://media.example.org", "", "ftp://media.example.org"),
        ("media.example.org", "", ""),
        ("https://", "", ""),
        ("https://[", "", ""),
        ("https://media.example.org:99999", "", ""),
    ],
)
def test_what_browsers_would_refuse_is_said_in_a_sentence(
    public_url: str, rp_id: str, origins: str
) -> None:
    with pytest.raises(PasskeysUnavailable) as error:
        party(public_url, rp_id, origins)
    assert any(key in error.value.message for key in ("server.public_url", "webauthn."))
