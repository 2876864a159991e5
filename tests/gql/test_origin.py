"""What is made of the headers of a request when somebody looks at it."""

import pytest
from starlette.requests import Request

from app.core.errors import Conflict
from app.gql.origin import reply_to
from tests.support.scopes import graphql_scope

HERE = [b"localhost", b"LOCALHOST:8096", b"127.0.0.1", b"127.0.0.1:80", b"[::1]", b"[::1]:8096"]
ELSEWHERE = [
    *[b"", b"revenge.test", b"localhost.revenge.test", b"localhost@revenge.test", b"127.0.0.1.x"],
    *[b"[.]", b"[1.2.3.4]", b"[::1", b"::1", b"[::1]x", b"[]", b"localhost:x", b"\xe2\x84\xaa"],
]


@pytest.mark.parametrize("host", HERE)
def test_browsers_keep_secure_cookies_of_this_machine(host: bytes) -> None:
    reply_to(Request(graphql_scope(host=host))).require_cookies()


@pytest.mark.parametrize("host", ELSEWHERE)
def test_elsewhere_they_need_tls(host: bytes) -> None:
    with pytest.raises(Conflict):
        reply_to(Request(graphql_scope(host=host))).require_cookies()
    reply_to(Request(graphql_scope(host=host, scheme="https"))).require_cookies()
