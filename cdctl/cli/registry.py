"""Every command of the first level: where it lives, and its line of help. Listing them imports nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Entry:
    """`target` is "package.module:attribute" of a Typer app; `help` is one line."""

    target: str
    help: str


COMMANDS: Mapping[str, Entry] = MappingProxyType(
    {
        "triage": Entry("cdctl.cli.triage:app", "From a page to who, since when, what changed, what next."),
        "top": Entry("cdctl.cli.top:app", "The live view: vehicles and promises on one screen."),
        "slo": Entry("cdctl.cli.slo:app", "Promises: are they well written, do they hold, do they burn?"),
        "fleet": Entry("cdctl.cli.fleet:app", "Vehicles: which, where, in what state, since when?"),
        "cmd": Entry("cdctl.cli.cmd:app", "Commands: tell vehicles to do things, know what became of it."),
        "diag": Entry("cdctl.cli.diag:app", "Vehicles from inside: do they answer, and what is wrong?"),
        "rollout": Entry("cdctl.cli.rollout:app", "Rollouts: to many vehicles in waves, stopped when a promise burns."),
        "broker": Entry("cdctl.cli.broker:app", "Brokers: what they are, how quick, and what fills them."),
        "trace": Entry("cdctl.cli.trace:app", "Traces: take spans in, find them, see where the time went."),
        "collect": Entry("cdctl.cli.collect:app", "Take in once for a whole team and serve every viewer."),
        "keys": Entry("cdctl.cli.keys:app", "Keys that sign orders: make, list, rotate, revoke."),
        "policy": Entry("cdctl.cli.policy:app", "Who may do what: is the policy sound, what does it say?"),
        "audit": Entry("cdctl.cli.audit:app", "What was ordered, by whom, why; and did anybody change that?"),
        "changes": Entry("cdctl.cli.changes:app", "Deployments and other changes: write them down, look at them."),
        "config": Entry("cdctl.cli.config:app", "Show the settings in force and check what they connect to."),
        "plugin": Entry("cdctl.cli.plugin:app", "List, describe and check the plugins that are found."),
        "demo": Entry("cdctl.cli.demo:app", "The whole story on loopback: servers, promises, one that breaks."),
        "lab": Entry("cdctl.cli.lab:app", "The same servers, left running to try things on."),
        "check": Entry("cdctl.cli.check:app", "Judge everything you wrote: specs, settings, plugins."),
    }
)
