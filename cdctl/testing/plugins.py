"""Checks a plugin folder as its users will meet it: through the real loader."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cdctl.application import wiring
from cdctl.domain.settings import Settings
from cdctl.domain.text import safe
from cdctl.errors import UsageError
from cdctl.testing.reports import report_breaches

if TYPE_CHECKING:
    from cdctl.domain.boards.panel import PanelFactory
    from cdctl.domain.ports import Plugin
    from cdctl.extend.catalogue import Catalogue

_API = "cdctl.api"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `reason` says what is wrong, and is empty when nothing is."""

    check: str
    reason: str = ""
    hint: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.reason


def catalogue_of(folder: Path) -> Catalogue:
    """The catalogue that a user has who names this folder in `paths.plugins`."""
    return wiring.catalogue(Settings(plugins=(str(folder),)))


def check_folder(folder: Path) -> tuple[Finding, ...]:
    """Everything that can be said of a plugin folder: its parts, its imports, how it loads, and the contract of reports
    and panels.

    A source's contract needs data, so it is for the plugin's own test (`cdctl.testing.sources`), as is that of a panel
    which needs settings.
    """
    if not folder.is_dir():
        return (Finding("folder", f"there is no folder {safe(str(folder))}"),)
    return (*_parts(folder), *_imports(folder), *_things(folder))


def _parts(folder: Path) -> Iterator[Finding]:
    readme = any(child.name.lower().startswith("readme") for child in folder.iterdir())
    yield Finding("README", "" if readme else "there is none", "" if readme else "say what it is for and its settings")
    tests = any(folder.rglob("test_*.py"))
    hint = "" if tests else "cdctl.testing has the contracts: see docs/plugins.md"
    yield Finding("test", "" if tests else "there is no test_*.py", hint)


def _imports(folder: Path) -> Iterator[Finding]:
    strange = [text for path in sorted(folder.rglob("*.py")) if not _is_test(path) for text in _strange(path, folder)]
    hint = f"{_API} is the only module that keeps its promises" if strange else ""
    yield Finding(f"imports only {_API} of cdctl", "; ".join(strange), hint)


def _is_test(path: Path) -> bool:
    return path.name.startswith("test_") or path.name == "conftest.py"


def _strange(path: Path, folder: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return  # Loading it says more.
    for node in ast.walk(tree):
        for name in _imported(node):
            if name.split(".")[0] == "cdctl" and name != _API and not name.startswith(f"{_API}."):
                yield f"{safe(str(path.relative_to(folder)))}:{getattr(node, 'lineno', 0)} imports {safe(name)}"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _things(folder: Path) -> Iterator[Finding]:
    for outcome in catalogue_of(folder).all("folder"):
        title = outcome.listing.title
        yield Finding(f"{title} loads", outcome.reason, outcome.hint)
        if outcome.plugin is None:
            continue
        said, written = outcome.plugin.version, outcome.listing.version
        wrong = f"plugin.toml says {written}, the object {safe(said)}" if said != written else ""
        yield Finding(f"{title} has one version", wrong, "make the two agree" if wrong else "")
        if outcome.plugin.room == "reports":
            yield Finding(f"{title} keeps the contract of reports", "; ".join(report_breaches(outcome.plugin)))
        elif outcome.plugin.room == "panels":
            yield from _panel(title, outcome.plugin)


def _panel(title: str, plugin: Plugin) -> Iterator[Finding]:
    """Of a panel that can be made without settings the contract, too."""
    from cdctl.testing.panels import panel_breaches

    make = cast("PanelFactory", plugin.make)
    try:
        make({})
    except UsageError:
        return
    except Exception as error:
        yield Finding(f"{title} can be made", f"its make raised {type(error).__name__}: {safe(str(error))}")
        return
    yield Finding(f"{title} keeps the contract of panels", "; ".join(panel_breaches(lambda: make({}))))
