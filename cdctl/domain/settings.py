"""Settings as values. `files.settings` reads them; every value knows where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from cdctl.errors import UsageError

LAB = "lab"
"""The context that exists while the lab is up. It is used only when asked for by name."""


@dataclass(frozen=True, slots=True)
class Context:
    """One platform: where its numbers come from. `sources` maps a name of the sources door to that source's settings,
    for instance {"prometheus": {"url": "https://prom.example", "token_file": "/run/secrets/prom"}}."""

    name: str
    sources: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run needs to know. Paths are absolute or relative to the working directory, `~` expanded.

    `default_context` is the context in use: the flag's, the variable's, the file's, or the only one; empty when nothing
    says which. `origins` maps a dotted key to where its value came from ("default", "cdctl.toml:3", "CDCTL_CONTEXT",
    "--context"). `file` is the settings file that was read, empty when there is none.
    """

    contexts: Mapping[str, Context] = field(default_factory=dict)
    default_context: str = ""
    slo_specs: str = "slo_specs"
    dashboards: str = "dashboards"
    plugins: tuple[str, ...] = ()
    cache_dir: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)
    file: str = ""

    def context(self, name: str = "") -> Context:
        """The context of that name, or the one in use. Raises UsageError when there is none."""
        wanted = name or self.default_context
        if wanted in self.contexts:
            return self.contexts[wanted]
        said_by = "" if name else self.origins.get("default_context", "")
        raise self._unknown(wanted, said_by) if wanted else self._none_chosen()

    def _unknown(self, name: str, said_by: str) -> UsageError:
        known = ", ".join(self.contexts)
        near = get_close_matches(name, self.contexts, n=1)
        if near:
            hint = f"did you mean {near[0]}?"
        elif name == LAB:
            hint = "start it: cdctl lab up"
        else:
            hint = f"known contexts: {known}" if known else f"write [contexts.{name}] in {self.file or 'cdctl.toml'}"
        return UsageError(f"there is no context {name!r}", subject=said_by, hint=hint)

    def _none_chosen(self) -> UsageError:
        written = [name for name in self.contexts if name != LAB]
        if written:
            return UsageError(
                f"which context? The settings have {', '.join(written)}",
                subject=self.file,
                hint=f'cdctl --context {written[0]} ..., or default_context = "{written[0]}" in the file',
            )
        lab = "; or ask the lab: cdctl --context lab" if LAB in self.contexts else ""
        return UsageError(
            "no context: nothing says which Prometheus to ask",
            hint=f"cdctl --prometheus URL ..., or a cdctl.toml with [contexts.NAME] and "
            f'prometheus = {{ url = "https://..." }}{lab}',
        )
