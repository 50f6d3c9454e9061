"""Why a plugin could not be brought in, in words that its author can act on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

from cdctl.domain.text import safe
from cdctl.errors import PluginError
from cdctl.extend.deadline import OverdueError
from cdctl.extend.listing import Declaration, Kind
from cdctl.extend.unendable import EndedError

_AUTHOR = "tell its author, or do without it: take it out of paths.plugins, or uninstall it"


def explain(error: BaseException, declaration: Declaration, package: str) -> PluginError:
    """A PluginError for whatever the import of a plugin raised. `package` is the name its folder was imported under."""
    if isinstance(error, PluginError):
        reason, hint = error.message, error.hint
    else:
        reason, hint = _reason(error, declaration, package)
    return PluginError(reason, subject=subject(declaration), hint=hint)


def subject(declaration: Declaration) -> str:
    """`reports.slack (folder plugins/slack)`."""
    return f"{declaration.listing.title} ({declaration.listing.whence})"


def _reason(error: BaseException, declaration: Declaration, package: str) -> tuple[str, str]:
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words(error, declaration, package)
    text = said(error)
    what = type(error).__name__ + (f": {text}" if text else "")
    return f"raised {what} while it was loaded{_place(error, declaration)}", _AUTHOR


def _overdue(error: BaseException, declaration: Declaration, package: str) -> tuple[str, str]:
    seconds = error.seconds if isinstance(error, OverdueError) else 0
    hint = "work belongs into make, fetch or render; a module must only define things"
    return f"did not finish importing in {seconds:g} s", hint


def _exit(error: BaseException, declaration: Declaration, package: str) -> tuple[str, str]:
    return f"called sys.exit({said(error)}) while it was loaded{_place(error, declaration)}", _AUTHOR


def _ended(error: BaseException, declaration: Declaration, package: str) -> tuple[str, str]:
    return f"called {said(error)} while it was loaded{_place(error, declaration)}", _AUTHOR


def _syntax(error: BaseException, declaration: Declaration, package: str) -> tuple[str, str]:
    if not isinstance(error, SyntaxError):  # pragma: no cover - the table below says so
        raise TypeError(error)
    where = f"{safe(_near(error.filename or '?'))}:{error.lineno or 0}"
    return f"has a syntax error at {where}: {safe(error.msg)}", _AUTHOR


def _missing(error: BaseException, declaration: Declaration, package: str) -> tuple[str, str]:
    name = (error.name if isinstance(error, ModuleNotFoundError) else None) or "?"
    module = declaration.target.partition(":")[0]
    own = f"{package}." if package else ""
    if name == f"{own}{module}" or (not own and module.startswith(f"{name}.")):
        where = f"{_near(str(declaration.folder))} has no {module.replace('.', '/')}.py" if own else f"no module {name}"
        return f"cannot be found: {safe(where)}", f"it is declared as {declaration.target!r}"
    if declaration.folder and ((declaration.folder / f"{name}.py").is_file() or (declaration.folder / name).is_dir()):
        hint = f"{name} is in the plugin's own folder: write `from . import {name}`"
        return f"imports {safe(name)!r} as if it were installed{_place(error, declaration)}", safe(hint)
    needed = safe(name.removeprefix(own).partition(".")[0])
    if declaration.listing.kind is Kind.BUILT_IN:
        return f"needs the module {needed!r}, which is not installed", "install cdctl again"
    return f"needs the module {needed!r}, which is not installed", f"install {needed} beside cdctl"


def _import(error: BaseException, declaration: Declaration, package: str) -> tuple[str, str]:
    text = said(error).replace(f"{package}.", "") if package else said(error)
    return f"cannot import what it needs: {text}{_place(error, declaration)}", _AUTHOR


_WORDS: dict[type[BaseException], Callable[[BaseException, Declaration, str], tuple[str, str]]] = {
    OverdueError: _overdue,
    SystemExit: _exit,
    EndedError: _ended,
    SyntaxError: _syntax,
    ModuleNotFoundError: _missing,
    ImportError: _import,
}


def said(error: BaseException) -> str:
    """The text of an exception of somebody else's making, which may itself be broken."""
    try:
        return safe(str(error))
    except Exception:
        return f"({type(error).__name__} without a readable text)"


def _place(error: BaseException, declaration: Declaration) -> str:
    """` (plugins/slack/report.py:12)`: the deepest line of the plugin's own code that was running."""
    own = declaration.folder.resolve() if declaration.folder else None
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if (own and path.is_relative_to(own)) or (not own and "importlib" not in frame.filename):
            return f" ({safe(_near(frame.filename))}:{frame.lineno})"
    return ""


def _near(path: str) -> str:
    """The path from here where that is shorter to read."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path
