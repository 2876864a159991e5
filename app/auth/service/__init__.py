"""Use cases of signing in, sessions and accounts."""

from app.auth.service.accounts import Accounts
from app.auth.service.administration import Administration
from app.auth.service.attempts import Attempts
from app.auth.service.letters import Letters
from app.auth.service.password_changes import PasswordChanges
from app.auth.service.passwords import Passwords, password_file
from app.auth.service.principals import Principals
from app.auth.service.recovery import Recovery
from app.auth.service.registration import Registration
from app.auth.service.sessions import Sessions
from app.auth.service.sign_in import SignIn
from app.auth.service.ways_in import WaysIn

__all__ = [
    "Accounts",
    "Administration",
    "Attempts",
    "Letters",
    "PasswordChanges",
    "Passwords",
    "Principals",
    "Recovery",
    "Registration",
    "Sessions",
    "SignIn",
    "WaysIn",
    "password_file",
]
