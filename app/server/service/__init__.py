"""Looking after jobs, the server's upkeep, and how it does."""

from app.server.service.health import Health, Probed
from app.server.service.jobs import Jobs
from app.server.service.status import ServerStatus
from app.server.service.upkeep import Upkeep

__all__ = ["Health", "Jobs", "Probed", "ServerStatus", "Upkeep"]
