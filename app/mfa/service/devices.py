"""Trusted devices: for a while they are not asked for the second factor."""

from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from app.auth.domain import Entry
from app.core.access import Viewer
from app.core.clock import Clock
from app.core.crypto import new_token, token_hash
from app.core.db import Database
from app.core.ids import new_id
from app.core.tx import Tx
from app.mfa.domain import DEVICE_PREFIX, DeviceId, DeviceNotFound, TrustedDevice
from app.mfa.events import DevicesRevoked, DeviceTrusted
from app.mfa.repository import DeviceRepository
from app.settings.domain import TRUSTED_DEVICE_DAYS
from app.settings.service import Settings

MOST_DEVICES: Final = 20
MOST_NAME: Final = 100


class DevicesDependencies(Protocol):
    """What devices are kept with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def device_repository(self) -> DeviceRepository: ...


class Devices:
    """The rules of trusted devices."""

    def __init__(self, needs: DevicesDependencies) -> None:
        self._db, self._clock, self._settings = needs.db, needs.clock, needs.settings
        self._devices = needs.device_repository

    @property
    def lasts(self) -> timedelta:
        """How long a device is trusted."""
        return timedelta(days=self._settings.get(TRUSTED_DEVICE_DAYS))

    async def trust(self, tx: Tx, user_id: UUID, entry: Entry) -> str:
        """Trust the device of somebody who has just come in; its token, known only now."""
        token, now = new_token(DEVICE_PREFIX), self._clock.now()
        name = "".join(c for c in entry.device_name or entry.client.agent if c.isprintable())
        device = TrustedDevice(
            id=DeviceId(new_id()),
            user_id=user_id,
            name=name.strip()[:MOST_NAME] or "Unknown device",
            address=entry.client.address or None,
            created_at=now,
            expires_at=now + self.lasts,
            last_used_at=None,
        )
        await self._devices.add(tx, device, token_hash(token), MOST_DEVICES)
        tx.emit(DeviceTrusted(user_id=user_id, device_id=device.id))
        return token

    async def revoke(self, viewer: Viewer, device_id: DeviceId) -> None:
        """Trust one of the viewer's devices no longer. Raises DeviceNotFound."""
        async with self._db.write(viewer) as tx:
            if not await self._devices.remove(tx, viewer.account, device_id):
                raise DeviceNotFound(device_id)
            tx.emit(DevicesRevoked(user_id=viewer.account, device_id=device_id))

    async def revoke_all(self, viewer: Viewer) -> int:
        """Trust none of the viewer's devices any longer; how many there were."""
        async with self._db.write(viewer) as tx:
            return await self.end_all(tx, viewer.account)

    async def end_all(self, tx: Tx, user_id: UUID) -> int:
        """Trust none of a user's devices any longer; how many there were."""
        count = await self._devices.remove_all(tx, user_id)
        if count:
            tx.emit(DevicesRevoked(user_id=user_id))
        return count

    async def forget(self, tx: Tx) -> None:
        """Delete those whose time is over."""
        await self._devices.forget(tx, self._clock.now())
