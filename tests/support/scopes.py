"""Requests as an ASGI server hands them on, for what no HTTP client can be brought to do."""

from typing import Any


def graphql_scope(*, host: bytes = b"revenge.test", scheme: str = "http") -> dict[str, Any]:
    """A POST of JSON to `/graphql`; the body is what `receive` brings."""
    return {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "scheme": scheme,
        "http_version": "1.1",
        "headers": [(b"content-type", b"application/json"), (b"host", host)],
        "client": ("203.0.113.7", 1),
        "server": ("revenge.test", 80),
    }
