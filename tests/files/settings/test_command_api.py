"""`commands` of a context: read with who asks, and refused with the place and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.domain.settings import Access, CommandApi, Secret
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
