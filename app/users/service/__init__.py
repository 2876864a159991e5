"""Use cases of accounts and avatars."""

from app.users.service.avatars import Avatars
from app.users.service.users import Users

__all__ = ["Avatars", "Users"]
