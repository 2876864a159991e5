"""Handing one message to a mail server."""

import asyncio
import ssl
from email.message import EmailMessage
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from app.mail.domain import MailFailed, MailRefused, MailServer
from app.settings.domain import MailSecurity

PERMANENT: Final = 500
MOST_REPLY: Final = 300


async def deliver(server: MailServer, mail: EmailMessage, to: str) -> None:
    """Hand it over. Raises MailRefused where that is for ever, MailFailed otherwise.

    It takes at most the server's `timeout` in all, whatever the other side does.
    """
    client = _client(server)
    taken = False
    try:
        async with asyncio.timeout(server.timeout):
            await client.connect()
            await client.sendmail(server.from_address, [to], mail.as_bytes())
            taken = True
            await client.quit()
    except (SMTPException, OSError, TimeoutError) as error:
        if not taken:  # what goes wrong after it was taken is no reason to send it again
            raise _failure(error) from None
    finally:
        client.close()


def _client(server: MailServer) -> SMTP:
    return SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username or None,
        password=server.password if server.username else None,
        local_hostname=server.domain,
        timeout=server.timeout,
        use_tls=server.security is MailSecurity.TLS,
        # True or False, never "if offered": who sits in between could take the offer away.
        start_tls=server.security is MailSecurity.STARTTLS,
        validate_certs=server.verify_certificate,
    )


def _failure(error: Exception) -> MailFailed:
    """What a failure means; the sentence never quotes the other side."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, SMTPResponseException):
        return _answered(error)
    if isinstance(error, TimeoutError):
        return MailFailed("The mail server took too long.")
    if _is_about_certificate(error):
        return MailFailed("The mail server's certificate is not valid.")
    return MailFailed("The mail server cannot be reached, or ended the connection.", str(error))


def _answered(error: SMTPResponseException) -> MailFailed:
    reply = " ".join(f"{error.code} {error.message}".split())[:MOST_REPLY]
    if isinstance(error, SMTPAuthenticationError):
        return MailFailed(f"The mail server refused user name or password ({error.code}).", reply)
    about_mail = isinstance(error, SMTPRecipientRefused | SMTPDataError)
    what = "the recipient" if isinstance(error, SMTPRecipientRefused) else "the message"
    if about_mail and error.code >= PERMANENT:
        return MailRefused(f"The mail server refused {what} for good ({error.code}).", reply)
    return MailFailed(f"The mail server refused {what} for now ({error.code}).", reply)


def _is_about_certificate(error: BaseException) -> bool:
    causes = (error, error.__cause__, error.__context__)
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
