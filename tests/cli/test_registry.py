"""The registry of commands names what is there, and only that."""

from __future__ import annotations

import pytest

from cdctl.cli.lazy import load
from cdctl.cli.registry import COMMANDS, Entry


@pytest.mark.parametrize("name", COMMANDS)
def test_every_entry_resolves_to_a_command(name):
    command = load(COMMANDS[name])
    assert callable(command)
    assert command.get_params


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_is_one_sentence_that_fits_its_line(name):
    text = COMMANDS[name].help
    assert text[-1] in ".?"
    assert "\n" not in text
    assert len(text) <= 66


@pytest.mark.parametrize(
    ("target", "error"), [("cdctl.cli.nowhere:app", ImportError), ("cdctl.cli.config:nothing", AttributeError)]
)
def test_an_entry_that_names_nothing_fails(target, error):
    with pytest.raises(error):
        load(Entry(target, "Nothing."))
