"""Who gets mail in tests of accounts, and what they ask the API before and after it."""

from typing import Any

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from tests.auth.people import person, rows
from tests.support.api import Api

PASSWORD = "correct horse battery"
OTHER = "another horse altogether"
REGISTER = """mutation($name: String!, $email: String!, $password: String!, $locale: String!) {
  register(input: {username: $name, email: $email, password: $password, locale: $locale}) {
    username mailSent } }"""
LOGIN = """mutation($name: String!, $password: String!) {
  login(username: $name, password: $password) { ... on LoginSuccess { mustChangePassword } } }"""
VERIFY = "mutation($token: String!) { verifyEmail(token: $token) }"
FORGOT = "mutation($email: String!) { forgotPassword(email: $email) }"
RESET = """mutation($token: String!, $password: String!) {
  resetPassword(token: $token, newPassword: $password) }"""
RESEND = "mutation { resendVerification }"
FORCE = "mutation($id: ID!) { forcePasswordReset(userId: $id) { mailSent oneTimePassword } }"


async def register(api: Api, name: str = "ann", email: str = "ann@example.org") -> dict[str, Any]:
    given: dict[str, Any] = {"name": name, "email": email, "password": PASSWORD, "locale": "de-DE"}
    answer: dict[str, Any] = (await api.run(REGISTER, **given))["register"]
    return answer


async def email_of(app: Container, name: str) -> tuple[str | None, bool]:
    statement = "select email, email_verified_at is not null from users where username = :name"
    [found] = await rows(app, statement, name=name)
    return found  # type: ignore[no-any-return]


async def known(app: Container, name: str = "ann", email: str = "ann@example.org") -> Any:
    """Somebody with a password and a confirmed address."""
    user = await person(app, name, password=PASSWORD)
    async with app.db.write(SYSTEM) as tx:
        await app.user_repository.set_email(tx, user.id, email, app.clock.now())
    return user


async def signs_in(api: Api, name: str, password: str) -> bool:
    answer = await api.send(LOGIN, {"name": name, "password": password}, None)
    codes = [error["extensions"]["code"] for error in answer.get("errors") or ()]
    assert codes in ([], [Code.UNAUTHENTICATED])
    return not codes
