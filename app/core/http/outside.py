"""All clients of a process, one for each target."""

import ssl

import httpx
import msgspec

from app.core.http.client import Client, Means
from app.core.http.policy import Policy
from app.core.metrics import Metrics


class Outside:
    """Hands out the client of a policy; one with other settings takes the place of the old."""

    def __init__(self, metrics: Metrics, means: Means | None = None) -> None:
        self._metrics = metrics
        self.means = means or Means()
        self._clients: dict[str, Client] = {}
        self._tls: ssl.SSLContext | None = None

    async def client(self, policy: Policy) -> Client:
        """The client of this target."""
        kept = self._clients.get(policy.name)
        if kept is not None and kept.policy == policy:
            return kept
        made = self._clients[policy.name] = Client(policy, self._metrics, self._with_tls())
        if kept is not None:
            await kept.aclose()
        return made

    async def close(self) -> None:
        """Close every connection."""
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()

    def _with_tls(self) -> Means:
        if self.means.tls is not None:
            return self.means
        if self._tls is None:
            self._tls = httpx.create_ssl_context()  # reads all certificates: once is enough
        return msgspec.structs.replace(self.means, tls=self._tls)
