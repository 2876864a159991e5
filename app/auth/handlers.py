"""Entry points of this slice's jobs, and what follows from its events."""

from typing import TYPE_CHECKING

from app.auth.events import PasswordChanged, PasswordReset
from app.auth.jobs import CleanSessions, CleanSignIns, SendLetter
from app.auth.service import password_file
from app.core.handlers import handles, on
from app.core.jobs.declare import Cancel
from app.core.jobs.run import Run
from app.mail.domain import MailRefused

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanSessions)
async def clean_sessions(app: "Container", _: CleanSessions, run: Run) -> None:
    """Delete what nobody needs any longer."""
    await run.batches(app.sessions.forget)


@handles(CleanSignIns)
async def clean_sign_ins(app: "Container", _: CleanSignIns, run: Run) -> None:
    """Delete what nobody needs any longer."""
    await run.batches(app.sign_in.forget, app.attempts.forget, app.letters.forget)


@handles(SendLetter)
async def send_letter(app: "Container", job: SendLetter, run: Run) -> None:
    """The token's hash is committed before the mail leaves: a link that arrives is good."""
    message = await app.letters.written(job.letter_id, run)
    if message is None:
        return
    try:
        await app.mail.send(message)
    except MailRefused as error:
        raise Cancel(error.message) from None


@on(PasswordChanged)
async def forget_password_file(app: "Container", event: PasswordChanged, run: Run) -> None:  # noqa: ARG001
    """The first administrator's file has served its purpose."""
    await app.accounts.forget_password_file(password_file(app.config.data), event.user_id)


@on(PasswordReset)
async def forget_void_password_file(app: "Container", event: PasswordReset, run: Run) -> None:  # noqa: ARG001
    """What it says is no longer good."""
    await app.accounts.forget_password_file(password_file(app.config.data), event.user_id)
