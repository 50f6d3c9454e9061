"""The statements of a module, those inside of others too. Expressions hold none, and are most of a tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def statements(code: str) -> Iterator[ast.stmt]:
    """Outer ones first."""
    found: list[ast.AST] = [ast.parse(code)]
    for node in found:
        if isinstance(node, ast.stmt):
            yield node
        children = ast.iter_child_nodes(node)
        found += [one for one in children if isinstance(one, ast.stmt | ast.excepthandler | ast.match_case)]
