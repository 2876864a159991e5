"""Sealed secrets: only the right key, purpose and row open them."""

from pathlib import Path

import pytest

from app.core.keys import (
    Keyring,
    Sealed,
    Unsealable,
    check_key,
    key_file,
    make_key,
    read_keys,
    write_keys,
)

OLD, NEW = make_key(), make_key()


def test_what_was_sealed_is_opened_again() -> None:
    ring = Keyring(NEW)
    sealed = ring.seal("totp", b"secret", b"row 1")
    assert ring.open("totp", sealed, b"row 1") == b"secret"
    assert b"secret" not in sealed.data
    assert ring.seal("totp", b"secret", b"row 1").data != sealed.data


@pytest.mark.parametrize(
    ("purpose", "context"), [("oidc", b"row 1"), ("totp", b"row 2"), ("totp", b"")]
)
def test_another_purpose_or_row_does_not_open_it(purpose: str, context: bytes) -> None:
    ring = Keyring(NEW)
    sealed = ring.seal("totp", b"secret", b"row 1")
    with pytest.raises(Unsealable):
        ring.open(purpose, sealed, context)


def test_a_changed_ciphertext_is_refused() -> None:
    ring = Keyring(NEW)
    sealed = ring.seal("totp", b"secret")
    for data in (b"", sealed.data[:12], sealed.data[:-1], sealed.data[:-1] + b"\0\0"):
        with pytest.raises(Unsealable):
            ring.open("totp", Sealed(sealed.key_id, data))


def test_an_old_key_opens_and_the_current_one_seals() -> None:
    sealed = Keyring(OLD).seal("totp", b"secret")
    both = Keyring(NEW, [OLD])
    assert both.open("totp", sealed) == b"secret"
    fresh = both.reseal("totp", sealed)
    assert fresh.key_id == both.key_id != sealed.key_id
    assert Keyring(NEW).open("totp", fresh) == b"secret"
    with pytest.raises(Unsealable):
        Keyring(NEW).open("totp", sealed)


def test_key_ids_are_stable_and_tell_nothing() -> None:
    assert Keyring(NEW).key_id == Keyring(NEW).key_id
    assert Keyring(NEW).key_id not in NEW
    assert NEW not in repr(Keyring(NEW).seal("x", b"y"))


def test_the_file_is_private_and_replaced_whole(tmp_path: Path) -> None:
    assert read_keys(tmp_path) == ()
    write_keys(tmp_path, [OLD])
    write_keys(tmp_path, [NEW, OLD])
    assert read_keys(tmp_path) == (NEW, OLD)
    assert key_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_short_key_is_refused_without_being_quoted() -> None:
    with pytest.raises(ValueError, match="32 characters") as error:
        check_key("hunter2")
    assert "hunter2" not in str(error.value)
