"""Composes what signs, what believes and what forbids, from the settings of a context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cdctl.domain.ports import Probe
from cdctl.errors import CdctlError, FileError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from cdctl.domain.orders.plan import Plan
    from cdctl.domain.orders.trust import Sealer, Trust
    from cdctl.domain.settings import Context
    from cdctl.security.keys import KeySealer
    from cdctl.security.live_trust import LiveTrust
    from cdctl.security.plan_files import SignedPlan
    from cdctl.security.policy import CedarPolicy
    from cdctl.security.policy_table import Answer
    from cdctl.security.trust import TrustFile


def trust_of(context: Context) -> TrustFile:
    """Whom a context believes. Raises UsageError when it does not say, FileError and UnavailableError."""
    from cdctl.security import trust

    return trust.read(trust_path(context))


def live_trust_of(context: Context) -> LiveTrust:
    """As `trust_of`, and what changes in the files meanwhile is noticed: for work that takes long."""
    from cdctl.security import live_trust

    return live_trust.LiveTrust(trust_path(context))


def sealer_of(context: Context, trust: TrustFile | LiveTrust | None = None) -> KeySealer:
    """Who signs in a context; `trust` saves reading it again. Raises UsageError when the context does not say,
    RefusedError when the key is not trusted, UnavailableError when it cannot be had."""
    from cdctl.security import keys

    if context.signing_key is None:
        hint = f'write signing_key = {{ file = "..." }} in [contexts.{context.name}]; cdctl keys new NAME makes a key'
        raise UsageError(f"context {context.name!r} has no signing_key", hint=hint)
    return keys.load(context.signing_key, trust or trust_of(context))


def authority_of(context: Context) -> CedarPolicy:
    """Who may do what in a context: its policy, else the one that ships. Raises FileError and UnavailableError."""
    return policy_of(context)


def trust_path(context: Context) -> str:
    """The trust file of a context. Raises UsageError when it does not say."""
    if not context.trust:
        hint = f'write trust = "trust.toml" in [contexts.{context.name}]'
        raise UsageError(f"context {context.name!r} has no trust file", hint=hint)
    return context.trust


def probe_security(context: Context) -> list[Probe]:
    """Whether the trust file, the signing key and the policy of a context can be used; nothing of what it does not
    name. What is wrong is a probe that failed."""
    probes = []
    if context.trust:
        probes.append(_probe(context, "trust", context.trust, lambda: _trusted(context)))
    if context.signing_key:
        kept = f"{context.signing_key.kind} {context.signing_key.where}"
        probes.append(_probe(context, "signing_key", kept, lambda: _signs(context)))
    if context.policy:
        probes.append(_probe(context, "policy", context.policy, lambda: _ruled(context)))
    return probes


def judged(context: Context, part: str) -> str:
    """What a context's "trust" or "policy" holds. Raises FileError with all that is wrong in it, UnavailableError."""
    return {"trust": _trusted, "policy": _ruled}[part](context)


def _trusted(context: Context) -> str:
    found = trust_of(context)
    return f"operators: {len(found.operators):,}; keys of vehicles: {len(found.vehicles.vins):,}"


def _signs(context: Context) -> str:
    one = sealer_of(context).identity
    return f"{one.name} ({', '.join(one.roles)}), {one.fingerprint}"


def _ruled(context: Context) -> str:
    from cdctl.security.policy_reach import unreachable

    found = authority_of(context)
    if wrong := unreachable(found.text, found.file):
        raise FileError(wrong)
    return f"rules: {len(found.rules)}"


def _probe(context: Context, what: str, where: str, look: Callable[[], str]) -> Probe:
    try:
        return Probe(context.name, what, where, True, look())
    except CdctlError as error:
        return Probe(context.name, what, where, False, error.message, error.hint)


def policy_of(context: Context | None, file: str = "") -> CedarPolicy:
    """The policy of a file, else of a context, else the one that ships. Raises FileError and UnavailableError."""
    from cdctl.security import policy

    return policy.read(file or (context.policy if context else "") or None)


def policy_answers(policy: CedarPolicy) -> Iterator[Answer]:
    """What a policy says to the usual questions, for every role that it speaks of."""
    from cdctl.security import policy_table

    return policy_table.answers(policy)


def policy_roles(policy: CedarPolicy) -> list[str]:
    """The roles that a policy speaks of."""
    from cdctl.security import policy_table

    return policy_table.roles(policy)


def live_fingerprints(context: Context) -> list[str]:
    """Of operators' keys that were not revoked. Raises as `trust_of`."""
    from cdctl.security.ed25519 import fingerprint

    trust = trust_of(context)
    names = (fingerprint(key.public) for one in trust.operators.values() for key in one.keys)
    return [name for name in names if name not in trust.revoked]


def policy_schema() -> str:
    """What a policy can ask about, as Cedar's schema."""
    from cdctl.security import cedar

    return cedar.schema_text()


def write_plan(path: Path, plan: Plan, sealer: Sealer) -> None:
    """Put a plan into a new file, signed by its requester. Raises RefusedError and UsageError."""
    from cdctl.security import plan_files

    plan_files.write(path, plan, sealer)


def approve_plan(path: Path, sealer: Sealer, digest: str) -> None:
    """Add a signature to the file of the plan with this digest. Raises RefusedError, UsageError, UnavailableError."""
    from cdctl.security import plan_files

    plan_files.approve(path, sealer, digest=digest)


def signed_plan(path: Path, trust: Trust) -> SignedPlan:
    """A plan and who stands for it. Raises RefusedError, UsageError, UnavailableError."""
    from cdctl.security import plan_files

    return plan_files.approvers(path, trust)
