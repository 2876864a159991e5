"""Where a server of this machine is, for the commands that want to talk to it."""

import contextlib
import json
import os
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Final

from app.core.config import Config, ServerConfig

FILE: Final = "servers.json"


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
