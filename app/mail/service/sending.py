"""Sending mail as the settings say."""

from collections.abc import Callable
from typing import Final

import msgspec

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.mail.domain import MailFailed, MailOff, MailRefused, MailServer, Message, parse_address
from app.mail.service.smtp import deliver
from app.mail.service.writing import Writer
from app.settings.domain import (
    MAIL_ENABLED,
    MAIL_FROM_ADDRESS,
    MAIL_FROM_NAME,
    MAIL_HOST,
    MAIL_PASSWORD,
    MAIL_PORT,
    MAIL_SECURITY,
    MAIL_TIMEOUT,
    MAIL_USERNAME,
    MAIL_VERIFY_CERTIFICATE,
    PUBLIC_URL,
    SERVER_NAME,
)
from app.settings.service import Settings

log = get_logger(__name__)
TEST_TIMEOUT: Final = 8.0  # somebody waits for the answer


def mail_server(settings: Settings) -> MailServer:
    """The mail server as the settings have it now."""
    name = settings.get(SERVER_NAME)
    return MailServer(
        enabled=settings.get(MAIL_ENABLED),
        host=settings.get(MAIL_HOST),
        port=settings.get(MAIL_PORT),
        security=settings.get(MAIL_SECURITY),
        username=settings.get(MAIL_USERNAME),
        password=settings.get(MAIL_PASSWORD),
        from_address=settings.get(MAIL_FROM_ADDRESS),
        from_name=settings.get(MAIL_FROM_NAME) or name,
        timeout=settings.get(MAIL_TIMEOUT),
        verify_certificate=settings.get(MAIL_VERIFY_CERTIFICATE),
        server_name=name,
        public_url=settings.get(PUBLIC_URL),
    )


class Mail:
    """Writes messages and hands them over; `server` answers the settings of the moment."""

    def __init__(self, server: Callable[[], MailServer], clock: Clock, metrics: Metrics) -> None:
        self._server, self._clock, self._metrics = server, clock, metrics
        self._writer = Writer()

    @property
    def enabled(self) -> bool:
        """Whether mail is sent at all."""
        return self._server().missing is None

    @property
    def public_url(self) -> str:
        """The address that links in mails begin with."""
        return self._server().public_url

    def require(self) -> None:
        """Raise MailOff where no mail can be sent."""
        if not self.enabled:
            raise MailOff

    async def send(self, message: Message) -> None:
        """Write and hand over. Raises MailOff, MailRefused (for ever) or MailFailed (for now)."""
        self.require()
        await self._send(self._server(), message)

    async def send_test(self, to: str, language: str) -> None:
        """Send a message that says that mail works. Raises Invalid, MailOff or Unavailable, which
        quotes the mail server.
        """
        server = self._server()
        if server.missing is not None:
            raise MailOff(server.missing)
        hasty = msgspec.structs.replace(server, timeout=min(server.timeout, TEST_TIMEOUT))
        try:
            message = Message(template="test", to=parse_address(to, field="to"), language=language)
            await self._send(hasty, message)
        except MailFailed as error:
            said = f" It said: {error.reply}" if error.reply else ""
            raise Unavailable(error.message + said) from None

    async def _send(self, server: MailServer, message: Message) -> None:
        mail = self._writer.write(server, message, self._clock.now())
        outcome = "failed"
        try:
            await deliver(server, mail, message.to)
            outcome = "sent"
        except MailRefused:
            outcome = "refused"
            raise
        finally:
            self._metrics.mails.labels(message.template, outcome).inc()
            log.info("mail.attempted", template=message.template, outcome=outcome)
