"""The modules of the fleet import each other in one direction, also where only types are meant."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import cdctl.domain.fleet

PACKAGE = "cdctl.domain.fleet."


def imports(sources: dict[str, str]) -> dict[str, set[str]]:
    """Module -> the modules of `sources` that it names in an import, wherever that stands."""
    found = {
        name: {node.module.removeprefix(PACKAGE) for node in ast.walk(ast.parse(text)) if _is_ours(node)}
        for name, text in sources.items()
    }
    return {name: wanted & sources.keys() for name, wanted in found.items()}


def _is_ours(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE)


def test_no_module_of_the_fleet_imports_itself_by_a_detour():
    folder = Path(cdctl.domain.fleet.__file__).parent
    sources = {file.stem: file.read_text() for file in folder.glob("*.py")}
    assert len(list(TopologicalSorter(imports(sources)).static_order())) == len(sources) > 20


def test_a_detour_is_found():
    sources = {
        "a": "from cdctl.domain.fleet.b import B",
        "b": "if TYPE_CHECKING:\n    from cdctl.domain.fleet.a import A",
    }
    with pytest.raises(ValueError, match="cycle"):
        TopologicalSorter(imports(sources)).prepare()
