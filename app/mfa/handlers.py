"""Entry points of this slice's jobs."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.mfa.jobs import CleanFactors

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanFactors)
async def clean_factors(app: "Container", _: CleanFactors, run: Run) -> None:
    """Delete what is over."""
    async with run.tx() as tx:
        await app.passkeys.forget(tx)
        await app.totp.forget(tx)
        await app.devices.forget(tx)
        await run.finish(tx)
