"""Who may do what: the port `Authority` over a Cedar policy (https://docs.cedarpolicy.com). What no rule permits is
refused, and so is everything while a rule fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cedarpy

from cdctl.domain.orders.authority import Request, Ruling
from cdctl.domain.orders.trust import Identity
from cdctl.domain.text import safe
from cdctl.errors import FileError, Place, Problem, UnavailableError
from cdctl.security import cedar_text, whole_file
from cdctl.security.cedar import HERE, Decision, decide, rules_of, schema
from cdctl.security.policy_reach import unreachable

SHIPPED = "the policy that ships"
_MOST = 1024 * 1024
_MOST_APPROVALS = 5


class CedarPolicy:
    """The port `Authority`. file: for messages. `read` makes one of a text that was judged."""

    def __init__(self, text: str, file: str = SHIPPED) -> None:
        self.text = text
        self.file = file
        self.rules = rules_of(text)
        self.set = cedarpy.PolicySet.from_str(text)
        permits = zip(self.rules.values(), cedar_text.statements(text), strict=True)
        self._permits = cedarpy.PolicySet.from_str("\n".join(said for rule, (_, said) in permits if rule.permits))

    def rule(self, request: Request) -> Ruling:
        """See the port. An approval counts when its signer is somebody else and may approve, by this same policy."""
        asked = replace(request, approvers=self._approvers(request))
        now, *more = decide(self.set, [(asked, extra) for extra in range(_MOST_APPROVALS + 1)])
        if now.failed:
            return Ruling(False, (f"the policy cannot be judged: {safe(now.failed)}",))
        names = tuple(self.rules[key].name for key in now.rules)
        if now.allowed:
            return Ruling(True, rules=names)
        if not any(one.allowed for one in decide(self._permits, [(asked, 0), (asked, _MOST_APPROVALS)])):
            roles = ", ".join(request.by.roles) or "no role"
            who = f"{safe(request.by.name, 80)} ({safe(roles, 200)})"
            return Ruling(
                False, (f"no rule permits {who} to {request.action} {safe(request.command, 80)}",), rules=names
            )
        reasons = tuple(self.rules[key].refusal or f"the rule {self.rules[key].name} forbids it" for key in now.rules)
        missing = _missing(now, more)
        return Ruling(False, reasons or ("it needs more approvals",), missing, names)

    def check(self) -> Sequence[str]:
        """See the port: rules that can never matter, a line each."""
        return [str(one) for one in unreachable(self.text, self.file)]

    def _approvers(self, request: Request) -> tuple[Identity, ...]:
        others = {one.name: one for one in request.approvers if one.name != request.by.name}
        asked = [replace(request, by=one, action="approve", approvers=(), break_glass=False) for one in others.values()]
        said = decide(self.set, [(one, 0) for one in asked])
        return tuple(one for one, decision in zip(others.values(), said, strict=True) if decision.allowed)


def read(path: Path | str | None) -> CedarPolicy:
    """The policy of a file; None: the one that ships. Raises FileError with what Cedar refuses (syntax, schema), with
    its line, RefusedError when everybody may change the file, and UnavailableError when it cannot be read."""
    if not path:
        return CedarPolicy((HERE / "policy.cedar").read_text(encoding="utf-8"))
    file = Path(path).expanduser()
    try:
        content = whole_file.read(file)
        text = content.decode("utf-8-sig")
    except OSError as error:
        hint = "leave the setting policy out to use the one that ships"
        raise UnavailableError(f"cannot read the policy: {error.strerror}", subject=str(file), hint=hint) from None
    except UnicodeDecodeError:
        raise FileError([Problem(Place(str(file)), "not UTF-8 text", "save the file as UTF-8")]) from None
    if problems := [*_faults(text, file)] if len(content) <= _MOST else [Problem(Place(str(file)), "more than 1 MiB")]:
        raise FileError(problems)
    return CedarPolicy(text, str(file))


def _missing(now: Decision, more: Sequence[Decision]) -> int:
    """How many approvals would change most: 0 when none would change anything."""
    best = more[-1]
    if (best.allowed, best.rules) == (now.allowed, now.rules):
        return 0
    same = ((best.allowed, best.rules) == (one.allowed, one.rules) for one in more)
    return 1 + next(number for number, reached in enumerate(same) if reached)


def _faults(text: str, file: Path) -> Iterator[Problem]:
    lines = []
    broken = False
    for line, statement in cedar_text.statements(text):
        lines.append(line)
        try:
            cedarpy.PolicySet.from_str(statement)
        except ValueError as error:
            broken = True
            yield Problem(Place(str(file), line, 1), f"not Cedar: {safe(str(error), 300)}", "see docs.cedarpolicy.com")
    if broken:
        return
    if not lines:
        yield Problem(Place(str(file)), "there is no rule, so nothing would be permitted", "begin with the shipped one")
        return
    if json.loads(cedarpy.policies_to_json_str(text)).get("templates"):
        yield Problem(Place(str(file)), "templates (?principal, ?resource) are never used", "write a rule")
        return
    for fault in cedarpy.validate_policies(text, schema()).errors:
        number = fault.policy_id.removeprefix("policy")
        line = lines[int(number)] if number.isdecimal() and int(number) < len(lines) else 0
        said = fault.error.removeprefix(f"for policy `{fault.policy_id}`, ")
        yield Problem(
            Place(str(file), line, 1 if line else 0),
            safe(said, 300),
            "cdctl policy show --schema prints what can be asked",
        )
