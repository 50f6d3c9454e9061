"""Secrets are read where the settings say, and an error about one never holds it."""

from __future__ import annotations

import keyring
import pytest
from keyring.backend import KeyringBackend

from cdctl.domain.settings import Secret
from cdctl.errors import UnavailableError
from cdctl.files.settings.secrets import reveal


class Shelf(KeyringBackend):
    """A keyring with one entry."""

    priority = 1

    def get_password(self, service, username):
        if service == "broken":
            raise RuntimeError("hunter2")
        return "hunter2" if (service, username) == ("cdctl", "reader") else None

    def set_password(self, service, username, password):
        raise NotImplementedError

    def delete_password(self, service, username):
        raise NotImplementedError


@pytest.fixture
def shelf():
    before = keyring.get_keyring()
    keyring.set_keyring(Shelf())
    yield
    keyring.set_keyring(before)


def test_where_a_secret_may_be(tmp_path, monkeypatch, shelf):
    (tmp_path / "secret").write_text("hunter2\n")
    monkeypatch.setenv("SECRET", "hunter2")
    for secret in (
        Secret("file", str(tmp_path / "secret")),
        Secret("env", "SECRET"),
        Secret("keyring", "cdctl/reader"),
    ):
        assert reveal(secret, "broker eu") == "hunter2"
        assert "hunter2" not in repr(secret)


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (Secret("file", "gone"), "broker eu: cannot read gone: No such file or directory"),
        (Secret("file", "binary"), "broker eu: cannot read binary: is not text"),
        (Secret("file", "blank"), "broker eu: the file blank is empty"),
        (Secret("env", "GONE"), "broker eu: the variable GONE is not set"),
        (Secret("env", "BLANK"), "broker eu: the variable BLANK is empty"),
        (Secret("keyring", "cdctl/gone"), "broker eu: the keyring has no entry 'cdctl/gone'"),
        (Secret("keyring", "broken/x"), "broker eu: the keyring failed: RuntimeError"),
    ],
)
def test_where_it_is_not(tmp_path, monkeypatch, shelf, secret, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "blank").write_text("\n")
    monkeypatch.setenv("BLANK", "")
    with pytest.raises(UnavailableError) as error:
        reveal(secret, "broker eu")
    assert str(error.value).startswith(said)
    assert "hunter2" not in str(error.value)
