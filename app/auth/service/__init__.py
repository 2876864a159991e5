"""Use cases of signing in, and who a credential stands for."""

from app.auth.service.accounts import Accounts
from app.auth.service.passwords import password_file
from app.auth.service.principals import Principals

__all__ = ["Accounts", "Principals", "password_file"]
