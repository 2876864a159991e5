"""The one form of texts that settings take; each raises ValueError with the end of a sentence."""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from app.core.languages import language_of_word, normal_language

LABEL: Final = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*", re.ASCII)
MAILBOX: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", re.ASCII)
PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?", re.ASCII)
LOGIN: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:%-]*", re.ASCII)
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_ORIGINS: Final = 10
PRIORITY: Final = re.compile(
    r"(?:[a-zA-Z_]{1,30}\s*:\s*)?[a-zA-Z0-9]{1,30}(?:\s*,\s*[a-zA-Z0-9]{1,30}){0,19}", re.ASCII
)
COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
MOST_LANGUAGES: Final = 10


def origin(text: str) -> str:
    """`https://media.example.org`: scheme, host and port of an address, and nothing more."""
    wrong = ValueError("is an origin such as https://media.example.org")
    try:
        parsed = urlsplit(text)
        port = parsed.port
    except ValueError:
        raise wrong from None
    bare = not (parsed.path.strip("/") or parsed.query or parsed.fragment or parsed.username)
    if parsed.scheme not in ("http", "https") or not bare or parsed.password is not None:
        raise wrong
    try:
        name = host(parsed.hostname or "")
    except ValueError:
        raise wrong from None
    shown = f"[{name}]" if ":" in name else name
    usual = {"http": 80, "https": 443}[parsed.scheme]
    return f"{parsed.scheme}://{shown}" + (f":{port}" if port not in (None, usual) else "")


def base_address(text: str) -> str:
    """`https://mirror.example.org/tmdb`: where paths of an API are appended."""
    wrong = ValueError("is an address such as https://mirror.example.org/path")
    try:
        parsed = urlsplit(text)
        begin = origin(f"{parsed.scheme}://{parsed.netloc}")
    except ValueError:
        raise wrong from None
    if parsed.query or parsed.fragment or PATH.fullmatch(parsed.path) is None:
        raise wrong
    return begin + parsed.path.rstrip("/")


def proxy(text: str) -> str:
    """`http://user:password@proxy.lan:3128`: an HTTP proxy, with or without a login."""
    wrong = ValueError("is the address of an HTTP proxy such as http://proxy.lan:3128")
    try:
        parsed = urlsplit(text)
        login, _, place = parsed.netloc.rpartition("@")
        begin = origin(f"{parsed.scheme}://{place}")
    except ValueError:
        raise wrong from None
    if parsed.query or parsed.fragment or parsed.path.strip("/") or LOGIN.fullmatch(login) is None:
        raise wrong
    scheme, _, rest = begin.partition("://")
    return f"{scheme}://{login}@{rest}" if login else begin


def key(text: str) -> str:
    """A key as services hand it out: it goes into headers and addresses."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("is a key of letters, digits and signs, without spaces")
    return text


def priority(text: str) -> str:
    """`tvdb, tmdb; overview: tmdb`: names in an order, in general and for single fields."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        if PRIORITY.fullmatch(part) is None:
            raise ValueError("has the form: tvdb, tmdb; overview: tmdb")
        found.append(re.sub(r"\s*([,:])\s*", r"\1 ", part.lower()))
    return "; ".join(found)


def country(text: str) -> str:
    """A country as ISO 3166 writes it with two letters."""
    if COUNTRY.fullmatch(text.upper()) is None:
        raise ValueError("is a country of two letters, such as DE")
    return text.upper()


def passkey_origins(text: str) -> str:
    """Origins with spaces between; browsers use passkeys over https, and on this very machine."""
    found = list(dict.fromkeys(origin(part) for part in re.split(r"[\s,]+", text) if part))
    if len(found) > MOST_ORIGINS:
        raise ValueError(f"holds at most {MOST_ORIGINS} origins")
    for one in found:
        if not one.startswith("https:") and host_of(one) not in LOCAL:
            raise ValueError(f"holds {one}, but passkeys work over https only")
    return " ".join(found)


def host(text: str) -> str:
    """A host name in lower case, or an IP address."""
    bare = text.removeprefix("[").removesuffix("]")
    try:
        return ip_address(bare).compressed
    except ValueError:
        return domain(text, "is a host name or an IP address")


def domain(text: str, wrong: str = "is a domain such as media.example.org") -> str:
    """A domain name in lower case, in the form that the DNS knows."""
    try:
        name = text.lower().removesuffix(".").encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(wrong) from None
    if NAME.fullmatch(name) is None or name.rpartition(".")[2].isdecimal():
        raise ValueError(wrong)
    return name


def mail_address(text: str) -> str:
    """A plain address of the form name@domain."""
    name, _, place = text.rpartition("@")
    if MAILBOX.fullmatch(name) is None or name[0] == "." or name[-1] == "." or ".." in name:
        raise ValueError("is a mail address such as revenge@example.org")
    return f"{name}@{domain(place, 'is a mail address such as revenge@example.org')}"


def language(text: str) -> str:
    """A BCP 47 language tag: en, pt-BR, zh-Hant."""
    # Every code of two letters is known; of those with three, files and people use many more.
    three = len(text.replace("_", "-").partition("-")[0]) == 3
    found = normal_language(text) if three else language_of_word(text)
    if found is None:
        raise ValueError("is a language tag such as en, pt-BR or zh-Hant")
    return found


def languages(text: str) -> str:
    """Language tags with spaces between."""
    found = list(dict.fromkeys(language(part) for part in re.split(r"[\s,]+", text) if part))
    if len(found) > MOST_LANGUAGES:
        raise ValueError(f"holds at most {MOST_LANGUAGES} languages")
    return " ".join(found)


def host_of(address: str) -> str:
    """The host of an origin."""
    return urlsplit(address).hostname or ""
