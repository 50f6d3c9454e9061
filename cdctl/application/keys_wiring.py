"""Composes what makes, lists and ends keys. Every change is written down in the journal; when that cannot be written,
nothing is changed."""

from __future__ import annotations

import asyncio
import getpass
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application.security_wiring import policy_of, policy_roles, sealer_of, trust_of, trust_path
from cdctl.application.wiring import WallClock
from cdctl.domain.orders.keeping import Note
from cdctl.errors import CdctlError, UnavailableError

if TYPE_CHECKING:
    from cdctl.domain.orders.trust import Sealer
    from cdctl.domain.settings import Context, Settings, SigningKey
    from cdctl.security.key_changes import KeyChange
    from cdctl.security.key_list import KeyListing
    from cdctl.security.trust import TrustFile


def key_folder() -> Path:
    """Where private keys go unless somebody says otherwise."""
    import platformdirs

    return platformdirs.user_data_path("cdctl") / "keys"


def next_file(name: str) -> Path:
    """A file of that folder that is not there yet, for a key of that name."""
    path, number = key_folder() / f"{name}.pem", 2
    while path.exists():
        path, number = key_folder() / f"{name}-{number}.pem", number + 1
    return path


def new_key(settings: Settings, name: str, kept: SigningKey, roles: tuple[str, ...]) -> KeyChange:
    """Make a key; with roles the trust file of the context gets it. Raises what `key_changes.new` does, and
    UnavailableError when the journal cannot be written."""
    from cdctl.security import key_changes

    trust = Path(trust_path(settings.context())).expanduser() if roles else None
    return _noted(settings, lambda at: key_changes.new(name, kept, at, trust=trust, roles=roles))


def strange_roles(settings: Settings, roles: tuple[str, ...]) -> list[str]:
    """Those that the policy of the context knows nothing of; none when it cannot be read, which others tell."""
    try:
        known = policy_roles(policy_of(settings.context())) if roles else []
    except CdctlError:
        return []
    return [role for role in roles if role not in known]


def rotate_key(settings: Settings, name: str, kept: SigningKey, overlap: float) -> KeyChange:
    """Another key for an operator of the trust file; the old ones live `overlap` seconds more. Raises as `new_key`."""
    from cdctl.security import key_changes

    trust = Path(trust_path(settings.context())).expanduser()
    return _noted(settings, lambda at: key_changes.rotate(name, kept, trust, at, overlap))


def revoke_key(settings: Settings, wanted: str, reason: str) -> tuple[KeyChange, str]:
    """Believe a key no more: a fingerprint, or the key's text. Raises what `key_changes.revoke` does.

    A revocation does not wait for a journal that cannot be written; then the second part says why it is not in there.
    """
    from cdctl.security import key_changes

    trust = Path(trust_path(settings.context())).expanduser()
    done: list[KeyChange] = []

    def change(at: float) -> KeyChange:
        done.append(key_changes.revoke(wanted, trust, at, reason))
        return done[0]

    try:
        return _noted(settings, change, ending=True), ""
    except UnavailableError as error:
        found = done[0] if done else change(time.time())
        return found, str(error)


def keys_of(settings: Settings) -> tuple[list[KeyListing], TrustFile | None]:
    """Every key that is known here, and the trust of the context in use; None when there is none."""
    from cdctl.security import key_list

    context = _context(settings)
    trust = trust_of(context) if context and context.trust else None
    kept = [context.signing_key] if context and context.signing_key else []
    return key_list.listed([*kept, *key_list.in_folder(key_folder())], trust), trust


def public_key(kept: SigningKey, trust: TrustFile | None) -> KeyListing:
    """The public part of a key, and whose it is. Raises what reading the key does."""
    from cdctl.security import key_list, keys

    keys.signer(kept)  # a listing would only note what is wrong
    return next(one for one in key_list.listed([kept], trust) if one.private)


def trust_lines(name: str, public: str, roles: tuple[str, ...]) -> str:
    """What a trust file says of an operator with this key."""
    from cdctl.security import ed25519, trust_edits

    return trust_edits.operator_lines(name, ed25519.parse(public), roles)


def _context(settings: Settings) -> Context | None:
    return settings.context() if settings.default_context else None


def _noted(settings: Settings, change: Callable[[float], KeyChange], *, ending: bool = False) -> KeyChange:
    """Change a key with the journal open, so that nothing changes that could not be written down. ending: it may use
    the journal's reserve of a full disk."""
    from cdctl.stores.journal import open_journal

    sealer, trust = _signs(settings)
    actor = sealer.identity.name if sealer else f"{getpass.getuser()} (unsigned)"

    async def run() -> KeyChange:
        path = Path(settings.journal).expanduser()
        journal = open_journal(path, sign=sealer, clock=WallClock(), trust=trust)
        try:
            at = time.time()
            done = change(at)
            await journal.write([Note("key", done.fingerprint, actor, round(at * 1000), done.body())], ending=ending)
        finally:
            await journal.aclose()
        return done

    return asyncio.run(run())


def _signs(settings: Settings) -> tuple[Sealer | None, TrustFile | None]:
    """Who is at work, as far as a key tells: the first key of all is made by nobody known."""
    context = _context(settings)
    try:
        trust = trust_of(context) if context else None
        return (sealer_of(context, trust) if context else None), trust
    except CdctlError:
        return None, None
