"""Keys, people and files that trust them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cdctl.security import key_files, keys
from cdctl.security.ed25519 import PrivateKey, written


@dataclass
class People:
    """A folder with a trust file: `add` somebody, then read it."""

    folder: Path
    keys: dict[str, PrivateKey] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "trust.toml"

    def add(self, name: str, *roles: str) -> PrivateKey:
        key = self.keys[name] = PrivateKey.new()
        key_files.write(self.folder / f"{name}.pem", key)
        self.more(f'[operators.{name}]\nkeys = ["{written(key.public)}"]\nroles = {list(roles) or ["engineer"]}\n')
        return key

    def more(self, text: str) -> None:
        self.lines.append(text)
        self.file.write_text("".join(self.lines))

    def sealer(self, name: str, *roles: str) -> keys.KeySealer:
        return keys.sealer(self.keys[name], name, roles)


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


@pytest.fixture
def vehicle_file(people: People) -> Callable[[str], Path]:
    """Write vehicles.csv and name it in the trust file."""

    def write(text: str) -> Path:
        path = people.folder / "vehicles.csv"
        path.write_text(text)
        people.more('[vehicles]\nfile = "vehicles.csv"\n')
        return path

    return write
