"""Settings as values. `files.settings` reads them; every value knows where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Context:
    """One platform: where its numbers come from. `sources` maps a name of the sources door to that source's settings,
    for instance {"prometheus": {"url": "https://prom.example", "token_file": "/run/secrets/prom"}}."""

    name: str
    sources: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run needs to know. Paths are absolute or relative to the working directory, `~` expanded.

    `origins` maps a dotted key to where its value came from ("default", "cdctl.toml:3", "CDCTL_CONTEXT", "--context").
    """

    contexts: Mapping[str, Context] = field(default_factory=dict)
    default_context: str = ""
    slo_specs: str = "slo_specs"
    dashboards: str = "dashboards"
    plugins: tuple[str, ...] = ()
    cache_dir: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
