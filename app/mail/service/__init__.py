"""Writing messages and handing them to a mail server."""

from app.mail.service.sending import Mail

__all__ = ["Mail"]
