"""What is an e-mail address, and when two are the same."""

import pytest

from app.core.errors import Invalid
from app.mail.domain import address_key, parse_address

HEADER_INJECTION = "ann@example.org\r\nBcc: everybody@example.org"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ann@example.org", "ann@example.org"),
        ("  Ann.Actor+films@Example.ORG ", "Ann.Actor+films@example.org"),
        ("o'neil@sub.example.org", "o'neil@sub.example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@nas", "ann@nas"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_an_address_is_kept_in_ascii(text: str, kept: str) -> None:
    assert parse_address(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ann",
        "ann@",
        "@example.org",
        "ann@@example.org",
        "an n@example.org",
        "ann@exam ple.org",
        ".ann@example.org",
        "ann..b@example.org",
        '"ann"@example.org',
        "ann@[127.0.0.1]",
        "ann@example..org",
        "ann@-example.org",
        "ann@example_x.org",
        "Ann <ann@example.org>",
        "ann@example.org,bob@example.org",
        "änn@example.org",
        "ann@example.org\x00",
        "ann\n@example.org",
        HEADER_INJECTION,
        "a" * 65 + "@example.org",
        "ann@" + "a" * 64 + ".org",
        "ann@" + "a.b" * 90,
        "ann@" + "\ud800.org",
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid, match="not an e-mail address") as caught:
        parse_address(text)
    assert caught.value.field == "email"


def test_an_address_is_the_same_in_any_capitals_and_in_any_writing_of_its_domain() -> None:
    assert address_key("Ann@Example.org") == address_key(" ann@EXAMPLE.ORG")
    assert address_key("ann@Bücher.example") == address_key("ann@xn--bcher-kva.example")
    different = ("ann@example.org", "a.nn@example.org", "ann+x@example.org", "ann@example.com")
    assert len({address_key(address) for address in different}) == 4


@pytest.mark.parametrize(
    "text", ["", "ann", "@", "\ud800", "\x00", "x" * 100_000, "\u212a@example.org"]
)
def test_what_is_no_address_has_a_key_that_nobody_has(text: str) -> None:
    assert address_key(text) == ""
