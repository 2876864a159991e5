"""Finding accounts: by the beginning of a name or an address, by role, by state."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.auth.domain import UserQuery, UserSort
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.rbac.repository import has_role
from app.users.repository import accounts, username_key


class Directory:
    """Pages of accounts; deleted ones are not among them."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def page(self, query: UserQuery, page: Keyset) -> Page[UUID]:
        """One page of accounts."""
        account = accounts()
        statement = select(account.c.user_id).where(*_conditions(query, account.c))
        by_id = Order(account.c.user_id)
        orders = {
            UserSort.USERNAME: (Order(account.c.username_key), by_id),
            UserSort.NEWEST: (
                Order(account.c.created_at, descending=True),
                Order(account.c.user_id, descending=True),
            ),
            UserSort.LAST_LOGIN: (
                Order(account.c.last_login_at, descending=True, nullable=True),
                by_id,
            ),
        }[query.sort]
        return await self.db.page(Sorted(statement, orders), f"users:{query.sort.value}", page)

    async def count(self, query: UserQuery) -> int:
        """How many accounts there are in all."""
        account = accounts()
        statement: Select[Any] = select(func.count()).select_from(account)
        return int(await self.db.scalar(statement.where(*_conditions(query, account.c))))


def _conditions(query: UserQuery, account: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.active is not None:
        found.append(account.is_active.is_(query.active))
    if query.role_id is not None:
        found.append(has_role(account.user_id, query.role_id))
    text = (query.text or "").strip()
    if text:
        begins = [
            _begins(account.username_key, username_key(text)),
            _begins(account.name_key, text.lower()),
        ]
        if query.addresses:
            begins.append(_begins(account.email_key, text.lower()))
        found.append(or_(*begins))
    return found


def _begins(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return column.startswith(text, autoescape=True)
