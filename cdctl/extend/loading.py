"""The one loader: brings in what a declaration names, be it ours or a stranger's."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
from contextlib import nullcontext
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from cdctl.domain import ports
from cdctl.errors import PluginError
from cdctl.extend import vetting
from cdctl.extend.deadline import within
from cdctl.extend.hush import hush
from cdctl.extend.listing import Declaration, Kind
from cdctl.extend.reasons import explain
from cdctl.extend.unendable import unendable

DEADLINE_SECONDS = 5.0


def load(declaration: Declaration, deadline: float = DEADLINE_SECONDS) -> ports.Plugin:
    """The plugin, imported and vetted. Raises PluginError with a reason and a hint, whatever its code does.

    What ships has no deadline: on a machine that is slow enough for it to matter, there is nothing better to do.
    """
    package = package_name(declaration.folder) if declaration.folder else ""
    seconds = None if declaration.listing.kind is Kind.BUILT_IN else deadline
    try:
        vetting.vet_api(declaration.api)
        with hush(), nullcontext() if seconds is None else unendable():
            return within(seconds, lambda: _bring(declaration, package))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not _from_plugin(error):
            raise
        _forget(package)
        raise explain(error, declaration, package) from error


def _from_plugin(error: BaseException) -> bool:
    """Whether the plugin's own code raised it; the user's interrupt arrives in the thread that waits."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code is not _bring.__code__:
        trace = trace.tb_next
    return trace is not None


def _bring(declaration: Declaration, package: str) -> ports.Plugin:
    path, _, attribute = declaration.target.partition(":")
    module = _from_folder(declaration.folder, package, path) if declaration.folder else importlib.import_module(path)
    if not hasattr(module, attribute):
        raise PluginError(f"{path} has no {attribute}", hint=f"it is declared as {declaration.target!r}")
    return vetting.vet(getattr(module, attribute), declaration)


def package_name(folder: Path) -> str:
    """The name under which a plugin folder is imported: readable, and another one for every folder."""
    place = folder.resolve()
    digest = hashlib.sha256(str(place).encode()).hexdigest()[:12]
    return f"_cdctl_plugin_{re.sub(r'[^0-9A-Za-z]', '_', place.name)}_{digest}"


def _from_folder(folder: Path, package: str, module: str) -> ModuleType:
    """Import a file of a folder as a module of a package of its own, so that `from . import sibling` works.

    The folder never gets onto sys.path: two plugins may both have a `report.py`, and neither can stand in for an
    installed module.
    """
    if package not in sys.modules:
        _open_package(folder.resolve(), package)
    return importlib.import_module(f"{package}.{module}")


def _open_package(folder: Path, package: str) -> None:
    init = folder / "__init__.py"
    spec: ModuleSpec | None
    if init.is_file():
        spec = importlib.util.spec_from_file_location(package, init, submodule_search_locations=[str(folder)])
    else:
        spec = ModuleSpec(package, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
    if spec is None:
        raise PluginError("its folder cannot be imported")
    importlib.invalidate_caches()
    module = importlib.util.module_from_spec(spec)
    sys.modules[package] = module
    if spec.loader is not None:
        spec.loader.exec_module(module)


def _forget(package: str) -> None:
    """Let a failed folder be tried again from the start."""
    for name in [n for n in sys.modules if package and (n == package or n.startswith(f"{package}."))]:
        del sys.modules[name]
