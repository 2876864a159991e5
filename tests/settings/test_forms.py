"""Addresses and proxies of metadata providers, in their one form."""

import pytest

from app.settings.domain import forms


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://Mirror.example.org/tmdb/3/", "https://mirror.example.org/tmdb/3"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://nas.lan:80/a-b/c_d.e~f", "http://nas.lan/a-b/c_d.e~f"),
        ("https://[::1]:9000/x", "https://[::1]:9000/x"),
    ],
)
def test_addresses(written: str, kept: str) -> None:
    assert forms.base_address(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "mirror.example.org",
        "ftp://mirror.example.org/",
        "https://user:secret@mirror.example.org/",
        "https://mirror.example.org/?key=1",
        "https://mirror.example.org/#x",
        "https://mirror.example.org/a b",
        "https://mirror.example.org/%2e%2e",
        "https://mirror.example.org//x",
        "https://mirror.example.org:99999/",
        "https:///x",
        "https://[::1/x",
    ],
)
def test_what_is_no_address(written: str) -> None:
    with pytest.raises(ValueError, match="is an address such as"):
        forms.base_address(written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("http://proxy.lan:3128/", "http://proxy.lan:3128"),
        ("https://me:p%40ss@Proxy.lan:443", "https://me:p%40ss@proxy.lan"),
    ],
)
def test_proxies(written: str, kept: str) -> None:
    assert forms.proxy(written) == kept


@pytest.mark.parametrize(
    "written",
    ["proxy.lan:3128", "socks5://proxy.lan", "http://proxy.lan/x", "http://me:p/w@proxy.lan"],
)
def test_what_is_no_proxy(written: str) -> None:
    with pytest.raises(ValueError, match="is the address of an HTTP proxy"):
        forms.proxy(written)


def test_keys() -> None:
    assert forms.key("aB3-._~+/=") == "aB3-._~+/="
    for wrong in ("schlüssel", "two words", "line\nbreak"):
        with pytest.raises(ValueError, match="is a key of"):
            forms.key(wrong)
