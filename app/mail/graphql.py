"""Trying out mail."""

from typing import Annotated

import strawberry

from app.core.access import Permission
from app.gql.access import mutation
from app.gql.arguments import Doc, Length
from app.gql.info import Info


@strawberry.type
class MailMutations:
    """`sendTestMail`."""

    @mutation(bool, access=Permission.SETTINGS_WRITE)
    async def send_test_mail(
        self,
        info: Info,
        to: Annotated[str, Length(1, 320), Doc("E-mail address to send it to.")],
        language: Annotated[str, Length(2, 35), Doc("Language tag of the mail.")] = "en",
    ) -> bool:
        """Send a test mail with the settings `mail.*` and wait for the mail server's answer.

        UNAVAILABLE says what is missing, or what the mail server said.
        """
        await info.app.mail.send_test(to, language)
        return True
