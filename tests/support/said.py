"""What is said of items, written as refreshes write it."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.catalog.domain import Credit, CreditKind
from app.container import Container
from app.core.tx import Tx
from app.items.domain import ItemId


async def say(app: Container, tx: Tx, said: Mapping[ItemId, Mapping[str, Any]]) -> None:
    """Set columns of the metadata of items: `texts` by language, `locks` and so on."""
    await app.catalog_repository.hold_metadata(tx, list(said))
    await app.catalog_repository.write_metadata(tx, said)


async def credit(app: Container, tx: Tx, told: Mapping[ItemId, Sequence[Credit]]) -> None:
    """Make these the credits of items, and no others."""
    kinds = dict.fromkeys(told, tuple(CreditKind))
    await app.catalog_repository.write_credits(tx, told, kinds)
