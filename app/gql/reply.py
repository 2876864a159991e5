"""What an operation adds to its HTTP answer: cookies."""

from typing import Final

from msgspec import Struct

from app.core.errors import Conflict

LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Cookie(Struct, frozen=True):
    """A cookie for scripts to never see; a `max_age` of 0 seconds takes it away."""

    name: str
    value: str
    max_age: int
    path: str = "/"

    def __repr__(self) -> str:
        return f"Cookie(name={self.name!r})"

    @property
    def header(self) -> str:
        """The value of `Set-Cookie`."""
        return (
            f"{self.name}={self.value}; Max-Age={self.max_age}; Path={self.path}; "
            "HttpOnly; Secure; SameSite=Lax"
        )


class Reply:
    """The answer that is being made; `secure` where browsers keep its Secure cookies."""

    def __init__(self, *, secure: bool = False) -> None:
        self.cookies: dict[str, Cookie] = {}
        self._secure = secure

    def require_cookies(self) -> None:
        """Raise Conflict where the browser would drop what is set."""
        if not self._secure:
            raise Conflict("Cookies need HTTPS: use tokens, or put a TLS proxy before the server.")

    def set(self, cookie: Cookie) -> None:
        """Send a cookie with the answer, in place of one of the same name."""
        self.cookies[cookie.name] = cookie
