"""The lock pins everything that pyproject asks for, with hashes, and names no index."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from statements import statements


def wanted(root: Path) -> list[Requirement]:
    """Every direct requirement: of the package, its extras, its groups and its build."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
        project["build-system"]["requires"],
    ]
    return [Requirement(line) for lines in lists for line in lines]


def problems(lock: str, requirements: list[Requirement]) -> list[str]:
    """What is wrong with a lock."""
    found = [f"not a pin: {line}" for line in lock.splitlines() if not _is_known(line)]
    entries = re.split(r"\n(?=\S)", "\n".join(line for line in lock.splitlines() if not line.startswith("#")))
    pins: dict[str, set[str]] = {}
    for entry in entries:
        name, _, rest = entry.partition("==")
        if not re.search(r"--hash=sha256:[0-9a-f]{64}", rest):
            found.append(f"no hash: {name}")
        pins.setdefault(canonicalize_name(name), set()).add(re.split(r"[ ;\\]", rest)[0])
    for need in requirements:
        versions = pins.get(canonicalize_name(need.name), set())
        if not versions or not all(need.specifier.contains(version) for version in versions):
            found.append(f"{need} is pinned to {sorted(versions) or 'nothing'}")
    return found


def _is_known(line: str) -> bool:
    pin = r"[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==[0-9][^ ]*( ; [^\\]+)? \\"
    return bool(re.fullmatch(rf"{pin}|    --hash=sha256:[0-9a-f]{{64}}( \\)?|#.*|", line))


def test_the_lock_fits(root):
    assert problems((root / "requirements.lock").read_text(), wanted(root)) == []


PIN = "httpx==0.28.1 \\\n    --hash=sha256:" + "0" * 64 + "\n"


@pytest.mark.parametrize(
    ("lock", "found"),
    [
        (PIN, []),
        ("--index-url https://example.test/simple\n" + PIN, ["not a pin: --index-url"]),
        ("--find-links /somewhere\n" + PIN, ["not a pin: --find-links"]),
        ("httpx @ https://example.test/httpx.whl \\\n" + PIN, ["not a pin: httpx @"]),
        ("httpx==0.28.1\n", ["not a pin: httpx==0.28.1", "no hash: httpx"]),
        (PIN.replace("0.28.1", "0.27.0"), ["httpx<0.29,>=0.28 is pinned to ['0.27.0']"]),
        (PIN.replace("httpx", "httpy"), ["httpx<0.29,>=0.28 is pinned to nothing"]),
    ],
)
def test_a_lock_that_does_not_fit_is_found(lock, found):
    said = problems(lock, [Requirement("httpx>=0.28,<0.29")])
    for part in found:
        assert any(line.startswith(part) for line in said)
    assert bool(said) is bool(found)


@cache
def _provided() -> Mapping[str, list[str]]:
    return packages_distributions()


def undeclared(code: str, declared: set[str]) -> set[str]:
    """Modules of other projects that a text imports and that no declared project provides."""
    names: set[str] = set()
    for node in statements(code):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    foreign = names - sys.stdlib_module_names - {"cdctl", "__future__"}
    provided = _provided()
    return {name for name in foreign if not {canonicalize_name(dist) for dist in provided.get(name, [])} & declared}


def test_what_the_package_imports_it_asks_for(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {canonicalize_name(Requirement(line).name) for lines in lists for line in lines}
    found = {
        str(path.relative_to(root)): undeclared(path.read_text(), declared) for path in (root / "cdctl").rglob("*.py")
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_an_import_that_nothing_asks_for_is_found():
    assert undeclared("import os, httpx.auth\nfrom cdctl import api", {"httpx"}) == set()
    assert undeclared("def f():\n    from _ruamel_yaml import CParser", {"ruamel-yaml"}) == {"_ruamel_yaml"}
    assert undeclared("import nowhere", {"nowhere"}) == {"nowhere"}
