"""What happened to orders at the vehicles, for whoever checks histories afterwards: a JSON line for everything."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import msgspec

EXECUTIONS = "executions.jsonl"
REFUSALS = "refusals.jsonl"


class Execution(msgspec.Struct):
    """A vehicle began to do what it was told. at: epoch milliseconds by the clock of this machine."""

    vin: str
    key: str
    order: str
    command: str
    at: int


class Refusal(msgspec.Struct):
    """A vehicle did nothing about a message. order: empty when nobody knows, or signed for, what it was."""

    vin: str
    reason: str
    order: str
    at: int


class Records:
    """Appends to `executions.jsonl` and `refusals.jsonl` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._files = [
            os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) for name in (EXECUTIONS, REFUSALS)
        ]
        self._lines: list[list[bytes]] = [[], []]
        self._encode = msgspec.json.Encoder().encode
        self.executed = 0
        self.refused: Counter[str] = Counter()

    def execution(self, execution: Execution) -> None:
        """Written at the next `flush`."""
        self.executed += 1
        self._lines[0].append(self._encode(execution))

    def refusal(self, refusal: Refusal) -> None:
        """Written at the next `flush`."""
        self.refused[refusal.reason] += 1
        self._lines[1].append(self._encode(refusal))

    def flush(self) -> None:
        """Give everything to the kernel."""
        for file, lines in zip(self._files, self._lines, strict=True):
            if lines:
                os.write(file, b"\n".join([*lines, b""]))
                lines.clear()

    def close(self) -> None:
        """Let go of the files."""
        self.flush()
        for file in self._files:
            os.close(file)
