"""`commands` of a context: read with who asks, and refused with the place and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.domain.settings import Access, CallbackDoor, CommandApi, Secret
from cdctl.errors import FileError
from cdctl.files.settings import read

GOOD = 'url = "https://c.example/v1/", profile = "api.yaml", token_file = "token", ca = "ca.pem"'


def written(tmp_path: Path, value: str) -> Path:
    file = tmp_path / "cdctl.toml"
    file.write_text(f"[contexts.cars]\ncommands = {value}\n")
    return file


def test_a_command_api_is_read(tmp_path: Path) -> None:
    settings = read(config=str(written(tmp_path, f"{{ {GOOD} }}")))
    assert settings.contexts["cars"].commands == CommandApi(
        "https://c.example/v1",
        str(tmp_path / "api.yaml"),
        Access(token=Secret("file", str(tmp_path / "token")), ca=str(tmp_path / "ca.pem")),
    )
    assert settings.fleet["contexts.cars.commands.profile"] == str(tmp_path / "api.yaml")
    assert settings.contexts["cars"].brokers == {}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ('"https://c.example"', "this is no command API"),
        ('{ url = "https://c.example" }', "a command API without a profile"),
        ('{ profile = "api.yaml" }', "contexts.cars.commands has no url"),
        (f'{{ {GOOD}, tokn_file = "x" }}', "tokn_file"),
        (f'{{ {GOOD}, username = "me", password_file = "p" }}', "a token and a user name are two ways in"),
        (f'{{ {GOOD}, token = "hush" }}', "token"),
        ('{ url = "https://me:pw@c.example", profile = "api.yaml" }', "the URL holds a user or password"),
        ('{ url = "mqtts://c.example", profile = "api.yaml" }', "is not the URL of a server"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, value: str, says: str) -> None:
    with pytest.raises(FileError) as caught:
        read(config=str(written(tmp_path, value)))
    assert says in str(caught.value)
    assert "hush" not in str(caught.value)
    assert "pw@" not in str(caught.value)


API = 'url = "https://c.example", profile = "api.yaml"'


def test_where_the_api_calls_is_read(tmp_path: Path) -> None:
    value = (
        'callback = { listen = "0.0.0.0:8443", url = "https://us.example/cb", secret_file = "s", token_env = "T", '
        'cert = "c.pem", key = "k.pem" }'
    )
    settings = read(config=str(written(tmp_path, f"{{ {API}, {value} }}")))
    found = settings.contexts["cars"].commands
    assert found
    assert found.callback == CallbackDoor(
        "0.0.0.0:8443",
        "https://us.example/cb",
        Secret("file", str(tmp_path / "s")),
        Secret("env", "T"),
        str(tmp_path / "c.pem"),
        str(tmp_path / "k.pem"),
    )
    assert settings.fleet["contexts.cars.commands.callback.listen"] == "0.0.0.0:8443"
    assert settings.origins["contexts.cars.commands.callback.url"].endswith("cdctl.toml:2")


SIGNED = 'secret_file = "s"'


@pytest.mark.parametrize("listen", ["127.0.0.1:8443", "[::1]:0", "localhost:8443"])
def test_here_nobody_else_listens(tmp_path: Path, listen: str) -> None:
    read(config=str(written(tmp_path, f'{{ {API}, callback = {{ listen = "{listen}", {SIGNED} }} }}')))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ('"127.0.0.1:8443"', "this says not where the API calls"),
        (f"{{ {SIGNED} }}", "contexts.cars.commands.callback has no listen"),
        ('{ listen = "127.0.0.1:8443" }', "anybody could call: nothing proves who does"),
        (f'{{ listen = "127.0.0.1", {SIGNED} }}', "is no address to listen on"),
        (f'{{ listen = "127.0.0.1:99999", {SIGNED} }}', "is no address to listen on"),
        (f'{{ listen = ":8443", {SIGNED} }}', "is no address to listen on"),
        (f'{{ listen = "::1:8443", {SIGNED} }}', "is no address to listen on"),
        (f'{{ listen = "192.0.2.1:8443", {SIGNED} }}', "192.0.2.1 can be reached by others, and without TLS"),
        (f'{{ listen = "us.example:8443", {SIGNED} }}', "us.example can be reached by others, and without TLS"),
        (f'{{ listen = "0.0.0.0:1", {SIGNED}, cert = "c", key = "k" }}', "at which address the API reaches us"),
        (f'{{ listen = "192.0.2.1:1", {SIGNED}, cert = "c" }}', "cert and key belong together"),
        (f'{{ listen = "127.0.0.1:1", {SIGNED}, url = "http://us.example" }}', "the API would call us without TLS"),
        (f'{{ listen = "127.0.0.1:1", {SIGNED}, url = "https://a:hush@us.example" }}', "holds a user or password"),
        (f'{{ listen = "127.0.0.1:1", {SIGNED}, secret_env = "S" }}', "say the same thing twice"),
        ('{ listen = "127.0.0.1:1", token_file = "t", token_env = "S" }', "say the same thing twice"),
        ('{ listen = "127.0.0.1:1", secret = "hush" }', "would be a secret in a settings file"),
        (f'{{ listen = "127.0.0.1:1", {SIGNED}, lisen = "x" }}', "unknown key 'lisen' of callback"),
    ],
)
def test_what_is_wrong_with_where_it_calls_is_named(tmp_path: Path, value: str, says: str) -> None:
    with pytest.raises(FileError) as caught:
        read(config=str(written(tmp_path, f"{{ {API}, callback = {value} }}")))
    assert says in str(caught.value)
    assert "hush" not in str(caught.value)
