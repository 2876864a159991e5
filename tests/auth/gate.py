"""How tests come to the gate: from where, with which password, and what they are told."""

from app.auth.domain import BadCredentials, Entry, LoginSuccess
from app.container import Container
from app.core.access import Client, Viewer
from app.core.errors import RateLimited
from app.users.domain import User

PASSWORD = "a sentence nobody guesses"
HOME, ELSEWHERE = Client("203.0.113.7"), Client("198.51.100.1")


async def try_(app: Container, client: Client, password: str = "wrong", name: str = "ann") -> str:
    try:
        await app.sign_in.password(name, password, Entry(client=client))
    except (BadCredentials, RateLimited) as error:
        return error.code.value
    return "ok"


async def signed_in(app: Container, user: User) -> tuple[LoginSuccess, Viewer]:
    result = await app.sign_in.password(user.username, PASSWORD, Entry())
    assert isinstance(result, LoginSuccess)
    return result, await app.principals.viewer(result.tokens.access)
