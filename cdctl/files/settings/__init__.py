"""Settings: `--config`, else CDCTL_CONFIG, else ./cdctl.toml, else the user's; then CDCTL_ variables; then flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from cdctl.domain.looks import Habits
from cdctl.domain.settings import LAB, Context, Settings
from cdctl.errors import FileError, Place, Problem, UsageError
from cdctl.files.settings import lab, rules, variables
from cdctl.files.settings.draft import Draft
from cdctl.files.settings.keys import PROMETHEUS
from cdctl.files.settings.toml_file import SettingsFile, locate
from cdctl.files.shipped import shipped

AD_HOC = "ad-hoc"
"""The context of `--prometheus URL` and CDCTL_PROMETHEUS_URL: nothing of the file is in it, so that no token of one
server is ever sent to another."""


def read(
    *, config: str = "", context: str = "", prometheus: str = "", environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings of this run. The arguments are the flags `--config`, `--context`, `--prometheus`.

    Raises FileError with everything that is wrong, UsageError when a named file is not there or flags contradict.
    """
    if context and prometheus:
        raise UsageError("--context and --prometheus both say whom to ask", hint="keep one")
    env = os.environ if environ is None else environ
    draft = Draft()
    file = locate(config, env)
    if file:
        SettingsFile(file, draft).read()
    _lab(draft, env)
    variables.misspelt(draft, env)
    variables.paths(draft, env)
    chosen, origin = _choose(draft, context, prometheus, env)
    _overlay(draft, env, chosen, prometheus)
    variables.signing(draft, env, chosen)
    rules.check(draft)
    draft.judge_exposed(chosen)
    if draft.problems:
        raise FileError([*draft.problems, *draft.warnings])
    return _settings(draft, str(file or ""), chosen, origin, _columns(draft, chosen, env))


def _choose(draft: Draft, context: str, prometheus: str, env: Mapping[str, str]) -> tuple[str, str]:
    """Name of the context in use, and what says so."""
    if prometheus:
        return AD_HOC, "--prometheus"
    if context:
        return context, "--context"
    if env.get(variables.URL):
        return AD_HOC, variables.URL
    if env.get(variables.CONTEXT):
        return env[variables.CONTEXT], variables.CONTEXT
    if name := draft.values.get("default_context"):
        return str(name), draft.origins["default_context"]
    return _only_one(draft)


def _only_one(draft: Draft) -> tuple[str, str]:
    """The one context that there is, when nothing names one: the only one of the file, else the lab while it is up."""
    written = [name for name in draft.contexts if name != LAB]
    if not written and LAB in draft.contexts and not draft.problems:  # a [contexts.lab] of the file is no lab
        draft.warnings.append(Problem(Place("lab"), "no settings name a context: the lab is asked", warning=True))
        return LAB, "the lab is up and no settings name a context"
    return (written[0], "the only context") if len(written) == 1 else ("", "default")


def _overlay(draft: Draft, env: Mapping[str, str], chosen: str, prometheus: str) -> None:
    """Apply the Prometheus variables and flag to the context in use.

    CDCTL_PROMETHEUS_URL and its credentials belong together: they touch neither a context chosen by a flag nor another
    URL given by one.
    """
    foreign = bool(env.get(variables.URL)) and (
        chosen != AD_HOC or (prometheus and prometheus.rstrip("/") != env[variables.URL].rstrip("/"))
    )
    if chosen == AD_HOC or (chosen in draft.contexts and not foreign):
        variables.prometheus(draft, {} if foreign else env, chosen)
    if prometheus:
        place = Place("--prometheus")
        draft.came(f"contexts.{AD_HOC}.prometheus.url", "--prometheus", place)
        url = draft.checked(PROMETHEUS["url"], prometheus, Path(), place)
        if url is not None:
            draft.put(AD_HOC, "prometheus", "url", url)


def _lab(draft: Draft, env: Mapping[str, str]) -> None:
    """The context `lab`, while the lab is up. A file that cannot be understood is no lab."""
    path = lab_file(env)
    found = lab.read(path)
    if found is None:
        return
    for source, keys in found.sources.items():
        for key, value in keys.items():
            draft.put(LAB, source, key, value)
            draft.came(f"contexts.{LAB}.{source}.{key}", str(path), Place(str(path)))
    draft.fleets[LAB] = found.context
    for dotted, value in lab.shown(found):
        draft.fleet[dotted] = value
        draft.came(dotted, str(path), Place(str(path)))


def _columns(draft: Draft, chosen: str, env: Mapping[str, str]) -> Mapping[str, str]:
    """The columns of the file; those of the lab as well while it is asked."""
    found = lab.read(lab_file(env)) if chosen == LAB else None
    return {**found.columns, **draft.columns} if found else draft.columns


def lab_file(environ: Mapping[str, str]) -> Path:
    """Where `cdctl lab up` says what it started: lab.json in CDCTL_LAB_DIR, else in the user's state folder."""
    if folder := environ.get("CDCTL_LAB_DIR"):
        return Path(folder) / "lab.json"
    import platformdirs

    return platformdirs.user_state_path("cdctl") / "lab.json"


def _settings(draft: Draft, file: str, chosen: str, origin: str, columns: Mapping[str, str]) -> Settings:
    import platformdirs

    origins = {**draft.origins, "default_context": origin}
    folders = {}
    for key in ("slo_specs", "dashboards"):
        here = Path(key).is_dir()
        folders[key] = str(draft.values.get(f"paths.{key}") or (key if here else shipped(key)))
        origins.setdefault(f"paths.{key}", "default" if here else "ships with cdctl")
    origins.setdefault("paths.plugins", "default")
    origins.setdefault("paths.cache", "default")
    for key in ("paths.journal", "top.board", "top.theme", "top.keys"):
        origins.setdefault(key, "default")
    habits = {key.removeprefix("top."): str(value) for key, value in draft.values.items() if key.startswith("top.")}
    return Settings(
        contexts={
            name: replace(draft.fleets.get(name) or Context(name), sources=sources)
            for name, sources in draft.contexts.items()
        },
        default_context=chosen,
        slo_specs=folders["slo_specs"],
        dashboards=folders["dashboards"],
        plugins=cast("tuple[str, ...]", draft.values.get("paths.plugins") or ()),
        cache_dir=str(draft.values.get("paths.cache") or platformdirs.user_cache_path("cdctl")),
        journal=str(draft.values.get("paths.journal") or platformdirs.user_state_path("cdctl") / "journal.sqlite"),
        origins=origins,
        file=file,
        fleet_columns=columns,
        fleet=draft.fleet,
        top=Habits(**habits),
        warnings=tuple(sorted(draft.warnings)),
    )
