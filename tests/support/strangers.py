"""Panels of strangers: folders for the real loader, and boards that have them.

place = stranger(tmp_path, draw="while True: pass")
look = Look(20, str(board(tmp_path)), settings=Settings(plugins=(str(place),)))
"""

from __future__ import annotations

from pathlib import Path

MANIFEST = """
name = "odd"
version = "1.0.0"
api = 1
summary = "a test"
[[provides]]
room = "panels"
name = "odd"
object = "odd:PLUGIN"
"""
CODE = """
import os, sys, threading, time
from cdctl.api import *


class Odd:
    title = "odd"
    fields = ("vin",)
    writing = False
    bindings = (
        Binding("go", ("g",), "go"),
        Binding("write", ("w",), "write"),
        Binding("back", ("escape",), "back"),
        *MOVES,
    )

    def __init__(self, settings):
        self.settings, self.seen, self.pressed, self.n = settings, None, [], 0
        {init}

    def see(self, snapshot, letter):
        self.seen, self.n = snapshot, self.n + 1
        {see}

    def draw(self, width, height):
        {draw}
        return [((f" sees {{self.n}} of {{self.seen.context}}", "good"),), ((f" {{' '.join(self.pressed)}}", ""),)]

    def press(self, action, key):
        self.pressed.append(action or key.told)
        {press}
        return (Say("went"),) if action == "go" else None if action == "back" else ()

    def data(self):
        {data}
        return {{"n": self.n, "pressed": self.pressed}}


def make(settings):
    {make}
    return Odd(settings)


PLUGIN = Plugin(API, "panels", "odd", "1.0.0", "a test", make, {{"file": "a file", "wrong": "never"}})
"""
BOARD = """
board: cdctl/v1
name: odd
picture:
  - hhhh
  - ffff
  - oooo
panels:
  h: {kind: header, lines: 1}
  f: {kind: fleet}
  o: {kind: odd, lines: 5}
"""
PARTS = ("init", "see", "draw", "press", "data", "make")


def stranger(folder: Path, **code: str) -> Path:
    """A plugin folder whose panel does this in these parts of it. Lines after the first one are indented as such."""
    place = folder / "odd"
    place.mkdir(exist_ok=True)
    (place / "plugin.toml").write_text(MANIFEST)
    indented = {part: code.get(part, "pass").replace("\n", "\n        ") for part in PARTS}
    (place / "odd.py").write_text(CODE.format(**indented))
    return place


def board(folder: Path, text: str = BOARD) -> Path:
    """A board that has it, below a table of vehicles, which has the focus at first."""
    path = folder / "odd.yaml"
    path.write_text(text)
    return path
