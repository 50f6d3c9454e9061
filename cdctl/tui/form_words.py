"""What the dialog of commands is opened with, and what it tells of a command before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.text import Text

from cdctl.application.top.choosing import Meant
from cdctl.application.top.sending import Prepared
from cdctl.domain.text import safe

_FIRST = (
    "command", "risk", "arguments", "vehicles", "presence", "left out", "cannot", "who can", "needs", "time", "topic",
    "payload",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a command is prepared for. command, texts: what is filled in at first. said: why it is for these."""

    meant: Meant
    command: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    said: str = ""


def facts(prepared: Prepared) -> Text:
    """What a person must know before it is sent; what tells most stands where it is seen without moving."""
    text = Text()
    told = {**dict(prepared.facts), "topic": prepared.topic, "payload": prepared.payload}
    for name in (*_FIRST, *(name for name in told if name not in _FIRST)):
        if value := told.get(name, ""):
            text.append(f"{safe(name, 12):<11}", "bold").append(f"{safe(value, 2_000)}\n")
    for line in prepared.warnings:
        text.append(f"{safe(line, 300)}\n", "yellow")
    return text
