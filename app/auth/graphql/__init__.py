"""Signing in, sessions and accounts in the API."""

from app.auth.graphql.accounts import AccountMutations, AccountRoots
from app.auth.graphql.administration import AdministrationMutations, AdministrationRoots
from app.auth.graphql.letters import LetterMutations, LetterRoots
from app.auth.graphql.profile import ProfileMutations
from app.auth.graphql.roles import UserRoleMutations
from app.auth.graphql.sessions import SessionMutations, SessionRoots
from app.auth.graphql.sign_in import SignInMutations, answer, entry_of
from app.auth.graphql.views import (
    LoginResult,
    LoginSuccessView,
    SessionView,
    UserRef,
    UserView,
    ViewerView,
    user_by_id,
)

__all__ = [
    "AccountMutations",
    "AccountRoots",
    "AdministrationMutations",
    "AdministrationRoots",
    "LetterMutations",
    "LetterRoots",
    "LoginResult",
    "LoginSuccessView",
    "ProfileMutations",
    "SessionMutations",
    "SessionRoots",
    "SessionView",
    "SignInMutations",
    "UserRef",
    "UserRoleMutations",
    "UserView",
    "ViewerView",
    "answer",
    "entry_of",
    "user_by_id",
]
