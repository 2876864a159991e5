"""Requests to an application in this process."""

from typing import Any

Headers = list[tuple[bytes, bytes]]


async def ask(app: Any, headers: Headers, body: bytes) -> bytes:
    """One request, as uvicorn would hand it over; the body of its answer."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "headers": [*headers, (b"content-length", str(len(body)).encode())],
        "client": ("203.0.113.7", 1),
        "server": ("bench", 443),
        "state": {},
    }
    answer = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal answer
        answer += message.get("body", b"")

    await app(scope, receive, send)
    return answer
