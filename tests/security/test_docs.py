"""docs/security.md cannot drift from what is read and asked."""

from __future__ import annotations

import re

import pytest

from cdctl.security import cedar, policy, policy_table, trust
from cdctl.security.keyrings import NAMED


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "security.md").read_text()


def test_the_trust_file_is_read(page, tmp_path):
    (example,) = [text for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[operators" in text]
    (tmp_path / "trust.toml").write_text(example)
    (tmp_path / "vehicles.csv").write_text("")
    known = trust.read(tmp_path / "trust.toml")
    assert set(known.operators) == {"alice", "olga"}
    assert len(known.revoked) == 1


def test_everything_that_a_policy_can_ask_about_is_explained(page):
    text = cedar.schema_text()
    asked = set(re.findall(r"^  (\w+)\??:", text, re.MULTILINE))
    assert len(asked) == 9
    assert [name for name in asked if f"context.{name}" not in page] == []
    actions = set(re.findall(r'"([a-z-]+)"', " ".join(re.findall(r"^action .*", text, re.MULTILINE))))
    assert [name for name in actions if f'"{name}"' not in page] == []


def test_every_role_that_ships_is_explained(page):
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE))
    assert rows == set(policy_table.roles(policy.read(None)))


def test_the_words_of_a_refusal_are_those_of_the_code(page, root):
    source = (root / "cdctl" / "security" / "trust.py").read_text()
    words = re.search(r"in these words: (.*?)\n\n", page, re.DOTALL)[1]
    for said in re.findall(r"`([a-z ]+)`", words):
        assert f'"{said}"' in source


def test_the_keyrings_are_named(page):
    names = {name.rpartition(".")[2].lower() for name in NAMED}
    assert names == {"secretservice", "libsecret", "kwallet", "macos", "windows"}
    assert "only Secret Service, KWallet, macOS and Windows" in page
