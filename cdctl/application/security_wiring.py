"""Composes what signs, what believes and what forbids, from the settings of a context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.domain.orders.trust import Sealer, Trust
    from cdctl.domain.settings import Context


def trust_of(context: Context) -> Trust:
    """Whom a context believes. Raises UsageError when it does not say, FileError and UnavailableError."""
    from cdctl.security import trust

    return trust.read(_trust_path(context))


def sealer_of(context: Context) -> Sealer:
    """Who signs in a context. Raises UsageError when it does not say, RefusedError when the key is not trusted,
    UnavailableError when it cannot be had."""
    from cdctl.security import keys, trust

    if context.signing_key is None:
        hint = f'write signing_key = {{ file = "..." }} in [contexts.{context.name}]; cdctl keys new NAME makes a key'
        raise UsageError(f"context {context.name!r} has no signing_key", hint=hint)
    return keys.load(context.signing_key, trust.read(_trust_path(context)))


def _trust_path(context: Context) -> str:
    if not context.trust:
        hint = f'write trust = "trust.toml" in [contexts.{context.name}]'
        raise UsageError(f"context {context.name!r} has no trust file", hint=hint)
    return context.trust
