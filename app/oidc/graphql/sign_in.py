"""Signing in with a provider, and linking accounts."""

from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app.auth.graphql.sign_in import Cookies, DeviceName, answer, entry_of
from app.auth.graphql.views import LoginResult
from app.core.access import PUBLIC, Permission
from app.core.page import Keyset, Listing
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Length, Ref
from app.gql.connection import Connection
from app.gql.info import Info
from app.gql.reply import Cookie
from app.oidc.domain import Start
from app.oidc.graphql.views import OidcLinkView, OidcProviderView, OidcStartView
from app.oidc.service import COOKIE_PREFIX

ProviderName = Annotated[str, Length(1, 50), Doc("Name of the provider.")]
RedirectPath = Annotated[
    str, Length(1, 500), Doc("Path of this server to return to, such as `/home`.")
]
Code = Annotated[
    str, Length(1, 200), Doc("The code that `#oidc=` of the address returned to holds.")
]
Binding = Annotated[
    str | None,
    Length(1, 200),
    Doc("`binding` of the start; by default that of the cookie."),
]
KEPT: Final = 600


def bindings(info: Info, binding: str | None) -> list[str]:
    """What the caller shows of who began: the argument, or the cookies."""
    if binding is not None:
        return [binding]
    kept = info.context.cookies.items()
    return [value for name, value in kept if name.startswith(COOKIE_PREFIX)]


def kept(info: Info, start: Start) -> Start:
    """Put the binding into its cookie, where it was asked for."""
    if start.cookie is not None and start.binding is not None:
        info.context.reply.set(Cookie(start.cookie, start.binding, KEPT))
    return start


def forget(info: Info) -> None:
    """Take the cookies of finished sign-ins away."""
    for name in info.context.cookies:
        if name.startswith(COOKIE_PREFIX):
            info.context.reply.set(Cookie(name, "", 0))


@strawberry.type
class OidcRoots:
    """Providers to sign in with, and one's own links."""

    @query(Connection[OidcProviderView], access=PUBLIC)
    async def oidc_providers(
        self, info: Info, first: First = 20, after: After = None
    ) -> Listing[UUID]:
        """OpenID providers that you can sign in with, by name."""
        flows = info.app.oidc_flows
        return Listing(await flows.page(Keyset(first, after)), flows.count)

    @query(Connection[OidcLinkView], access=Permission.PROFILE_READ)
    async def oidc_links(self, info: Info, first: First = 20, after: After = None) -> Listing[UUID]:
        """Your accounts at OpenID providers that you can sign in with, oldest first."""
        links, viewer = info.app.oidc_sign_in, info.viewer
        return Listing(await links.page(viewer, Keyset(first, after)), lambda: links.count(viewer))

    @query(str | None, access=Permission.PROFILE_READ)
    async def oidc_logout_url(self, info: Info) -> str | None:
        """Address at which to sign out at your provider; null if you signed in otherwise.

        Ask for it before `logout`, and send the browser there after it.
        """
        return await info.app.oidc_sign_in.logout_url(info.viewer)


@strawberry.type
class OidcMutations:
    """There and back."""

    @mutation(OidcStartView, access=PUBLIC, secret=True)
    async def start_oidc_sign_in(
        self,
        info: Info,
        provider: ProviderName,
        redirect_path: RedirectPath = "/",
        cookies: Cookies = False,  # noqa: FBT002
    ) -> Start:
        """Begin to sign in with a provider: send the browser to `authorizationUrl`.

        It returns to `redirectPath` with `#oidc=…` for `finishOidcSignIn`, or `#oidc_error=…`.
        """
        if cookies:
            info.context.reply.require_cookies()
        return kept(info, await info.app.oidc_flows.start(provider, redirect_path, cookies=cookies))

    @mutation(LoginResult, access=PUBLIC, secret=True)
    async def finish_oidc_sign_in(
        self,
        info: Info,
        code: Code,
        binding: Binding = None,
        device_name: DeviceName = None,
        cookies: Cookies = False,  # noqa: FBT002
    ) -> Any:
        """Sign in with the code that the browser returned with. It is good once, for two minutes,
        and only for who began.
        """
        entry = entry_of(info, device_name, cookies=cookies)
        shown = bindings(info, binding)
        result = await info.app.oidc_sign_in.finish(code, shown, entry)
        forget(info)
        return answer(info, result)

    @mutation(OidcStartView, access=Permission.PROFILE_SECURE)
    async def start_oidc_link(
        self,
        info: Info,
        provider: ProviderName,
        redirect_path: RedirectPath = "/",
        cookies: Cookies = False,  # noqa: FBT002
    ) -> Start:
        """Begin to link an account at a provider with yours. Your sign-in has to be recent."""
        if cookies:
            info.context.reply.require_cookies()
        flows = info.app.oidc_flows
        start = await flows.start_link(info.viewer, provider, redirect_path, cookies=cookies)
        return kept(info, start)

    @mutation(OidcLinkView, access=Permission.PROFILE_SECURE, secret=True)
    async def finish_oidc_link(self, info: Info, code: Code, binding: Binding = None) -> UUID:
        """Link the account that the browser returned from with yours."""
        shown = bindings(info, binding)
        link_id = await info.app.oidc_sign_in.finish_link(info.viewer, code, shown)
        forget(info)
        return link_id

    @mutation(OidcStartView, access=Permission.PROFILE_SECURE)
    async def start_oidc_reauthentication(
        self,
        info: Info,
        provider: ProviderName,
        redirect_path: RedirectPath = "/",
        cookies: Cookies = False,  # noqa: FBT002
    ) -> Start:
        """Begin to prove at a provider that you are linked with that it is you: it asks you to sign
        in anew. For accounts without a password.
        """
        if cookies:
            info.context.reply.require_cookies()
        service = info.app.oidc_sign_in
        start = await service.start_reauthentication(
            info.viewer, provider, redirect_path, cookies=cookies
        )
        return kept(info, start)

    @mutation(bool, access=Permission.PROFILE_SECURE, secret=True)
    async def finish_oidc_reauthentication(
        self, info: Info, code: Code, binding: Binding = None
    ) -> bool:
        """What `reauthenticate` does, with the code that the browser returned with."""
        shown = bindings(info, binding)
        await info.app.oidc_sign_in.finish_reauthentication(info.viewer, code, shown)
        forget(info)
        return True

    @mutation(bool, access=Permission.PROFILE_SECURE)
    async def unlink_oidc(
        self,
        info: Info,
        id: Annotated[UUID, Ref("oidc_link"), Doc("Id of a link.")],  # noqa: A002
    ) -> bool:
        """Take a link away. Refused where it is the only way into your account. Your sign-in has to
        be recent.
        """
        await info.app.oidc_sign_in.unlink(info.viewer, id)
        return True
