"""docs/settings.md cannot drift from what is read."""

from __future__ import annotations

import re

import pytest

from cdctl.files.settings import read
from cdctl.files.settings.fleet_keys import BROKER, CALLBACK, COLLECTOR, INVENTORY_KINDS, OWN_FIELDS
from cdctl.files.settings.keys import CONTEXT, PLANNED, PROMETHEUS
from cdctl.files.settings.traces import TRACES


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "settings.md").read_text()


def rows(text: str, head: str) -> set[str]:
    """The keys in the first column of the table with this head."""
    table = text.split(f"| {head} |")[1].split("\n\n", maxsplit=1)[0]
    first = [line.split("|")[1] for line in table.splitlines()[2:]]
    return set(re.findall(r"`(\w+)`", " ".join(first)))


def test_the_whole_file_is_read(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "cdctl.toml").write_text(example)
    settings = read()
    assert set(settings.context().brokers) == {"eu", "us"}
    assert set(settings.fleet_columns) == {"soc", "tyre.fl"}
    assert settings.warnings == ()


def test_every_key_is_explained(page, root):
    assert rows(page, "key of a context | meaning") == set(CONTEXT) - {"prometheus", "sources", *PLANNED}
    assert rows(page, "key of a broker | meaning") == set(BROKER)
    assert rows(page, "key of `callback` | meaning") == set(CALLBACK)
    assert rows((root / "README.md").read_text(), "key of `prometheus` | meaning") == set(PROMETHEUS)
    words = set(re.findall(r"`(\w+)`", page))
    assert words >= {*COLLECTOR, *PLANNED, *OWN_FIELDS}
    assert all(kind in page for kind in INVENTORY_KINDS)
    assert rows(page, "key of `traces` | meaning") >= set(TRACES)
    assert words >= {key for keys in TRACES.values() for key in keys} - {*PROMETHEUS}
