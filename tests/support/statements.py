"""Counting the SQL that a test causes."""

from collections.abc import Callable

# What goes on by itself: rows of the outbox are marked as sent some time after their delivery.
BACKGROUND = ("UPDATE outbox SET sent_at",)


def caused(seen: list[str]) -> Callable[[str], None]:
    """Notes every statement but those that come by themselves: for `Database.statements`."""

    def note(statement: str) -> None:
        if not statement.startswith(BACKGROUND):
            seen.append(statement)

    return note
