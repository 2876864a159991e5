"""Structured logs: one event per line, a request id on each, secrets taken out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final

import structlog
from structlog.types import Processor

SECRET_KEY = re.compile(
    r"pass(word|wd)|secret|token|authorization|cookie|api_?key|credential", re.IGNORECASE
)
SECRET_TEXT = re.compile(
    r"(?i)(bearer\s+)[a-z0-9._~+/=-]+|(://[^/\s:@]*:)[^\s\"']+(?=@)"
    r"|([?&;](?:pass(?:word|wd)|token|api_?key|secret|authorization)=)[^&;\s\"']+"
    r"|\brv[a-z]?_[0-9a-zA-Z_-]{16,}"
)
# What moves a terminal's cursor, or the letters of a line: it comes from names of files, too.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
MASK = "•••"
# Of the request that is being answered. structlog could bind it, as dear as all else of a log.
REQUEST_ID: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)


class UntrustedClientFilter(logging.Filter):
    """Leaves out what uvicorn says at anybody's will: addresses with their queries, and a stack for
    a frame that is no UTF-8.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        said = str(record.msg)
        return '"WebSocket' not in said and not said.startswith("Invalid UTF-8 sequence")


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        shown = SECRET_TEXT.sub(lambda m: (m[1] or m[2] or m[3] or "") + MASK, value)
        return CONTROL.sub(lambda m: m[0].encode("unicode_escape").decode(), shown)
    if isinstance(value, dict):
        return {k: MASK if SECRET_KEY.search(str(k)) else _scrub(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(item) for item in value]
    return value


def _uncoloured(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("color_message", None)  # uvicorn says everything twice
    return event


def _of_request(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request_id = REQUEST_ID.get()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    return event


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask values of telling keys and secrets inside texts; write out control characters."""
    for key, value in event.items():
        hidden = SECRET_KEY.search(key) and value is not None
        event[key] = MASK if hidden else _scrub(value)
    return event


def configure_logging(level: str, style: str) -> None:
    """Set up structlog and route the standard library's loggers through it.

    `style` is console, json, or auto (console on a terminal).
    """
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _of_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _uncoloured,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=True)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _quieten()


def _quieten() -> None:
    # Its pools tell every refused connection with a stack; we say once that PostgreSQL is away.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    errors = logging.getLogger("uvicorn.error")
    errors.filters[:] = [UntrustedClientFilter()]
    for noisy in ("uvicorn.access", "arq.worker", "alembic", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger bound to a module's name."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
