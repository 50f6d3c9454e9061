"""The lock pins everything that pyproject asks for, with hashes, and names no index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


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
