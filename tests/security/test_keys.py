"""Private keys: what openssl wrote, what a keyring holds, and who the key of the settings is."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from cdctl.domain.orders.telling import ORDER
from cdctl.domain.settings import SigningKey
from cdctl.errors import RefusedError, UnavailableError, UsageError
from cdctl.security import ed25519, key_files, keyrings, keys, pkcs8, trust
from cdctl.security.ed25519 import PrivateKey

OPENSSL = shutil.which("openssl") or "openssl"  # script/setup brings it


def openssl(*args: object) -> bytes:
    return subprocess.run([OPENSSL, *map(str, args)], check=True, capture_output=True, timeout=30).stdout


def test_openssl_reads_our_keys_and_we_read_its(tmp_path):
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    key = PrivateKey.new()
    key_files.write(ours, key)
    assert openssl("pkey", "-in", ours, "-pubout", "-outform", "DER")[-32:] == key.public
    openssl("genpkey", "-algorithm", "ed25519", "-out", theirs)
    theirs.chmod(0o600)
    found = key_files.read(theirs)
    assert openssl("pkey", "-in", theirs, "-pubout", "-outform", "DER")[-32:] == found.public


def test_a_signature_of_ours_holds_for_openssl(tmp_path):
    key = PrivateKey.new()
    key_files.write(tmp_path / "k.pem", key)
    (tmp_path / "message").write_bytes(b"exact bytes")
    (tmp_path / "sig").write_bytes(key.sign(b"exact bytes"))
    told = ["pkeyutl", "-verify", "-inkey", tmp_path / "k.pem", "-rawin", "-in", tmp_path / "message"]
    assert b"Verified" in openssl(*told, "-sigfile", tmp_path / "sig")


def test_a_key_is_written_for_its_owner_alone_and_never_over_another(tmp_path):
    path = tmp_path / "deep" / "k.pem"
    key_files.write(path, PrivateKey.new())
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(UsageError, match="there is a file already"):
        key_files.write(path, PrivateKey.new())
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o660, 0o610])
def test_a_key_that_others_may_use_is_refused(tmp_path, mode):
    path = tmp_path / "k.pem"
    key_files.write(path, PrivateKey.new())
    assert key_files.read(path)
    path.chmod(mode)
    with pytest.raises(RefusedError) as error:
        key_files.read(path)
    assert error.value.hint == f"chmod 600 {path}"


NO_KEYS = {
    "empty": ("", "no Ed25519 private key"),
    "another thing": ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no Ed25519 private key"),
    "not base64": ("-----BEGIN PRIVATE KEY-----\nhunter2!\n-----END PRIVATE KEY-----\n", "no Ed25519 private key"),
    "encrypted": ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2\n", "it is encrypted"),
    "of OpenSSH": ("-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n", "a key of OpenSSH"),
    "not text": ("hunter2\u00e9", "not PEM text"),
    "very long": ("hunter2" * 10_000, "no Ed25519 private key"),
}


@pytest.mark.parametrize(("content", "said"), NO_KEYS.values(), ids=NO_KEYS)
def test_what_is_no_key_is_told_and_never_shown(tmp_path, content, said):
    path = tmp_path / "k.pem"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(UsageError, match=said) as error:
        key_files.read(path)
    assert "hunter2" not in str(error.value)


def test_a_key_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "k.pem"
    openssl("genpkey", "-algorithm", "x25519", "-out", path)
    path.chmod(0o600)
    with pytest.raises(UsageError, match="no Ed25519 private key"):
        key_files.read(path)


def test_a_private_key_does_not_show_itself():
    key = PrivateKey.new()
    assert repr(key.seed) not in repr(key)
    assert "_secret" not in repr(key)


WRONG = {
    "": "written ed25519:",
    "rsa:AAAA": "written ed25519:",
    "ed25519:": "has 32 bytes, this has 0",
    "ed25519:AAAA": "has 32 bytes, this has 3",
    "ed25519:!": "not base64",
    "ed25519:" + "A" * 43 + "=": "no point of the curve",  # of small order: anything would verify
    "ed25519:" + "/" * 43 + "=": "one right form",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=WRONG)
def test_a_malformed_public_key_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        ed25519.parse(text)
    public = PrivateKey.new().public
    assert ed25519.parse(ed25519.written(public)) == public


class Kept:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        if service == "broken":
            raise RuntimeError("hunter2")
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, content: str) -> None:
        self.entries[service, name] = content


@pytest.fixture
def keyring(monkeypatch):
    import keyring as library

    kept = Kept()
    monkeypatch.setattr(library, "get_keyring", lambda: kept)
    return kept


def test_a_keyring_that_is_not_known_to_encrypt_is_refused(keyring):
    with pytest.raises(RefusedError, match="not known to encrypt") as error:
        keyrings.write("cdctl/alice", PrivateKey.new())
    assert "Kept" in error.value.subject
    assert not keyring.entries


@pytest.mark.parametrize("name", ["fail", "null"])
def test_a_keyring_that_keeps_nothing_is_refused(monkeypatch, name):
    import importlib

    import keyring as library

    backend = importlib.import_module(f"keyring.backends.{name}").Keyring()
    monkeypatch.setattr(library, "get_keyring", lambda: backend)
    with pytest.raises(RefusedError, match="not known to encrypt"):
        keyrings.read("cdctl/alice")


def test_a_key_in_a_keyring(keyring, monkeypatch):
    monkeypatch.setattr(keyrings, "NAMED", (Kept.__module__,))
    key = PrivateKey.new()
    keyrings.write("cdctl/alice", key)
    assert keyrings.read("cdctl/alice").public == key.public
    with pytest.raises(UsageError, match="has this entry already"):
        keyrings.write("cdctl/alice", PrivateKey.new())
    with pytest.raises(UnavailableError, match="no such entry"):
        keyrings.read("cdctl/bob")
    with pytest.raises(UnavailableError, match="the keyring failed: RuntimeError") as error:
        keyrings.read("broken/alice")
    assert "hunter2" not in str(error.value)
    keyring.entries["cdctl", "eve"] = "hunter2"
    with pytest.raises(UsageError, match="no key to sign with") as error:
        keyrings.read("cdctl/eve")
    assert "hunter2" not in str(error.value)


def test_whoever_signs_is_who_the_trust_file_says(people):
    people.add("alice", "engineer", "oncall")
    found = keys.load(SigningKey("file", str(people.folder / "alice.pem")), trust.read(people.file))
    assert (found.identity.name, found.identity.roles) == ("alice", ("engineer", "oncall"))
    assert trust.read(people.file).open(found.seal(b"x", ORDER), ORDER).by == (found.identity,)


def test_a_key_that_nobody_trusts_signs_nothing(people):
    people.add("alice")
    key_files.write(people.folder / "mallory.pem", PrivateKey.new())
    with pytest.raises(RefusedError, match="does not have this key"):
        keys.load(SigningKey("file", str(people.folder / "mallory.pem")), trust.read(people.file))


def test_the_pem_text_is_the_one_of_the_standard():
    # RFC 8410, section 10.3: its example key.
    pem = (
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        "-----END PRIVATE KEY-----\n"
    )
    assert pkcs8.written(pkcs8.parse(pem)) == pem
    assert (
        PrivateKey(pkcs8.parse(pem)).public.hex() == "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
    )
