"""A plugin imports `cdctl.api` and nothing else of the house: what ships as an example shows it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ALLOWED = {"cdctl.api"}
ALLOWED_IN_TESTS = {"cdctl.api", "cdctl.testing"}


def strays(path: Path) -> list[str]:
    """What a module imports of cdctl although it may not."""
    allowed = ALLOWED_IN_TESTS if path.name.startswith(("test_", "conftest")) else ALLOWED
    names = [name for name in _imports(path) if name == "cdctl" or name.startswith("cdctl.")]
    return [name for name in names if not any(name == ok or name.startswith(f"{ok}.") for ok in allowed)]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "cdctl":
                yield from (f"cdctl.{alias.name}" for alias in node.names)
            else:
                yield node.module


def test_plugins_that_ship_import_the_api_alone(root):
    files = sorted((root / "plugins").rglob("*.py"))
    assert len(files) >= 4
    assert {str(path): strays(path) for path in files if strays(path)} == {}


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("a.py", "from cdctl.api import Plugin", []),
        ("a.py", "from cdctl import api", []),
        ("a.py", "from cdctl.domain.text import safe", ["cdctl.domain.text"]),
        ("a.py", "import cdctl.errors", ["cdctl.errors"]),
        ("a.py", "def f():\n    from cdctl import errors", ["cdctl.errors"]),
        ("a.py", "import cdctl.apiary", ["cdctl.apiary"]),
        ("a.py", "from cdctl.testing import reports", ["cdctl.testing"]),
        ("test_a.py", "from cdctl.testing.reports import check", []),
    ],
)
def test_a_stray_import_is_found(tmp_path, name, code, expected):
    (tmp_path / name).write_text(code)
    assert strays(tmp_path / name) == expected
