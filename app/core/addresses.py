"""Addresses of servers: checked when they are read, and shown without what is secret in them."""

import re
from typing import Final
from urllib.parse import urlsplit

# A password that is not encoded ends up in the host: whatever looks odd is never shown.
HOST: Final = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
# SQLAlchemy's engines get the address as `dsn`, for asyncpg to read: SQLAlchemy would make keywords
# of ?sslmode=require and the like, and asyncpg refuses them as such.
DRIVER: Final = "postgresql+asyncpg://"
ENCODE: Final = "special characters of the password are written like %40"


def postgres_address(url: str) -> str:
    """The address in its one canonical form. Raises ValueError without quoting it."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    wrong = ValueError(
        f"an address looks like postgresql://user:password@host:5432/database, and {ENCODE}"
    )
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise wrong from None
    usable = parsed.host is None or HOST.fullmatch(parsed.host)
    if parsed.drivername not in {"postgresql", "postgres"} or not usable:
        raise wrong
    if not parsed.database:
        raise ValueError("the address names no database: postgresql://user:password@host/database")
    return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


def redis_address(url: str) -> str:
    """The address as it is. Raises ValueError without quoting it."""
    wrong = ValueError(f"an address looks like redis://:password@host:6379/0, and {ENCODE}")
    try:
        parsed = urlsplit(url.strip())
        good = parsed.port is None or parsed.port > 0
    except ValueError:
        raise wrong from None
    database = parsed.path.removeprefix("/")
    if parsed.scheme not in {"redis", "rediss"} or parsed.fragment or not good:
        raise wrong
    if not HOST.fullmatch(parsed.hostname or "") or (database and not database.isdecimal()):
        raise wrong
    return url.strip()


def typesense_address(url: str) -> str:
    """The address without a slash at its end. Raises ValueError without quoting it."""
    wrong = ValueError("an address looks like http://host:8108, without a name or key")
    try:
        parsed = urlsplit(url.strip())
        good = parsed.port is None or parsed.port > 0
    except ValueError:
        raise wrong from None
    bare = not (parsed.query or parsed.fragment or "@" in parsed.netloc)
    if parsed.scheme not in {"http", "https"} or not (good and bare):
        raise wrong
    if not HOST.fullmatch(parsed.hostname or ""):
        raise wrong
    return url.strip().rstrip("/")


def place(url: str) -> str:
    """Host and port, or the folder of a socket: all of an address that may be shown."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    host = parsed.host or parsed.query.get("host") or "this machine"
    where = host if isinstance(host, str) else ", ".join(host)
    return f"{where}:{parsed.port}" if parsed.port else where
