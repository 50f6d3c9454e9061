"""`cdctl cmd` as users run it: settings, keys, trust and a journal of an operator `ada`, for simulated vehicles.

with ordered(folder, others=OTHERS) as lab:
    house = House(folder / "house", lab)
    done = house.run("cmd", "send", "ping", "--to", vin)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ordered import Lab
from typer.testing import CliRunner

from cdctl.cli.main import app
from cdctl.domain.orders.keeping import Journal, Kept, Record
from cdctl.security import key_files
from cdctl.security.ed25519 import PrivateKey, written
from cdctl.stores.journal import read_journal

T = TypeVar("T")
ADA, BEA, VIC = b"b" * 32, b"c" * 32, b"d" * 32
OTHERS = {
    "engineer": (written(PrivateKey(ADA).public), ("oncall", "engineer")),
    "second": (written(PrivateKey(BEA).public), ("engineer", "break-glass")),
    "viewer": (written(PrivateKey(VIC).public), ("viewer",)),
}
"""Operators of a trust file, for `ordered`; each with a key file of that name."""


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class House:
    """A folder with settings. Everything is run as `engineer` unless told."""

    folder: Path
    lab: Lab

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, seed in (("engineer", ADA), ("second", BEA), ("viewer", VIC)):
            key_files.write(self.folder / f"{name}.pem", PrivateKey(seed))

    def settings(self, by: str = "engineer", context: str = "test") -> Path:
        """The settings file of one operator."""
        url = f"mqtt://127.0.0.1:{self.lab.broker.port}"
        brokers = ", ".join(f'{region} = {{ url = "{url}" }}' for region in sorted(self.lab.plan.brokers))
        path = self.folder / f"{by}-{context}.toml"
        if path.exists():
            return path
        path.write_text(
            f'default_context = "{context}"\n[contexts.{context}]\nbrokers = {{ {brokers} }}\n'
            f'signing_key = {{ file = "{self.folder / f"{by}.pem"}" }}\ntrust = "{self.lab.trust}"\n'
            f'[paths]\ncache = "{self.folder}"\njournal = "{self.folder / "journal.db"}"\n'
        )
        return path

    def arguments(self, *args: str | Path, by: str = "engineer") -> list[str]:
        """The whole command line after `cdctl`."""
        return ["--config", str(self.settings(by)), *map(str, args)]

    def run(self, *args: str | Path, by: str = "engineer") -> Done:
        """Run it to its end in this process: starting one for each of many would take longer than what it does."""
        with contextlib.chdir(self.folder):
            found = CliRunner().invoke(app, self.arguments(*args, by=by))
        return Done(found.exit_code, found.stdout, found.stderr)

    def start(self, *args: str | Path, by: str = "engineer") -> subprocess.Popen[str]:
        """Run it in a process of its own, which the caller ends."""
        return subprocess.Popen(
            [sys.executable, "-m", "cdctl", *self.arguments(*args, by=by)],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def json(self, *args: str | Path, by: str = "engineer", code: int = 0) -> Any:
        """What it prints as one JSON document; it must end with `code`."""
        done = self.run(*args, "-o", "json", by=by)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def kept(self) -> list[Kept]:
        """Orders as the journal has them, newest first."""
        return self._journal(lambda journal: list(journal.orders()))

    def noted(self, kind: str) -> list[Record]:
        """What was written down of this kind."""
        return self._journal(lambda journal: list(journal.records(kind=kind)))

    def _journal(self, look: Callable[[Journal], T]) -> T:
        journal = read_journal(self.folder / "journal.db")
        try:
            return look(journal)
        finally:
            asyncio.run(journal.aclose())
