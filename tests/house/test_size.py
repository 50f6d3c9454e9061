"""Small files and small functions: nobody has to scroll to understand one thing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from statements import statements

FILE_LINES = 300
TEST_FILE_LINES = 600
FUNCTION_LINES = 50


def oversized(paths: Iterable[Path]) -> list[str]:
    """Every file that is too long, and every function in it; functions of tests may be as long as they like."""
    return [found for path in sorted(paths) for found in _in_file(path)]


def _in_file(path: Path) -> Iterator[str]:
    text = path.read_text()
    count = len(text.splitlines())
    is_test = path.name.startswith("test_") or "tests" in path.parts
    if count > (TEST_FILE_LINES if is_test else FILE_LINES):
        yield f"{path}: {count} lines"
    if is_test:
        return
    for node in statements(text):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines"


def test_files_and_functions_are_small(root):
    ours = [*(root / "cdctl").rglob("*.py"), *(root / "plugins").rglob("*.py")]
    assert len(ours) > 50
    assert oversized(ours) == []


def test_test_files_are_not_huge(root):
    broken_on_purpose = root / "tests" / "data"
    ours = [path for path in (root / "tests").rglob("*.py") if broken_on_purpose not in path.parents]
    assert len(ours) > 20
    assert oversized(ours) == []


def test_what_is_too_long_is_found(tmp_path):
    (tmp_path / "fits.py").write_text("x = 1\n" * FILE_LINES)
    (tmp_path / "long.py").write_text("x = 1\n" * (FILE_LINES + 1))
    body = "    x = 1\n"
    (tmp_path / "function.py").write_text(
        f"def fits():\n{body * (FUNCTION_LINES - 1)}\n"
        f"class A:\n    async def long(self):\n{f'    {body}' * FUNCTION_LINES}"
    )
    (tmp_path / "test_long.py").write_text("x = 1\n" * (TEST_FILE_LINES + 1))
    assert oversized(tmp_path.iterdir()) == [
        f"{tmp_path}/function.py:53: long has {FUNCTION_LINES + 1} lines",
        f"{tmp_path}/long.py: {FILE_LINES + 1} lines",
        f"{tmp_path}/test_long.py: {TEST_FILE_LINES + 1} lines",
    ]
