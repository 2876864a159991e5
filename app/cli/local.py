"""Where a server of this machine is, for the commands that want to talk to it."""

import contextlib
import json
import os
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Final

from app.core.config import Config, ConfigError, ServerConfig
from app.core.keys import key_file, make_key, read_keys, write_keys

FILE: Final = "servers.json"
NO_KEY: Final = (
    "Set REVENGE_SECRET_KEY to 32 random characters or more, the same for all processes: it seals "
    "stored secrets."
)


def announce(data: Path, urls: Mapping[str, str]) -> None:
    """Write the addresses, passwords and all, where only this user can read them."""
    fresh = data / f"{FILE}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({name.lower(): url for name, url in urls.items()}, file)
    fresh.replace(data / FILE)


def withdraw(data: Path) -> None:
    """They are gone."""
    (data / FILE).unlink(missing_ok=True)


def found(config: Config) -> Config:
    """The configuration with the addresses of a running `revenge up` where it has none."""
    with contextlib.suppress(OSError, ValueError):
        urls = json.loads((config.data / FILE).read_text(encoding="utf-8"))
        missing = {k: v for k, v in urls.items() if getattr(config, k, "") is None}
        return config.model_copy(update=missing)
    return config


def with_key(config: Config) -> Config:
    """The configuration with the secret key of the data folder where it has none of its own.

    Raises ConfigError when the file is there and cannot be used.
    """
    if config.secret_key is not None:
        return config
    try:
        keys = read_keys(config.data)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{key_file(config.data)} cannot be used: {error}.") from None
    if not keys:
        return config
    return config.model_copy(update={"secret_key": keys[0], "old_secret_keys": keys[1:]})


def make_first_key(config: Config) -> None:
    """Leave a secret key in the data folder of an embedded server that has none yet.

    With a database of one's own there may be other machines, which need the same key: it is
    required. Raises ConfigError.
    """
    if with_key(config).secret_key is not None:
        return
    if config.database_url is not None:
        raise ConfigError(NO_KEY)
    try:
        write_keys(config.data, [make_key()])
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{key_file(config.data)} cannot be written: {reason}.") from None


def reachable(host: str) -> str:
    """How a host that is bound is written in an address of this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def address(server: ServerConfig) -> str:
    """Where the API is reached from this machine."""
    return f"http://{reachable(server.host)}:{server.port}"


def fetch(url: str) -> bytes:
    """A page of this machine, past any proxy. Raises OSError or ValueError, also for a refusal."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            page: bytes = answer.read()
    except HTTPException as error:
        raise ValueError(f"no page: {error}") from error
    return page
