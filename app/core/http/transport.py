"""httpx on a pool whose every connection passes the guard."""

import ssl
from typing import Final

import httpcore
import httpx

from app.core.http.guard import GuardedBackend
from app.core.http.policy import Policy

IDLE: Final = 30.0


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport; only the pool is another, because httpx has no way to give it one."""

    def __init__(
        self, policy: Policy, backend: GuardedBackend, tls: ssl.SSLContext | None = None
    ) -> None:
        if policy.proxy is not None:
            proxy = httpx.Proxy(policy.proxy)
            self._pool = httpcore.AsyncHTTPProxy(
                proxy_url=str(proxy.url),
                proxy_auth=proxy.raw_auth,
                ssl_context=tls or httpx.create_ssl_context(),
                max_connections=policy.connections,
                keepalive_expiry=IDLE,
                network_backend=backend,
            )
            return
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=policy.connections,
            keepalive_expiry=IDLE,
            network_backend=backend,
        )
