"""Passkeys: made, named, shown and deleted. Every challenge is stored by its hash and good once."""

import unicodedata
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from app.auth.domain import LastWayIn
from app.auth.service import WaysIn
from app.core.access import SYSTEM, Viewer
from app.core.clock import Clock
from app.core.crypto import token_hash
from app.core.db import Database
from app.core.errors import Invalid
from app.core.ids import new_id
from app.core.tx import Tx
from app.mfa.domain import (
    Asked,
    Assertion,
    BadPasskey,
    Credential,
    Json,
    NewPasskey,
    Party,
    Passkey,
    PasskeyCloned,
    PasskeyId,
    PasskeyNotFound,
    PasskeyRefused,
    Purpose,
    TooManyPasskeys,
)
from app.mfa.events import CloneDetected, PasskeyAdded, PasskeyRemoved, PasskeyRenamed
from app.mfa.repository import PasskeyRepository
from app.mfa.service import ceremony
from app.mfa.service.ceremony import Person, Unproved
from app.mfa.service.factors import Factors
from app.mfa.service.party import PartySettings, party_for
from app.settings.domain import (
    PUBLIC_URL,
    SERVER_NAME,
    WEBAUTHN_ORIGINS,
    WEBAUTHN_RP_ID,
    WEBAUTHN_RP_NAME,
)
from app.settings.service import Settings
from app.users.domain import UserId
from app.users.service import Users

LASTS: Final = timedelta(minutes=5)
MOST_PASSKEYS: Final = 20
MOST_NAME: Final = 100
UNNAMED: Final = "Passkey"


class PasskeysDependencies(Protocol):
    """What passkeys are kept with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def users(self) -> Users: ...
    @property
    def passkey_repository(self) -> PasskeyRepository: ...
    @property
    def factors(self) -> Factors: ...
    @property
    def ways_in(self) -> WaysIn: ...


class Passkeys:
    """The rules of passkeys. `local`: this server's own address where it was asked on localhost."""

    def __init__(self, needs: PasskeysDependencies) -> None:
        self._db, self._clock, self._settings = needs.db, needs.clock, needs.settings
        self._users, self._factors = needs.users, needs.factors
        self._passkeys, self._ways_in = needs.passkey_repository, needs.ways_in

    async def registration(self, viewer: Viewer, local: str | None) -> Json:
        """Options to make a passkey with. Raises TooManyPasskeys or PasskeysUnavailable."""
        await self._factors.require_proof(viewer)
        party = self.party(local)
        known = await self._passkeys.credentials(viewer.account)
        if len(known) >= MOST_PASSKEYS:
            raise TooManyPasskeys(MOST_PASSKEYS)
        user = await self._users.get(viewer, UserId(viewer.account))
        person = Person(handle=user.id.bytes, username=user.username, shown_name=user.shown_name)
        challenge = await self._ask(party, Purpose.REGISTER, viewer.account, viewer.session_id)
        return ceremony.creation_options(party, person, challenge, _of(party, known))

    async def register(self, viewer: Viewer, answer: object, name: str | None) -> Passkey:
        """Keep the passkey that an authenticator made for these options. Raises PasskeyRefused."""
        await self._factors.require_proof(viewer)
        shown = checked_name(name or UNNAMED)
        try:
            challenge = ceremony.challenge_in(answer)
            asked = await self._answered(
                challenge, Purpose.REGISTER, viewer.account, viewer.session_id
            )
            made = ceremony.registered(answer, challenge, _party(asked))
        except (Unproved, BadPasskey):
            raise PasskeyRefused from None
        passkey = self._passkey(viewer.account, shown, asked.rp_id, made)
        async with self._db.write(viewer) as tx:
            await self._factors.lock(tx, viewer.account)
            if await self._passkeys.count(tx, viewer.account) >= MOST_PASSKEYS:
                raise TooManyPasskeys(MOST_PASSKEYS)
            await self._passkeys.add(tx, passkey, made)
            await self._factors.added(tx, viewer)
            tx.emit(
                PasskeyAdded(user_id=viewer.account, passkey_id=passkey.id, changes={"name": shown})
            )
        self._factors.changed(viewer.account)
        return passkey

    async def rename(self, viewer: Viewer, passkey_id: PasskeyId, name: str) -> Passkey:
        """Give one of the viewer's passkeys another name. Raises PasskeyNotFound."""
        shown = checked_name(name)
        async with self._db.write(viewer) as tx:
            passkey = await self._passkeys.rename(tx, viewer.account, passkey_id, shown)
            if passkey is None:
                raise PasskeyNotFound(passkey_id)
            tx.emit(
                PasskeyRenamed(
                    user_id=viewer.account, passkey_id=passkey_id, changes={"name": shown}
                )
            )
        return passkey

    async def delete(self, viewer: Viewer, passkey_id: PasskeyId) -> None:
        """Delete one of the viewer's passkeys. Raises PasskeyNotFound, FactorRequired
        or LastWayIn.
        """
        await self._factors.require_proof(viewer)
        async with self._db.write(viewer) as tx:
            await self._factors.lock(tx, viewer.account)
            if not await self._passkeys.remove(tx, viewer.account, passkey_id):
                raise PasskeyNotFound(passkey_id)
            await self._factors.removed(tx, viewer.account)
            if await self._ways_in.stranded(tx, {viewer.account}):
                raise LastWayIn
            tx.emit(PasskeyRemoved(user_id=viewer.account, passkey_id=passkey_id))
        self._factors.changed(viewer.account)

    async def request(
        self,
        local: str | None,
        purpose: Purpose,
        user_id: UUID | None = None,
        reference: UUID | None = None,
    ) -> Json:
        """Options to show a passkey with: one of this user, or any that the device offers."""
        party = self.party(local)
        known = [] if user_id is None else await self._passkeys.credentials(user_id)
        challenge = await self._ask(party, purpose, user_id, reference)
        return ceremony.request_options(party, challenge, _of(party, known))

    async def check(
        self,
        answer: object,
        purpose: Purpose,
        user_id: UUID | None = None,
        reference: UUID | None = None,
    ) -> Assertion:
        """What an authenticator proved for these options, whose challenge is used up by it.

        `take` it. Raises BadPasskey.
        """
        try:
            challenge = ceremony.challenge_in(answer)
            asked = await self._answered(challenge, purpose, user_id, reference)
            passkey = await self._passkeys.credential(ceremony.credential_id_in(answer))
            if passkey is None or passkey.rp_id != asked.rp_id:
                raise BadPasskey
            if user_id is not None and passkey.user_id != user_id:
                raise BadPasskey
            return ceremony.asserted(answer, challenge, _party(asked), passkey)
        except Unproved:
            raise BadPasskey from None

    async def take(self, tx: Tx, proved: Assertion) -> None:
        """Note the use of a passkey with this transaction.

        Raises PasskeyCloned where its counter did not rise; `note_clone` then.
        """
        if not await self._passkeys.use(tx, proved, self._clock.now()):
            raise PasskeyCloned

    async def note_clone(self, proved: Assertion, viewer: Viewer) -> None:
        """There is a copy of this passkey: it is refused from here on."""
        async with self._db.write(viewer) as tx:
            tx.act_as(proved.passkey.user_id, proved.passkey.username)
            if await self._passkeys.mark_cloned(tx, proved.passkey.id, self._clock.now()):
                tx.emit(CloneDetected(user_id=proved.passkey.user_id, passkey_id=proved.passkey.id))

    async def forget(self, tx: Tx) -> None:
        """Delete challenges that nobody answered in time."""
        await self._passkeys.forget_challenges(tx, self._clock.now())

    def party(self, local: str | None) -> Party:
        """The relying party of now. Raises PasskeysUnavailable."""
        get = self._settings.get
        settings = PartySettings(
            get(PUBLIC_URL),
            get(WEBAUTHN_RP_ID),
            get(WEBAUTHN_RP_NAME) or get(SERVER_NAME),
            get(WEBAUTHN_ORIGINS),
        )
        return party_for(settings, local)

    async def _ask(
        self, party: Party, purpose: Purpose, user_id: UUID | None, reference: UUID | None
    ) -> bytes:
        challenge = ceremony.make_challenge()
        asked = Asked(
            purpose=purpose,
            user_id=user_id,
            reference=reference,
            rp_id=party.id,
            origins=party.origins,
        )
        async with self._db.write(SYSTEM) as tx:
            expires_at = self._clock.now() + LASTS
            await self._passkeys.ask(tx, token_hash(challenge.hex()), asked, expires_at)
        return challenge

    async def _answered(
        self, challenge: bytes, purpose: Purpose, user_id: UUID | None, reference: UUID | None
    ) -> Asked:
        """What was asked, once: whatever comes of the answer, it cannot come again."""
        async with self._db.write(SYSTEM) as tx:
            digest = token_hash(challenge.hex())
            asked = await self._passkeys.answer(tx, digest, purpose, self._clock.now())
        if asked is None or (asked.user_id, asked.reference) != (user_id, reference):
            raise BadPasskey
        return asked

    def _passkey(self, user_id: UUID, name: str, rp_id: str, made: NewPasskey) -> Passkey:
        return Passkey(
            id=PasskeyId(new_id()),
            user_id=user_id,
            name=name,
            rp_id=rp_id,
            aaguid=made.aaguid,
            transports=made.transports,
            synced=made.synced,
            backed_up=made.backed_up,
            created_at=self._clock.now(),
            last_used_at=None,
            cloned_at=None,
        )


def checked_name(name: str) -> str:
    """The name as it is kept: trimmed, one line. Raises Invalid."""
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= MOST_NAME:
        raise Invalid(f"A name has 1 to {MOST_NAME} characters.", field="name")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in trimmed):
        raise Invalid("A name is one line, without control characters.", field="name")
    return trimmed


def _party(asked: Asked) -> Party:
    return Party(id=asked.rp_id, name=asked.rp_id, origins=asked.origins)


def _of(party: Party, known: list[Credential]) -> list[Credential]:
    """Those that browsers would offer here, and that are good."""
    return [p for p in known if p.rp_id == party.id and p.cloned_at is None]
