"""Keys that a real ssh-agent keeps, and agents that misbehave."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading

import pytest
from waiting import eventually

from cdctl.domain.orders.telling import ORDER
from cdctl.domain.settings import SigningKey
from cdctl.errors import UnavailableError, UsageError
from cdctl.security import keys, ssh_agent, trust
from cdctl.security.ed25519 import holds, written


def run(*args: object, **more) -> str:
    return subprocess.run([*map(str, args)], check=True, capture_output=True, text=True, timeout=30, **more).stdout


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """A real agent with two Ed25519 keys and one of another kind."""
    path = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    try:
        assert eventually(path.exists)
        for kind, comment in (("ed25519", "alice@laptop"), ("ed25519", "alice@desk"), ("ecdsa", "another kind")):
            file = tmp_path / f"{comment}.key"
            run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", comment, "-f", file)
            run("ssh-add", "-q", file)
        yield path
    finally:
        process.terminate()
        process.wait(10)


def test_an_agent_signs_and_never_gives_the_key(agent, people):
    listed = run("ssh-add", "-l")
    held = ssh_agent.keys()
    assert [one.comment for one in held] == ["alice@laptop", "alice@desk"]
    assert all(one.ssh_fingerprint in listed for one in held)
    key = ssh_agent.find("alice@laptop")
    assert key == ssh_agent.find(key.fingerprint) == ssh_agent.find(key.ssh_fingerprint)
    assert holds(key.sign(b"exact bytes"), b"exact bytes", key.public)
    people.more(f'[operators.alice]\nkeys = ["{written(key.public)}"]\nroles = ["oncall"]\n')
    known = trust.read(people.file)
    sealer = keys.load(SigningKey("agent", "alice@laptop"), known)
    assert known.open(sealer.seal(b"x", ORDER), ORDER).by == (sealer.identity,)


def test_a_key_that_the_agent_does_not_have(agent):
    with pytest.raises(UnavailableError, match="does not have this key") as error:
        ssh_agent.find("bob")
    assert "alice@desk" in error.value.hint
    with pytest.raises(UnavailableError, match="does not have this key"):
        ssh_agent.find("another kind")


def test_a_key_that_was_removed_and_an_agent_that_is_locked_sign_nothing(agent, tmp_path):
    key = ssh_agent.find("alice@laptop")
    run("ssh-add", "-q", "-d", tmp_path / "alice@laptop.key")
    with pytest.raises(UnavailableError, match="the ssh-agent refuses"):
        key.sign(b"x")


def test_two_keys_of_one_name_are_told_apart(agent, tmp_path):
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "alice@desk", "-f", tmp_path / "second")
    run("ssh-add", "-q", tmp_path / "second")
    with pytest.raises(UsageError, match="several keys"):
        ssh_agent.find("alice@desk")


def test_no_agent(monkeypatch, tmp_path):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(UnavailableError, match="SSH_AUTH_SOCK is not set"):
        ssh_agent.keys()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "nobody"))
    with pytest.raises(UnavailableError, match="cannot be asked: No such file"):
        ssh_agent.keys()


ANSWERS = {
    "nothing": (b"", "hung up"),
    "half a length": (b"\0\0", "hung up"),
    "cut off": (struct.pack(">IB", 100, 12) + b"\0\0", "hung up"),
    "endless": (struct.pack(">IB", 2**32 - 1, 12) + bytes(300_000), "cannot be understood"),
    "empty": (struct.pack(">I", 0), "cannot be understood"),
    "another message": (struct.pack(">IB", 5, 99) + bytes(4), "cannot be understood"),
    "a failure": (struct.pack(">IB", 1, 5), "refuses"),
    "a key beyond the end": (struct.pack(">IBII", 9, 12, 1, 2**31), "cannot be understood"),
}


@pytest.mark.parametrize(("answer", "said"), ANSWERS.values(), ids=ANSWERS)
def test_an_agent_that_misbehaves(tmp_path, monkeypatch, answer, said):
    path = tmp_path / "agent"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        serving = threading.Thread(target=_answer, args=(server, answer))
        serving.start()
        try:
            with pytest.raises(UnavailableError, match=said):
                ssh_agent.keys()
        finally:
            serving.join(10)


def _answer(server: socket.socket, answer: bytes) -> None:
    client, _ = server.accept()
    with client:
        client.recv(5)
        try:
            client.sendall(answer)
        except OSError:
            return
