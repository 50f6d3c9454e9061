"""What is declared of commands, for people and programs: `cdctl cmd ls` and `cdctl cmd describe`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cdctl.cli import records
from cdctl.domain.orders.arguments import bounds, spelled, written
from cdctl.domain.orders.command import Risk

if TYPE_CHECKING:
    from cdctl.domain.orders.command import Argument, Command

_ASKED = {
    Risk.SAFE: "nobody is asked",
    Risk.CONFIRM: "asks yes or no",
    Risk.DANGEROUS: "asks for the number of vehicles; policy may want a second person",
}


def command(one: Command) -> dict[str, object]:
    """What is declared, for programs."""
    return {
        "name": one.name,
        "risk": one.risk.value,
        "summary": one.summary,
        "arguments": [argument(each) for each in one.arguments],
        "preconditions": [each.value for each in one.preconditions],
        "capability": one.capability,
        "expires_s": one.expires,
        "timeout_s": one.timeout,
        "retryable": sorted(one.retryable),
        "private": one.private,
        "changes": one.changes,
        "reverts": one.revert is not None,
        "results": dict(one.results),
    }


def argument(one: Argument) -> dict[str, object]:
    """One argument, for programs."""
    return {
        "name": one.name,
        "kind": one.kind.value,
        "help": one.help,
        "required": one.required,
        "default": one.default,
        "least": one.least,
        "most": one.most,
        "choices": list(one.choices),
        "pattern": one.pattern,
        "unit": one.unit,
        "example": one.example,
    }


def _arguments(record: records.Record) -> str:
    """`name value [duration]`: what may be left out in brackets."""
    found = record["arguments"]
    names = [(each["name"], each["required"]) for each in found] if isinstance(found, list) else []
    return " ".join(str(name) if required else f"[{name}]" for name, required in names)


def _span(seconds: object) -> str:
    return spelled(seconds) if isinstance(seconds, int) else ""


COMMANDS = (
    records.Column("name"),
    records.Column("risk"),
    records.Column("summary", shrinks=True),
    records.Column("arguments", text=_arguments),
    records.Column("preconditions", wide=True),
    records.Column("capability", wide=True),
    records.Column("expires", wide=True, text=lambda record: _span(record["expires_s"])),
    records.Column("timeout", wide=True, text=lambda record: _span(record["timeout_s"])),
)


ARGUMENTS = (
    records.Column("argument"),
    records.Column("value"),
    records.Column("default"),
    records.Column("help", shrinks=True),
)


def argument_row(one: Argument) -> dict[str, object]:
    """One argument as a person reads it."""
    default = "required" if one.required else "" if one.default is None else written(one, one.default)
    return {"argument": one.name, "value": bounds(one) or one.kind.value, "default": default, "help": one.help}


def example(one: Command) -> str:
    """A command line that sends it."""
    shown = [each for each in one.arguments if each.required] or list(one.arguments[:1])
    given = " ".join(f"-a {each.name}={shlex.quote(each.example)}" for each in shown)
    reason = '--reason "why you look"' if one.private else ""
    return " ".join(filter(None, ["cdctl cmd send", one.name, "--to VIN", given, reason]))


def described(one: Command, width: int | None) -> str:
    """Everything about one command, for a person."""
    facts = {
        "risk": f"{one.risk.value}: {_ASKED[one.risk]}",
        "needs": ", ".join(each.value for each in one.preconditions),
        "capability": one.capability,
        "begins": f"within {spelled(one.expires)}, unless --expires says otherwise",
        "takes": f"at most {spelled(one.timeout)}, unless --timeout says otherwise",
        "tried again": f"with --retries, after: {', '.join(sorted(one.retryable))}" if one.retryable else "",
        "private": "it tells where somebody is: --reason is needed" if one.private else "",
        "taken back": "by cdctl cmd revert" if one.revert else "it cannot be" if one.changes else "",
    }
    rows = [{"fact": name, "value": value} for name, value in facts.items() if value]
    parts = [f"{one.name}: {one.summary}\n", "".join(f"  {row['fact']:<12} {row['value']}\n" for row in rows)]
    if one.arguments:
        parts.append(records.render([argument_row(each) for each in one.arguments], ARGUMENTS, "table", width))
    if one.results:
        told = [{"result": key, "meaning": meaning} for key, meaning in one.results.items()]
        parts.append(
            records.render(told, (records.Column("result"), records.Column("meaning", shrinks=True)), "table", width)
        )
    parts.append(f"Example: {example(one)}\n")
    return "\n".join(parts)
