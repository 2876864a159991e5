"""Second factors as the API shows them: only to whose they are."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from app.core.ids import encode_id
from app.gql.arguments import Doc, Length, Ref
from app.gql.view import field, view
from app.mfa.domain import (
    NewBackupCodes,
    Passkey,
    SecondFactors,
    TotpEnrolment,
    TrustedDevice,
)

PasskeyRef = Annotated[UUID, Ref("passkey"), Doc("Id of one of your passkeys.")]
DeviceRef = Annotated[UUID, Ref("device"), Doc("Id of one of your trusted devices.")]
Code = Annotated[str, Length(1, 64), Doc("The code; blanks in it do no harm.")]
PasskeyName = Annotated[str, Length(1, 200), Doc("Name of the passkey, 1 to 100 characters.")]
Answer = Annotated[
    JSON,
    Doc("What the browser made of the options: the `PublicKeyCredential`, by its `toJSON()`."),
]


@view(TotpEnrolment)
class TotpEnrolmentView:
    """A new secret for an authenticator app. It counts once `confirmTotp` got a code of it."""

    secret: str = field("The secret in base32, to be typed. It is shown only once.")
    uri: str = field("The secret as an `otpauth:` address, for apps on the same device.")
    qr: str = field("The address as a QR code: a PNG in a `data:` address.")
    expires_at: datetime = field("Until when it can be confirmed.")


@view(NewBackupCodes)
class BackupCodesView:
    """New backup codes. They are shown only once."""

    codes: list[str] = field("The codes; each is good once.", of=lambda made: list(made.codes))


@view(Passkey)
class PasskeyView:
    """One of your passkeys."""

    id: strawberry.ID = field("Its id.", of=lambda passkey: encode_id("passkey", passkey.id))
    name: str = field("The name that you gave it.")
    aaguid: str = field("Model of the authenticator, as its maker numbers it.")
    transports: list[str] = field(
        "How devices reach it, such as `internal`, `hybrid`, `usb`.",
        of=lambda passkey: list(passkey.transports),
    )
    domain: str = field("Domain that it is good for.", of=lambda passkey: passkey.rp_id)
    synced: bool = field("Whether it can be on several of your devices.")
    backed_up: bool = field("Whether it was backed up when it was last used.")
    copied: bool = field(
        "Whether its counter went backwards, as that of a copy does: it is no longer accepted.",
        of=lambda passkey: passkey.cloned_at is not None,
    )
    created_at: datetime = field("When it was registered.")
    last_used_at: datetime | None = field("When it was last used.")


@view(TrustedDevice)
class TrustedDeviceView:
    """A device that is not asked for your second factor."""

    id: strawberry.ID = field("Its id.", of=lambda device: encode_id("device", device.id))
    name: str = field("Its name, as given at the login, or the program's.")
    address: str | None = field("Network address from which it was trusted.")
    created_at: datetime = field("When it was trusted.")
    expires_at: datetime = field("Until when it is.")
    last_used_at: datetime | None = field("When it last spared you the second factor.")


@view(SecondFactors)
class SecondFactorsView:
    """Your second factors, and what stands in for them."""

    required: bool = field("Whether your account has to have one.")
    totp: bool = field("Whether you have an authenticator app.")
    totp_since: datetime | None = field("When it was set up.")
    passkeys: list[PasskeyView] = field("Your passkeys, at most 20.")
    backup_codes_left: int = field(
        "How many backup codes are good.", of=lambda factors: factors.backup_codes
    )
    trusted_devices: list[TrustedDeviceView] = field(
        "Devices that are not asked, at most 20.", of=lambda factors: list(factors.devices)
    )
