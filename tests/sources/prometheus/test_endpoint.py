"""Where the server is and who we are: what is refused, where secrets come from, and that they never come out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdctl.errors import UnavailableError, UsageError
from cdctl.sources.prometheus.endpoint import Endpoint, endpoint

HTTPS = "https://prom.example"


def made(**settings: object) -> Endpoint:
    return endpoint({"url": HTTPS, **settings})


def test_the_usual_settings() -> None:
    where = made()
    assert (where.url, where.timeout, where.deadline, where.concurrency, where.retries) == (HTTPS, 30, 120, 32, 2)
    assert (where.all_headers(), where.basic()) == ({}, None)
    assert made(url=f"{HTTPS}/prefix/").url == f"{HTTPS}/prefix"
    tuned = made(timeout=1.5, deadline=9, concurrency=3, retries=0)
    assert (tuned.timeout, tuned.deadline, tuned.concurrency, tuned.retries) == (1.5, 9, 3, 0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"token": "x"}, "unknown setting 'token'"),
        ({"timeout": 0}, "prometheus.timeout"),
        ({"timeout": "30"}, "prometheus.timeout"),
        ({"deadline": -1}, "prometheus.deadline"),
        ({"concurrency": True}, "prometheus.concurrency"),
        ({"retries": -1}, "prometheus.retries"),
        ({"headers": "X-Scope-OrgID"}, "prometheus.headers"),
        ({"url": ""}, "prometheus.url"),
        ({"url": "prom.example:9090"}, "prometheus.url"),
        ({"url": "ftp://prom.example"}, "prometheus.url"),
        ({"url": "https://"}, "prometheus.url"),
        ({"url": "file:///etc/passwd"}, "prometheus.url"),
    ],
)
def test_what_is_wrong_is_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        made(**settings)
    assert said in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9090", "http://localhost:9090", "http://[::1]:9090/p", HTTPS])
def test_plaintext_is_for_this_machine(url: str) -> None:
    assert made(url=url).url == url


@pytest.mark.parametrize(
    "host",
    ["prom.example", "10.0.0.1", "192.168.1.1:9090", "0.0.0.0", "127.0.0.1.evil.example", "localhost.evil", "[::]"],
)
def test_plaintext_to_anybody_else_is_refused_unless_wanted(host: str) -> None:
    with pytest.raises(UsageError, match="would be asked without TLS") as refused:
        made(url=f"http://{host}")
    assert "plaintext = true" in refused.value.hint
    assert made(url=f"http://{host}", plaintext=True).url == f"http://{host}"


@pytest.mark.parametrize(
    "url", ["https://joe:sesame@prom.example", "https://joe@prom.example", "http://127.0.0.1:1@prom.example:sesame"]
)
def test_credentials_in_the_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="the URL holds a user or password") as refused:
        made(url=url)
    assert "password_file" in refused.value.hint
    assert "sesame" not in str(refused.value)


def test_a_token_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("  sesame\n")
    where = made(token_file=str(tmp_path / "token"))
    assert where.all_headers() == {"Authorization": "Bearer sesame"}


def test_a_token_from_the_home_folder(own_home: Path) -> None:
    (own_home / "token").write_text("sesame")
    assert made(token_file="~/token").all_headers() == {"Authorization": "Bearer sesame"}


def test_a_token_is_read_again_each_time(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old")
    where = made(token_file=str(tmp_path / "token"))
    where.all_headers()
    (tmp_path / "token").write_text("new")
    assert where.all_headers() == {"Authorization": "Bearer new"}


def test_a_token_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROM_TOKEN", "sesame")
    assert made(token_env="PROM_TOKEN").all_headers() == {"Authorization": "Bearer sesame"}
    monkeypatch.setenv("PROM_TOKEN", "")
    with pytest.raises(UnavailableError, match="PROM_TOKEN is not set"):
        made(token_env="PROM_TOKEN").all_headers()


def test_user_and_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("ses:ame\n")
    assert made(username="joe", password_file=str(tmp_path / "password")).basic() == ("joe", "ses:ame")
    monkeypatch.setenv("PROM_PASSWORD", "sesame")
    assert made(username="joe", password_env="PROM_PASSWORD").basic() == ("joe", "sesame")


def test_headers_and_headers_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sesame\n")
    where = made(headers={"X-Scope-OrgID": "fleet|ops"}, header_files={"X-Api-Key": str(tmp_path / "key")})
    assert where.all_headers() == {"X-Scope-OrgID": "fleet|ops", "X-Api-Key": "sesame"}


@pytest.mark.parametrize("setting", ["token_file", "password_file"])
def test_a_file_that_cannot_be_read_is_named(setting: str, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path, reason in (
        (tmp_path / "nowhere", "No such file"),
        (tmp_path, "directory"),
        (tmp_path / "binary", "text"),
    ):
        where = made(username="joe", **{setting: str(path)})
        with pytest.raises(UnavailableError, match=reason) as failed:
            where.basic() if setting == "password_file" else where.all_headers()
        assert failed.value.subject == setting
        assert str(path) in failed.value.message


@pytest.mark.parametrize("setting", ["token_file", "password_file", "header_files"])
def test_an_empty_file_is_no_secret(setting: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" \n")
    path = str(tmp_path / "secret")
    where = made(username="joe", **{setting: {"X-Api-Key": path} if setting == "header_files" else path})
    with pytest.raises(UnavailableError, match="is empty") as failed:
        where.basic() if setting == "password_file" else where.all_headers()
    assert failed.value.subject.startswith(setting)
    assert path in failed.value.message
    (tmp_path / "secret").write_text("sesame")
    assert (where.basic() if setting == "password_file" else where.all_headers()) is not None


def test_a_certificate_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for path in (tmp_path / "nowhere", tmp_path / "ca.pem"):
        with pytest.raises(UnavailableError, match="cannot load the certificates") as failed:
            made(ca=str(path)).tls()
        assert "ca, cert and key" in failed.value.hint
    assert made(url="http://localhost", ca=str(tmp_path / "nowhere")).tls() is False


@pytest.fixture
def ring() -> Iterator[dict[tuple[str, str], str]]:
    """What the keyring holds, by service and user."""
    import keyring
    from keyring.backend import KeyringBackend

    entries: dict[tuple[str, str], str] = {}

    class Memory(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return entries.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            entries[service, username] = password

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    yield entries
    keyring.set_keyring(before)


def test_a_token_from_the_keyring(ring: dict[tuple[str, str], str]) -> None:
    ring["prom/eu", "joe"] = "sesame"
    assert made(token_keyring="prom/eu/joe").all_headers() == {"Authorization": "Bearer sesame"}
    assert made(username="joe", password_keyring="prom/eu/joe").basic() == ("joe", "sesame")
    with pytest.raises(UnavailableError, match="no entry 'prom/us/joe'"):
        made(token_keyring="prom/us/joe").all_headers()


def test_a_keyring_that_is_locked_or_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        with pytest.raises(UnavailableError, match="the keyring failed: NoKeyringError"):
            made(token_keyring="prom/joe").all_headers()
    finally:
        keyring.set_keyring(before)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UnavailableError, match="keyring is not installed") as failed:
        made(token_keyring="prom/joe").all_headers()
    assert "cdctl[keyring]" in failed.value.hint


def test_the_identity_tells_tenants_apart_and_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROM_TOKEN", "sesame")
    (tmp_path / "key").write_text("sesame")
    secret = {"token_env": "PROM_TOKEN", "header_files": {"X-Api-Key": str(tmp_path / "key")}}
    eu, us = (made(headers={"X-Scope-OrgID": name}, **secret) for name in ("eu", "us"))
    assert len({eu.identity, us.identity, made().identity, made(url="https://other.example").identity}) == 4
    assert eu.identity == made(headers={"x-scope-orgid": "eu"}, timeout=1, **secret).identity
    for where in (eu, us):
        where.all_headers()
        assert "sesame" not in where.identity + repr(where)


@pytest.mark.parametrize(
    "url",
    [
        "htps://joe:sesame@prom.example",
        "https://joe:sesame@",
        "https:joe:sesame@x",
        "http:///joe:sesame@x",
        "http://[::1",
    ],
)
def test_a_password_in_a_wrong_url_is_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        endpoint({"url": url})
    assert "sesame" not in str(refused.value)
    assert refused.value.hint


def test_what_the_settings_take_for_loopback_is_loopback_here() -> None:
    assert endpoint({"url": "http://prom.localhost:9090"}).url
    with pytest.raises(UsageError, match="without TLS") as refused:
        endpoint({"url": "http://prom.example"})
    assert "plaintext = true" in refused.value.hint
    assert endpoint({"url": "http://prom.example", "plaintext": True}).url
