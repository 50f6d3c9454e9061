"""CDCTL_ variables: they stand between the settings file and the flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from cdctl.domain.settings import Context, SigningKey
from cdctl.errors import Place
from cdctl.files.nearest import nearest
from cdctl.files.settings.draft import Draft
from cdctl.files.settings.keys import PATHS, PROMETHEUS
from cdctl.files.settings.signing import SIGNING as SIGNING_KEYS

PREFIX = "CDCTL_PROMETHEUS_"
URL = "CDCTL_PROMETHEUS_URL"
CONTEXT = "CDCTL_CONTEXT"
# These hold the secret itself; the settings keep only the variable's name.
SECRETS = {"CDCTL_PROMETHEUS_TOKEN": "token_env", "CDCTL_PROMETHEUS_PASSWORD": "password_env"}
_PATHS = {f"CDCTL_{key.upper()}": key for key in PATHS}
_PROMETHEUS = {PREFIX + key.upper(): key for key in PROMETHEUS}
SIGNING = "CDCTL_SIGNING_KEY_FILE"
KNOWN = ("CDCTL_CONFIG", CONTEXT, SIGNING, "CDCTL_LAB_DIR", *_PATHS, *_PROMETHEUS, *SECRETS)


def misspelt(draft: Draft, environ: Mapping[str, str]) -> None:
    """A variable that is nearly one of ours is a mistake; one that only shares the prefix is somebody else's."""
    for name in sorted(environ):
        if name in KNOWN or not name.startswith("CDCTL_"):
            continue
        if name.startswith(PREFIX):
            suffixes = [known.removeprefix(PREFIX) for known in (*_PROMETHEUS, *SECRETS)]
            near = nearest(name.removeprefix(PREFIX), suffixes)
            fix = f"did you mean {PREFIX}{near}?" if near else f"known after {PREFIX}: {', '.join(suffixes)}"
        elif close := get_close_matches(name, KNOWN, n=1, cutoff=0.85):
            fix = f"did you mean {close[0]}?"
        else:
            continue
        draft.wrong(Place(f"${name}"), "unknown variable", fix)


def paths(draft: Draft, environ: Mapping[str, str]) -> None:
    """Folders set by variables."""
    for name, key in _PATHS.items():
        if written := environ.get(name):
            value: object = written.split(os.pathsep) if key == "plugins" else written
            draft.values[f"paths.{key}"] = draft.checked(PATHS[key], value, Path(), Place(f"${name}"))
            draft.came(f"paths.{key}", name, Place(f"${name}"))


def signing(draft: Draft, environ: Mapping[str, str], context: str) -> None:
    """The key of somebody else signs in that context: one machine, two people, as in the lab."""
    if not (written := environ.get(SIGNING)) or context not in draft.contexts:
        return
    file = str(Path(written).expanduser().absolute())
    for key in SIGNING_KEYS:
        draft.fleet.pop(f"contexts.{context}.signing_key.{key}", None)
    draft.fleets[context] = replace(draft.fleets.get(context) or Context(context), signing_key=SigningKey("file", file))
    dotted = f"contexts.{context}.signing_key.file"
    draft.fleet[dotted] = file
    draft.came(dotted, SIGNING, Place(f"${SIGNING}"))


def prometheus(draft: Draft, environ: Mapping[str, str], context: str) -> None:
    """Lay the CDCTL_PROMETHEUS_ variables over that context's Prometheus."""
    for name, key in _PROMETHEUS.items():
        if written := environ.get(name):
            place = Place(f"${name}")
            draft.came(f"contexts.{context}.prometheus.{key}", name, place)
            value = draft.checked(PROMETHEUS[key], PROMETHEUS[key].parse(written), Path(), place)
            if value is not None:
                draft.put(context, "prometheus", key, value)
    for name, key in SECRETS.items():
        if environ.get(name):
            _replace_secret(draft, context, key, name)


def _replace_secret(draft: Draft, context: str, key: str, name: str) -> None:
    """The variable's secret takes the place of the file's, wherever that one is kept."""
    kind = key.removesuffix("_env")
    table = draft.contexts.setdefault(context, {}).setdefault("prometheus", {})
    for other in (f"{kind}_file", f"{kind}_keyring"):
        dotted = f"contexts.{context}.prometheus.{other}"
        if draft.origins.get(dotted) != PREFIX + other.upper():
            table.pop(other, None)
            draft.origins.pop(dotted, None)
    table[key] = name
    draft.came(f"contexts.{context}.prometheus.{key}", name, Place(f"${name}"))
