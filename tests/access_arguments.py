"""Who asks, and which arguments every root field is asked with."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from app.core.access import Permission
from app.core.ids import encode_id, new_id
from app.mfa.domain import Purpose
from tests.gql.world import World

PASSWORD = "correct horse battery"
LINK_TOKEN = "rvm_of-a-link-in-a-mail"


def who(world: World, role: str) -> Any:
    """Somebody of a role; None is nobody."""
    return {
        "anonymous": None,
        "guest": world.guest,
        "user": world.alice,
        "ungranted": world.nobody,
        "moderator": world.moderator,
        "administrator": world.admin,
        "custom": world.librarian,
        "factor_owed": world.pending,
        "revoked": world.former,
    }[role]


def nowhere(name: str) -> dict[str, Any]:
    """Arguments of a provider's mutation where there is no provider."""
    if name.startswith("start"):
        return {"provider": "nowhere"}
    if name.startswith("finish"):
        return {"code": "rvo_nothing"}
    kind = "oidc_link" if name == "unlinkOidc" else "oidc_provider_config"
    more = {"input": {"displayName": "Renamed"}} if name == "updateOidcProvider" else {}
    return {"id": encode_id(kind, new_id()), **more}


def elsewhere(name: str) -> "Arguments":
    """Arguments of a provider's mutation: those of the stage, where there is one."""
    return lambda world, _: world.elsewhere or nowhere(name)


# The arguments of every root field that needs some: a field without a row here fails.
Arguments = Callable[[World, str], dict[str, Any]]


def first_of(ids: Sequence[UUID]) -> UUID:
    """One of these, or what is nowhere."""
    return ids[0] if ids else new_id()


ARGUMENTS: dict[str, Arguments] = {
    "Query.node": lambda w, _: {"id": w.open.movie_refs[0]},
    "Query.nodes": lambda w, _: {"ids": [w.open.movie_refs[0]]},
    "Query.library": lambda w, _: {"id": w.open.ref},
    "Query.movie": lambda w, _: {"id": w.open.movie_refs[0]},
    "Query.collection": lambda w, _: {
        "id": encode_id("collection", w.open.collections["Open Saga"])
    },
    "Query.person": lambda w, _: {"id": w.person("Open Actor")},
    "Mutation.editPerson": lambda w, role: {
        "id": w.person("Open Actor"),
        "input": {"name": f"Renamed by {role}", "locked": ["BIOGRAPHY"]},
    },
    "Mutation.mergePeople": lambda w, _: {
        "keepId": w.person("Open Actor"),
        "mergeIds": [w.person("Spare Actor")],
    },
    "Query.search": lambda *_: {"query": "open"},
    "Query.autocomplete": lambda *_: {"prefix": "op"},
    "Query.show": lambda w, _: {"id": w.shows[0].ref},
    "Query.season": lambda w, _: {"id": w.shows[0].season(1)},
    "Query.episode": lambda w, _: {"id": w.shows[0].episode(1, 1)},
    "Query.job": lambda w, _: {"id": encode_id("job", w.job)},
    "Query.role": lambda w, _: {"id": encode_id("role", w.role)},
    "Query.libraryGrants": lambda w, _: {"filter": {"libraryId": w.open.ref}},
    "Query.hiddenLibraries": lambda w, _: {"userId": w.bob.ref},
    # Without a key it is asked nothing.
    "Query.metadataSearch": lambda *_: {"kind": "MOVIE", "query": "x", "providers": ["tmdb"]},
    "Query.metadataItem": lambda *_: {"kind": "MOVIE", "provider": "tmdb", "providerId": "1"},
    "Mutation.testProvider": lambda *_: {"provider": "tmdb"},
    "Mutation.createRole": lambda *_: {"input": {"name": "Made", "permissions": []}},
    "Mutation.updateRole": lambda w, _: {
        "id": encode_id("role", w.role),
        "input": {"name": "Renamed"},
    },
    "Mutation.deleteRole": lambda w, _: {"id": encode_id("role", w.role)},
    "Mutation.setUserRoles": lambda w, _: {
        "userId": w.bob.ref,
        "roleIds": [encode_id("role", w.role)],
    },
    "Mutation.requireUserFactor": lambda w, _: {"userId": w.bob.ref},
    "Mutation.requireRoleFactor": lambda w, _: {"id": encode_id("role", w.role)},
    "Mutation.hideLibrary": lambda w, _: {"libraryId": w.open.ref, "userId": w.bob.ref},
    "Mutation.unhideLibrary": lambda w, _: {"libraryId": w.open.ref, "userId": w.child.ref},
    **{
        f"Mutation.{name}": elsewhere(name)
        for name in (
            "startOidcSignIn",
            "finishOidcSignIn",
            "startOidcLink",
            "finishOidcLink",
            "startOidcReauthentication",
            "finishOidcReauthentication",
            "unlinkOidc",
            "updateOidcProvider",
            "enableOidcProvider",
            "disableOidcProvider",
            "setDefaultOidcProvider",
            "deleteOidcProvider",
            "testOidcProvider",
        )
    },
    "Mutation.createOidcProvider": lambda *_: {
        "input": {"name": "made", "issuer": "https://idp.test", "clientId": "me"}
    },
    "Mutation.login": lambda w, role: {
        "username": w.alice.username if role == "anonymous" else who(w, role).username,
        "password": PASSWORD,
    },
    "Mutation.refreshSession": lambda w, role: {"refreshToken": w.spare_of(who(w, role)).refresh},
    "Mutation.reauthenticate": lambda *_: {"password": PASSWORD},
    "Mutation.revokeSession": lambda w, role: {
        "id": encode_id("session", w.spare_of(who(w, role)).session.id)
    },
    "Mutation.changePassword": lambda *_: {
        "currentPassword": PASSWORD,
        "newPassword": "another horse altogether",
    },
    "Mutation.createUser": lambda *_: {"input": {"username": "newcomer", "password": PASSWORD}},
    "Query.user": lambda w, _: {"id": w.bob.ref},
    "Mutation.updateUser": lambda w, _: {"id": w.bob.ref, "input": {"maxAge": 12}},
    "Mutation.activateUser": lambda w, _: {"id": w.bob.ref},
    "Mutation.deactivateUser": lambda w, _: {"id": w.bob.ref},
    "Mutation.deleteUser": lambda w, _: {"id": w.bob.ref},
    "Mutation.restoreUser": lambda w, _: {"id": w.bob.ref},
    "Mutation.updateProfile": lambda *_: {"input": {"displayName": "Renamed"}},
    "Mutation.setAvatar": lambda w, role: {
        "uploadId": encode_id("upload", (who(w, role) or w.alice).id)
    },
    "Mutation.register": lambda _, role: {
        "input": {
            "username": f"new-{role}",
            "email": f"{role}@example.org",
            "password": PASSWORD,
        }
    },
    "Mutation.verifyEmail": lambda *_: {"token": LINK_TOKEN},
    "Mutation.changeEmail": lambda *_: {"newEmail": "another@example.org"},
    "Mutation.forgotPassword": lambda w, _: {"email": f"{w.bob.username}@example.org"},
    "Mutation.resetPassword": lambda *_: {
        "token": LINK_TOKEN,
        "newPassword": "another horse altogether",
    },
    "Mutation.forcePasswordReset": lambda w, _: {"userId": w.bob.ref},
    "Mutation.sendTestMail": lambda *_: {"to": "admin@example.org"},
    "Mutation.createApiKey": lambda *_: {
        "input": {"name": "A program", "scopes": [Permission.MOVIES_LIST.value]}
    },
    "Mutation.updateApiKey": lambda w, role: {
        "id": encode_id("apikey", w.key_of(who(w, role))),
        "input": {"name": "Another program"},
    },
    "Mutation.revokeApiKey": lambda w, role: {
        "id": encode_id("apikey", w.key_of(who(w, role))),
    },
    "Mutation.createLibrary": lambda *_: {
        "input": {"name": "Made", "kind": "MOVIES", "folders": ["/opt"]}
    },
    "Mutation.updateLibrary": lambda w, _: {"id": w.open.ref, "input": {"name": "Renamed"}},
    "Mutation.deleteLibrary": lambda w, _: {"id": w.open.ref},
    "Mutation.grantLibrary": lambda w, _: {"libraryId": w.open.ref, "userId": w.bob.ref},
    "Mutation.revokeLibrary": lambda w, _: {"libraryId": w.open.ref, "userId": w.child.ref},
    "Mutation.scanLibrary": lambda w, _: {"libraryId": w.open.ref},
    "Mutation.cancelScan": lambda w, _: {"id": encode_id("scan", w.open.scans[-1])},
    "Mutation.updateProgress": lambda w, _: {"id": w.open.movie_refs[0], "position": 60.0},
    "Mutation.removeProgress": lambda w, _: {"id": w.open.movie_refs[0]},
    "Mutation.markWatched": lambda w, _: {"id": w.open.movie_refs[0]},
    "Mutation.markUnwatched": lambda w, _: {"id": w.open.movie_refs[0]},
    "Mutation.bulkMarkWatched": lambda w, _: {"ids": w.open.movie_refs[:1]},
    "Mutation.retryJob": lambda w, _: {"id": encode_id("job", w.job)},
    "Mutation.cancelJob": lambda w, _: {"id": encode_id("job", w.job)},
    "Query.setting": lambda *_: {"key": "server.name"},
    "Query.userSetting": lambda *_: {"key": "display.theme"},
    "Mutation.updateSetting": lambda *_: {"key": "server.name", "value": "Ours"},
    "Mutation.resetSetting": lambda *_: {"key": "server.name"},
    "Mutation.updateUserSetting": lambda *_: {"key": "display.theme", "value": "dark"},
    "Mutation.resetUserSetting": lambda *_: {"key": "display.theme"},
    "Mutation.updatePreferences": lambda *_: {"input": {"theme": "DARK"}},
    "Mutation.verifyTotp": lambda w, _: {"challenge": w.factors.challenge, "code": w.factors.code},
    "Mutation.verifyBackupCode": lambda w, _: {
        "challenge": w.factors.challenge,
        "code": w.factors.backup_code,
    },
    "Mutation.webauthnChallenge": lambda w, _: {"challenge": w.factors.challenge},
    "Mutation.webauthnAuthenticate": lambda w, _: {
        "challenge": w.factors.challenge,
        "credential": w.factors.answers[Purpose.SECOND_FACTOR],
    },
    "Mutation.signInWithPasskey": lambda w, _: {"credential": w.factors.answers[Purpose.SIGN_IN]},
    "Mutation.confirmTotp": lambda w, _: {"code": w.factors.setup_code},
    "Mutation.reauthenticateTotp": lambda w, _: {"code": w.factors.code},
    "Mutation.reauthenticatePasskey": lambda w, _: {
        "credential": w.factors.answers[Purpose.REAUTHENTICATE]
    },
    "Mutation.registerPasskey": lambda w, _: {"credential": w.factors.answers[Purpose.REGISTER]},
    "Mutation.renamePasskey": lambda w, _: {"id": w.factors.passkey, "name": "Phone"},
    "Mutation.deletePasskey": lambda w, _: {"id": w.factors.passkey},
    "Mutation.revokeTrustedDevice": lambda w, _: {"id": w.factors.device},
    "Mutation.resetFactors": lambda w, _: {"userId": w.bob.ref},
    "Query.unmatched": lambda w, _: {"libraryId": w.open.ref},
    "Query.unidentified": lambda w, _: {"libraryId": w.open.ref},
    "Mutation.refreshMetadata": lambda w, _: {"id": w.open.movie_refs[0]},
    "Mutation.identifyItem": lambda w, _: {"id": w.open.movie_refs[0], "record": "tmdb:603"},
    "Mutation.lockFields": lambda w, _: {"id": w.open.movie_refs[0], "fields": ["TITLE"]},
    "Mutation.unlockFields": lambda w, _: {"id": w.open.movie_refs[0], "fields": ["TITLE"]},
    "Mutation.editMovie": lambda w, _: {"id": w.open.movie_refs[0], "input": {"tagline": "x"}},
    "Mutation.editShow": lambda w, _: {"id": w.shows[0].ref, "input": {"tagline": "x"}},
    "Mutation.editSeason": lambda w, _: {"id": w.shows[0].season(1), "input": {"title": "x"}},
    "Mutation.editEpisode": lambda w, _: {"id": w.shows[0].episode(1, 1), "input": {"title": "x"}},
    "Mutation.identify": lambda w, _: {
        "fileIds": [encode_id("file", first_of(w.open.files))],
        "target": {"movie": {"title": "Another"}},
    },
    "Mutation.unidentify": lambda w, _: {"fileIds": [encode_id("file", first_of(w.open.files))]},
    "Mutation.setArtwork": lambda w, _: {"itemId": w.open.movie_refs[0], "kind": "POSTER"},
    "Mutation.setDefaultVersion": lambda w, _: {
        "id": encode_id("version", first_of(w.open.versions)),
    },
    "Subscription.scanProgress": lambda w, _: {"libraryId": w.open.ref},
}


def arguments(path: str, world: World, role: str) -> dict[str, Any]:
    """What a root field is called with."""
    row = ARGUMENTS.get(path)
    return row(world, role) if row is not None else {}
