"""Keys of the view itself: they mean the same on every board, whatever panels it has."""

from __future__ import annotations

from cdctl.domain.boards.keys import Binding

BINDINGS = (
    Binding("word", (":",), "go to a board, or do something by its word", "go"),
    Binding("help", ("?",), "this help", "help"),
    Binding("next", ("tab",), "the next panel"),
    Binding("previous", ("shift+tab",), "the panel before"),
    Binding("command", ("x",), "prepare a command to the vehicle that the board is about"),
    Binding("freeze", ("p",), "freeze the picture, and let it go on", "freeze"),
    Binding("back", ("escape",), "where one was before, when the panel has no use for it"),
    Binding("earlier", ("[",), "where one was before"),
    Binding("later", ("]",), "and forth again"),
    Binding("save", ("ctrl+s",), "save the screen as SVG and its rows as CSV"),
    Binding("palette", ("ctrl+p",), "search everything that can be done"),
    Binding("quit", ("q",), "leave"),
)
"""What works on every board."""
