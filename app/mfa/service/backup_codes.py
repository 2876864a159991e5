"""Backup codes: for who has lost the second factor. Shown once, each good once."""

from typing import Final, Protocol
from uuid import UUID

from app.core.access import SYSTEM, Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.keys import Keyring, Sealed, Unsealable, resealed
from app.core.logging import get_logger
from app.core.tx import Tx
from app.mfa.domain import BadCode, NewBackupCodes, NoFactor
from app.mfa.events import BackupCodesGenerated, BackupCodeUsed
from app.mfa.repository import CodeRepository, PasskeyRepository
from app.mfa.service import codes
from app.mfa.service.factors import Factors

log = get_logger(__name__)
PURPOSE: Final = "backup-codes"


class BackupCodesDependencies(Protocol):
    """What backup codes are kept with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def code_repository(self) -> CodeRepository: ...
    @property
    def passkey_repository(self) -> PasskeyRepository: ...
    @property
    def factors(self) -> Factors: ...


class BackupCodes:
    """The rules of backup codes."""

    def __init__(self, needs: BackupCodesDependencies) -> None:
        self._db, self._clock, self._keyring = needs.db, needs.clock, needs.keyring
        self._codes, self._passkeys = needs.code_repository, needs.passkey_repository
        self._factors = needs.factors

    async def generate(self, viewer: Viewer) -> NewBackupCodes:
        """Ten new codes; the old ones are no longer good. Raises NoFactor."""
        await self._factors.require_proof(viewer)
        user_id, pepper = viewer.account, codes.make_pepper()
        made = tuple(codes.make_backup_code() for _ in range(codes.BACKUP_CODES))
        macs = [codes.backup_code_mac(pepper, code) for code in made]
        sealed = self._keyring.seal(PURPOSE, pepper, user_id.bytes)
        async with self._db.write(viewer) as tx:
            await self._factors.lock(tx, user_id)
            if not (await self._passkeys.enrolled(user_id, tx)).any:
                raise NoFactor
            await self._codes.replace_codes(tx, user_id, sealed, macs)
            tx.emit(BackupCodesGenerated(user_id=user_id))
        return NewBackupCodes(codes=made)

    async def check(self, user_id: UUID, code: str) -> bytes:
        """What a code is stored as; `take` it. Raises BadCode for who has none."""
        pepper = await self._codes.pepper(user_id)
        if pepper is None:
            raise BadCode
        sealed = Sealed(pepper.pepper_key_id, pepper.pepper_sealed)
        plain = self._keyring.open(PURPOSE, sealed, user_id.bytes)
        return codes.backup_code_mac(plain, code)

    async def take(self, tx: Tx, user_id: UUID, mac: bytes) -> None:
        """Use up a code with this transaction, once. Raises BadCode."""
        enrolled = await self._passkeys.enrolled(user_id, tx)
        now = self._clock.now()
        if not enrolled.any or not await self._codes.take_code(tx, user_id, mac, now):
            raise BadCode
        tx.emit(BackupCodeUsed(user_id=user_id))

    async def reseal(self) -> int:
        """Seal peppers anew sealed with an older key; says how many. Raises NotResealed."""
        total = left = 0
        for pepper in await self._codes.peppers_sealed_otherwise(self._keyring.key_id):
            sealed = Sealed(pepper.pepper_key_id, pepper.pepper_sealed)
            try:
                fresh = self._keyring.reseal(PURPOSE, sealed, pepper.user_id.bytes)
            except Unsealable:
                log.exception("mfa.pepper_not_resealed", user_id=str(pepper.user_id))
                left += 1
                continue
            async with self._db.write(SYSTEM) as tx:
                total += await self._codes.reseal_pepper(tx, pepper, fresh)
        return resealed(total, left)
