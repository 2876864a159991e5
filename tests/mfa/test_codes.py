"""Codes: RFC 6238's vectors, neighbouring steps, and how backup codes are typed."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from app.mfa.service import codes

SECRET = b"12345678901234567890"
# RFC 6238, appendix B, SHA-1: eight digits, of which six are shown.
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    assert codes.code_at(SECRET, seconds // 30) == code[-6:]
    assert codes.step_of(SECRET, code[-6:], at(seconds)) == seconds // 30


def test_one_step_of_drift_is_borne_and_not_two() -> None:
    now = 1_000_000 * 30 + 7
    for drift in (-1, 0, 1):
        code = codes.code_at(SECRET, 1_000_000 + drift)
        assert codes.step_of(SECRET, code, at(now)) == 1_000_000 + drift
    for drift in (-2, 2):
        code = codes.code_at(SECRET, 1_000_000 + drift)
        assert codes.step_of(SECRET, code, at(now)) is None


@pytest.mark.parametrize(
    "typed",
    ["", "94287", "9428708", "28708", "abcdef", "２８７０８２", "28-082", "287082x", "\ud800"],
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert codes.step_of(SECRET, typed, at(59)) is None


def test_blanks_within_a_code_do_no_harm() -> None:
    assert codes.step_of(SECRET, " 287 082 ", at(59)) == 1


def test_the_uri_and_the_picture_hold_the_same_secret() -> None:
    secret = codes.make_secret()
    assert len(secret) == 20
    uri = codes.otpauth_uri(secret, "Åse b", "My Server: home")
    asked = parse_qs(urlsplit(uri).query)
    assert base64.b32decode(asked["secret"][0]) == secret
    assert asked["issuer"] == ["My Server: home"]
    parsed = pyotp.parse_uri(uri)
    assert isinstance(parsed, pyotp.TOTP)
    assert parsed.at(at(59)) == codes.code_at(secret, 1)
    png = codes.qr_code(uri)
    assert base64.b64decode(png.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")


def test_backup_codes_are_long_and_all_different() -> None:
    made = {codes.make_backup_code() for _ in range(500)}
    assert len(made) == 500
    for code in made:
        groups = code.split("-")
        assert [len(group) for group in groups] == [4, 4, 4, 4]
        assert set("".join(groups)) <= set(codes.LETTERS)


def test_a_backup_code_is_the_same_however_it_is_typed() -> None:
    pepper = codes.make_pepper()
    known = codes.backup_code_mac(pepper, "abcd-efgh-jkmn-pq23")
    assert codes.backup_code_mac(pepper, " ABCD efgh jkmn PQ23 ") == known
    assert codes.backup_code_mac(pepper, "abcd-efgh-jkmn-pq24") != known
    assert codes.backup_code_mac(codes.make_pepper(), "abcd-efgh-jkmn-pq23") != known
    assert len(codes.backup_code_mac(pepper, "x" * 10_000)) == 32
