"""Where the servers of a running `revenge up` are, for the commands that want to talk to them."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.core.config import Config

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
