"""Entry points of this slice's jobs."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.oidc.jobs import CleanOidcStates

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanOidcStates)
async def clean_states(app: "Container", _: CleanOidcStates, run: Run) -> None:
    """Delete what nobody needs any longer."""
    await run.batches(app.oidc_flows.forget)
