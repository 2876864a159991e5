"""What roles, grants and denials add up to, for whatever there may be of them."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.access import (
    EVERYTHING,
    NOTHING,
    SESSION_ONLY,
    SYSTEM,
    Permission,
    Scope,
    Viewer,
)
from app.core.errors import Invalid
from app.core.ids import new_id
from app.rbac.domain import (
    CATALOGUE,
    DESCRIPTIONS,
    PERMISSIONS,
    BuiltIn,
    Grantee,
    Level,
    Rights,
    StoredRights,
    checked_description,
    checked_name,
    checked_permissions,
    rights_of,
    within,
)

WORLD = [UUID(int=n) for n in range(1, 5)]
STRANGE = UUID(int=99)  # a library that nobody is granted tells "all" from "these"
AGES = (None, *range(22))
LIBRARIES = st.lists(st.sampled_from(WORLD), unique=True).map(tuple)
ROLES = st.lists(st.sampled_from([*BuiltIn]), unique=True).map(
    lambda roles: tuple(role.id for role in roles)
)


@st.composite
def stored(draw: st.DrawFn) -> StoredRights:
    """What tables can hold: whoever manages a library may download from it and see it."""
    manages = draw(LIBRARIES)
    downloads = tuple({*manages, *draw(LIBRARIES)})
    return StoredRights(
        roles=draw(ROLES),
        permissions=tuple(draw(st.lists(st.sampled_from([p.value for p in Permission])))),
        libraries=tuple({*downloads, *draw(LIBRARIES)}),
        downloads=downloads,
        manages=manages,
        hidden=draw(LIBRARIES),
        max_age=draw(st.sampled_from([None, 0, 12, 18])),
    )


def content(scope: Scope) -> frozenset[tuple[UUID, int | None]]:
    """What a scope shows of the world."""
    return frozenset((i, age) for i in (*WORLD, STRANGE) for age in AGES if scope.admits(i, age))


def is_administrator(held: StoredRights) -> bool:
    return BuiltIn.ADMINISTRATOR.id in held.roles


@given(stored(), stored())
def test_scopes_share_a_key_exactly_when_they_show_the_same(
    one: StoredRights, other: StoredRights
) -> None:
    a, b = rights_of(one).scope, rights_of(other).scope
    assert (a.key == b.key) is (content(a) == content(b))


@given(stored())
def test_a_hidden_library_is_hidden_whatever_else_was_granted(held: StoredRights) -> None:
    scope = rights_of(held).scope
    for library in held.hidden:
        shown = is_administrator(held)  # who sees everything
        assert scope.admits_library(library) is shown
        assert scope.may_download(library) is shown
        assert scope.may_manage(library) is shown


@given(stored(), stored())
def test_two_roles_give_what_either_gives(one: StoredRights, other: StoredRights) -> None:
    def both(name: str) -> tuple[UUID, ...]:
        return (*getattr(one, name), *getattr(other, name))

    hidden, age = one.hidden, one.max_age
    together = StoredRights(
        roles=both("roles"),
        permissions=(*one.permissions, *other.permissions),
        libraries=both("libraries"),
        downloads=both("downloads"),
        manages=both("manages"),
        hidden=hidden,
        max_age=age,
    )
    parts: list[Rights] = []
    for part in (one, other):
        fields = {name: getattr(part, name) for name in part.__struct_fields__}
        parts.append(rights_of(StoredRights(**{**fields, "hidden": hidden, "max_age": age})))
    whole = rights_of(together)
    assert whole.permissions == parts[0].permissions | parts[1].permissions
    assert content(whole.scope) == content(parts[0].scope) | content(parts[1].scope)
    for given_ in parts:
        for library in WORLD:
            assert given_.scope.may_download(library) <= whole.scope.may_download(library)
            assert given_.scope.may_manage(library) <= whole.scope.may_manage(library)


@given(stored())
def test_levels_include_the_ones_before(held: StoredRights) -> None:
    scope = rights_of(held).scope
    for library in WORLD:
        if scope.may_download(library) or scope.may_manage(library):
            assert scope.admits_library(library)
        granted = library in held.manages and library not in held.hidden
        if granted or is_administrator(held):
            assert scope.may_manage(library)
            assert scope.may_download(library)


@given(stored())
def test_who_may_scan_manages_what_they_see_and_others_what_they_were_granted(
    held: StoredRights,
) -> None:
    rights = rights_of(held)
    by_role = "libraries:scan" in held.permissions or any(
        Permission.LIBRARIES_SCAN in PERMISSIONS[role] for role in BuiltIn if role.id in held.roles
    )
    for library in WORLD:
        seen = rights.scope.admits_library(library)
        expected = seen if by_role else seen and library in held.manages
        assert rights.scope.may_manage(library) is expected
    some = any(rights.scope.may_manage(library) for library in WORLD)
    assert (Permission.LIBRARIES_SCAN in rights.permissions) is (by_role or some)


def test_a_scope_does_not_depend_on_order_or_process() -> None:
    a, b = UUID(int=1), UUID(int=2)

    def made(role: BuiltIn, *libraries: UUID, age: int | None = None) -> Scope:
        return rights_of(StoredRights(roles=(role.id,), libraries=libraries, max_age=age)).scope

    assert made(BuiltIn.USER, a, b, age=12) == made(BuiltIn.GUEST, b, a, a, age=12)
    assert made(BuiltIn.USER, a).key == "30fd1bec2569bfefa259e643cd9aab36"
    assert made(BuiltIn.ADMINISTRATOR, a) == EVERYTHING
    assert made(BuiltIn.USER) == NOTHING


def test_only_the_administrator_has_a_wildcard() -> None:
    """Every permission by name is still not all of them, nor all libraries."""
    held = StoredRights(permissions=tuple(p.value for p in Permission), libraries=(WORLD[0],))
    rights = rights_of(held)
    assert rights.permissions == frozenset(Permission)
    assert rights.scope.libraries == frozenset(WORLD[:1])
    assert rights_of(StoredRights(permissions=("*", "admin:*"))).permissions == frozenset()


def viewer(held: StoredRights) -> Viewer:
    rights = rights_of(held)
    return Viewer(user_id=new_id(), permissions=rights.permissions, scope=rights.scope)


@given(stored(), stored())
def test_nobody_gives_more_than_they_have(own: StoredRights, wanted: StoredRights) -> None:
    """Whatever may be given shows and permits nothing that the giver lacks."""
    giver = viewer(own)
    if not within(giver, wanted):
        return
    # As the giver would have it after giving it to themselves.
    given_ = rights_of(
        StoredRights(
            roles=(*own.roles, *wanted.roles),
            permissions=(*own.permissions, *wanted.permissions),
            libraries=(*own.libraries, *wanted.libraries),
            downloads=(*own.downloads, *wanted.downloads),
            manages=(*own.manages, *wanted.manages),
            hidden=own.hidden,
            max_age=own.max_age,
        )
    )
    assert given_.permissions == giver.permissions
    assert content(given_.scope) == content(giver.scope)
    for library in WORLD:
        assert given_.scope.may_download(library) is giver.scope.may_download(library)
        assert given_.scope.may_manage(library) is giver.scope.may_manage(library)


@given(stored())
def test_what_one_has_one_may_give(own: StoredRights) -> None:
    """The control of the one above. What is hidden from the giver is not theirs to give."""
    fields = {name: getattr(own, name) for name in own.__struct_fields__}
    assert within(viewer(own), StoredRights(**{**fields, "hidden": ()})) is (
        is_administrator(own) or not {*own.libraries} & {*own.hidden}
    )
    assert within(SYSTEM, own)


def test_managing_one_library_is_no_right_to_scan_all() -> None:
    own = (WORLD[0],)
    manager = viewer(StoredRights(libraries=own, downloads=own, manages=own))
    assert manager.may(Permission.LIBRARIES_SCAN)
    assert not within(manager, StoredRights(permissions=("libraries:scan",)))
    assert within(manager, StoredRights(libraries=own, manages=own))


def test_every_permission_is_described() -> None:
    assert set(DESCRIPTIONS) == set(Permission)
    assert all(text.endswith(".") and len(text) < 100 for text in DESCRIPTIONS.values())
    assert {p.name for p in CATALOGUE if not p.for_api_keys} == {p.value for p in SESSION_ONLY}


def test_levels_are_a_ladder() -> None:
    order: Sequence[Level] = (Level.VIEW, Level.DOWNLOAD, Level.MANAGE)
    for at, level in enumerate(order):
        assert [level.includes(other) for other in order] == [n <= at for n in range(3)]


@pytest.mark.parametrize(
    "name",
    ["", "  ", "x" * 65, "two\nlines", "nul\0", "zero\u200bwidth", "right\u202eleft", "\ud800"],
)
def test_names_that_will_not_do(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_name(name)
    assert caught.value.field == "name"


def test_names_are_trimmed_and_may_be_of_any_language() -> None:
    assert checked_name("  Familie Müller ") == "Familie Müller"
    assert checked_name("家族") == "家族"
    assert checked_description("  ") == ""
    with pytest.raises(Invalid, match="256"):
        checked_description("x" * 257)


@pytest.mark.parametrize("names", [["*"], ["admin:*"], ["users:conquer"], ["users:list"] * 100])
def test_permissions_that_there_are_not(names: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        checked_permissions(names)
    assert caught.value.field == "permissions"


def test_a_grantee_is_one_of_both() -> None:
    one, other = new_id(), new_id()
    assert Grantee.of(one, None).ref.startswith("user_")
    assert Grantee.of(None, other).ref.startswith("role_")
    for wrong in ((None, None), (one, other)):
        with pytest.raises(Invalid, match="either a user or a role"):
            Grantee.of(*wrong)
