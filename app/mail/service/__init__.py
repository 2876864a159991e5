"""Writing messages and handing them to a mail server."""

from app.mail.service.sending import Mail, mail_server

__all__ = ["Mail", "mail_server"]
