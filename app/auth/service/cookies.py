"""The cookies in which browsers keep a session's tokens, out of reach of scripts."""

from typing import Final

from app.auth.domain import Tokens
from app.gql.credentials import ACCESS_COOKIE, REFRESH_COOKIE
from app.gql.reply import Cookie

EVERYWHERE: Final = "/"
ONLY_GRAPHQL: Final = "/graphql"


def session_cookies(tokens: Tokens) -> tuple[Cookie, ...]:
    """What a browser keeps of fresh tokens. Both go when the session expires, so that a page can
    tell an expired access token (refresh) from no session at all (sign in).
    """
    session = tokens.session
    lasts = int((session.expires_at - session.last_active_at).total_seconds())
    return (
        Cookie(ACCESS_COOKIE, tokens.access, lasts, EVERYWHERE),
        Cookie(REFRESH_COOKIE, tokens.refresh, lasts, ONLY_GRAPHQL),
    )


def forget_cookies() -> tuple[Cookie, ...]:
    """What takes them away."""
    return (
        Cookie(ACCESS_COOKIE, "", 0, EVERYWHERE),
        Cookie(REFRESH_COOKIE, "", 0, ONLY_GRAPHQL),
    )
