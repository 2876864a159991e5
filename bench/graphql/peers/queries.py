"""The statements of the GraphQL peers: the same ones, whatever language a peer is written in."""

import base64
from pathlib import Path
from typing import Final
from uuid import UUID

FOLDER: Final = Path(__file__).parent / "sql"
SQL: Final = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.sql"))}


def cursor_of(sort_title: str, movie: UUID) -> str:
    """Where a page ends."""
    return base64.urlsafe_b64encode(f"{movie}{sort_title}".encode()).decode()


def place_of(cursor: str) -> tuple[str, UUID]:
    """The title and film of a cursor."""
    text = base64.urlsafe_b64decode(cursor).decode()
    return text[36:], UUID(text[:36])
