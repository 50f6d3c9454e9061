"""stdout is data and stderr is talk: who may write to them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

STDOUT = {
    "cli/main.py": "the version",
    "cli/output.py": "every answer",
    "cli/demo.py": "the live picture, on a terminal only",
    "cli/exits.py": "a reader that left",
    "extend/hush.py": "keeps plugins away from it",
    "files/api_shape.py": "`python -m` prints the schema",
    "files/profile_shape.py": "`python -m` prints the schema",
    "files/rollout_shape.py": "`python -m` prints the schema",
    "files/board_shape.py": "`python -m` prints the schema",
    "files/schema.py": "`python -m` prints the schema",
    "lab/spec_test_shape.py": "`python -m` prints the schema",
    "lab/scenario_shape.py": "`python -m` prints the schema",
    "tui/alone.py": "leads it to nowhere while the terminal is the view's",
}


def touches_stdout(path: Path) -> bool:
    """Whether a module prints, names sys.stdout (to ask `isatty` is fine) or typer.echo, or makes a console for it."""
    text = path.read_text()
    if not any(word in text for word in ("stdout", "echo", "print", "Console")):
        return False
    nodes = list(ast.walk(ast.parse(text)))
    asked = {id(node.value) for node in nodes if isinstance(node, ast.Attribute) and node.attr == "isatty"}
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in {"stdout", "echo", "__stdout__"} and id(node) not in asked:
            if ast.unparse(node) in {"sys.stdout", "typer.echo", "sys.__stdout__"}:
                return True
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "Console"}:
            elsewhere = any(keyword.arg in {"file", "stderr"} for keyword in node.keywords)
            if not elsewhere:
                return True
    return False


def test_only_few_modules_touch_stdout(root):
    package = root / "cdctl"
    found = {str(path.relative_to(package)) for path in package.rglob("*.py") if touches_stdout(path)}
    assert found == set(STDOUT)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print('x')", True),
        ("import sys\nsys.stdout.write('x')", True),
        ("import typer\ntyper.echo('x')", True),
        ("from rich.console import Console\nConsole()", True),
        ("from rich.console import Console\nConsole(stderr=True)", False),
        ("import sys\nsys.stdout.isatty()", False),
        ("import sys\nprint('x', file=sys.stderr)", False),
        ("text = 'print(x)'  # sys.stdout", False),
    ],
)
def test_what_counts_as_touching(tmp_path, code, expected):
    (tmp_path / "module.py").write_text(code)
    assert touches_stdout(tmp_path / "module.py") is expected
