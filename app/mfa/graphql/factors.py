"""Setting up and removing second factors."""

from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from app.auth.graphql import UserRef, UserView
from app.core.access import Permission
from app.core.ids import encode_id
from app.gql.access import mutation, query
from app.gql.arguments import Doc, Length
from app.gql.info import Info
from app.mfa.domain import (
    DeviceId,
    NewBackupCodes,
    Passkey,
    PasskeyId,
    SecondFactors,
    TotpEnrolment,
)
from app.mfa.graphql.views import (
    Answer,
    BackupCodesView,
    Code,
    DeviceRef,
    PasskeyName,
    PasskeyRef,
    PasskeyView,
    SecondFactorsView,
    TotpEnrolmentView,
)
from app.users.domain import User, UserId


@strawberry.type
class FactorRoots:
    """`secondFactors`."""

    @query(SecondFactorsView, access=Permission.PROFILE_SECURE)
    async def second_factors(self, info: Info) -> SecondFactors:
        """Your second factors, backup codes and trusted devices."""
        return await info.app.factors.status(info.viewer)


@strawberry.type
class FactorMutations:
    """Factors, codes and devices. What adds or removes a factor may answer REAUTHENTICATE."""

    @mutation(TotpEnrolmentView, access=Permission.PROFILE_SECURE)
    async def setup_totp(self, info: Info) -> TotpEnrolment:
        """Get a secret for an authenticator app; `confirmTotp` makes it count.

        An app that is set up already stays good until then.
        """
        return await info.app.totp.set_up(info.viewer)

    @mutation(SecondFactorsView, access=Permission.PROFILE_SECURE, secret=True)
    async def confirm_totp(self, info: Info, code: Code) -> SecondFactors:
        """Prove with a code that the authenticator app works: logins ask for one from now on.

        Get backup codes next.
        """
        await info.app.verification.confirm_totp(info.viewer, code)
        return await info.app.factors.status(info.viewer)

    @mutation(SecondFactorsView, access=Permission.PROFILE_SECURE)
    async def remove_totp(self, info: Info) -> SecondFactors:
        """Remove your authenticator app; devices are no longer trusted.

        CONFLICT if it is your last second factor and your account requires one.
        """
        await info.app.totp.remove(info.viewer)
        return await info.app.factors.status(info.viewer)

    @mutation(BackupCodesView, access=Permission.PROFILE_SECURE)
    async def generate_backup_codes(self, info: Info) -> NewBackupCodes:
        """Get ten new backup codes; those from before become invalid.

        CONFLICT without an authenticator app or a passkey.
        """
        return await info.app.backup_codes.generate(info.viewer)

    @mutation(JSON, access=Permission.PROFILE_SECURE)
    async def register_passkey_options(self, info: Info) -> Any:
        """Options to make a passkey with, good once, for five minutes.

        In a browser: `PublicKeyCredential.parseCreationOptionsFromJSON(options)`, then
        `navigator.credentials.create`. UNAVAILABLE as long as the server has no public address.
        """
        return await info.app.passkeys.registration(info.viewer, info.context.local)

    @mutation(PasskeyView, access=Permission.PROFILE_SECURE)
    async def register_passkey(
        self,
        info: Info,
        credential: Answer,
        name: Annotated[
            str | None, Length(1, 200), Doc("Name of the passkey, 1 to 100 characters.")
        ] = None,
    ) -> Passkey:
        """Register the passkey that the browser made."""
        return await info.app.passkeys.register(info.viewer, credential, name)

    @mutation(PasskeyView, access=Permission.PROFILE_SECURE)
    async def rename_passkey(self, info: Info, id: PasskeyRef, name: PasskeyName) -> Passkey:  # noqa: A002
        """Rename one of your passkeys."""
        return await info.app.passkeys.rename(info.viewer, PasskeyId(id), name)

    @mutation(strawberry.ID, access=Permission.PROFILE_SECURE)
    async def delete_passkey(self, info: Info, id: PasskeyRef) -> strawberry.ID:  # noqa: A002
        """Delete one of your passkeys; devices are no longer trusted. Returns its id.

        CONFLICT if it is your last second factor and your account requires one.
        """
        await info.app.passkeys.delete(info.viewer, PasskeyId(id))
        return strawberry.ID(encode_id("passkey", id))

    @mutation(strawberry.ID, access=Permission.PROFILE_SECURE)
    async def revoke_trusted_device(self, info: Info, id: DeviceRef) -> strawberry.ID:  # noqa: A002
        """Ask one of your trusted devices for the second factor again. Returns its id."""
        await info.app.devices.revoke(info.viewer, DeviceId(id))
        return strawberry.ID(encode_id("device", id))

    @mutation(int, access=Permission.PROFILE_SECURE)
    async def revoke_trusted_devices(self, info: Info) -> int:
        """Ask all of your devices for the second factor again. Returns how many were trusted."""
        return await info.app.devices.revoke_all(info.viewer)

    @mutation(bool, access=Permission.PROFILE_SECURE, secret=True)
    async def reauthenticate_totp(self, info: Info, code: Code) -> bool:
        """Prove by a code of your authenticator app that it is you, as `reauthenticate` does."""
        await info.app.verification.reauthenticate_totp(info.viewer, code)
        return True

    @mutation(JSON, access=Permission.PROFILE_SECURE)
    async def reauthenticate_passkey_options(self, info: Info) -> Any:
        """Options for `reauthenticatePasskey`, good once, for five minutes."""
        checks, local = info.app.verification, info.context.local
        return await checks.reauthentication_options(info.viewer, local)

    @mutation(bool, access=Permission.PROFILE_SECURE, secret=True)
    async def reauthenticate_passkey(self, info: Info, credential: Answer) -> bool:
        """Prove by a passkey that it is you, as `reauthenticate` does."""
        await info.app.verification.reauthenticate_passkey(info.viewer, credential)
        return True

    @mutation(UserView, access=Permission.USERS_SECURE)
    async def reset_factors(self, info: Info, user_id: UserRef) -> User:
        """Take all second factors, backup codes and trusted devices from a user who lost them.

        Their sessions end. FORBIDDEN for a user who may do more than you.
        """
        return await info.app.factors.reset(info.viewer, UserId(user_id))
