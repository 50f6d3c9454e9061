"""Private keys in the keyring of the desktop. Only keyrings that are known to encrypt are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdctl.errors import RefusedError, UnavailableError, UsageError
from cdctl.security import pkcs8
from cdctl.security.ed25519 import PrivateKey

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

NAMED = (
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)
"""Modules of the keyrings that may hold a key: any other might keep it as plain text, or nowhere."""


def read(entry: str) -> PrivateKey:
    """The key of an entry `service/name`. Raises RefusedError for a keyring that is not one of NAMED, UnavailableError
    when it fails or has no such entry, UsageError when it holds something else."""
    found = _asked(entry, "get")
    if found is None:
        hint = "make one: cdctl keys new NAME --keyring SERVICE/NAME"
        raise UnavailableError("the keyring has no such entry", subject=entry, hint=hint)
    try:
        return PrivateKey(pkcs8.parse(found))
    except ValueError as error:
        raise UsageError(f"this is no key to sign with: {error}", subject=entry) from None


def write(entry: str, key: PrivateKey) -> None:
    """Keep a key. Raises as `read`, and UsageError when the entry is there already."""
    if _asked(entry, "get") is not None:
        raise UsageError("the keyring has this entry already", subject=entry, hint="a key is never replaced")
    _asked(entry, "set", pkcs8.written(key.seed))


def _asked(entry: str, verb: str, content: str = "") -> str | None:
    service, _, name = entry.rpartition("/")
    if not service or not name:
        raise UsageError("this names no keyring entry", subject=entry, hint="write SERVICE/NAME")
    keyring = _keyring()
    try:
        if verb == "get":
            return keyring.get_password(service, name)
        keyring.set_password(service, name, content)
    except Exception as error:  # every backend has errors of its own, and what they say may be the secret
        raise UnavailableError(f"the keyring failed: {type(error).__name__}", subject=entry) from None
    return None


def _keyring() -> KeyringBackend:
    try:
        import keyring
    except ImportError:
        raise UnavailableError("keyring is not installed", hint="pip install 'cdctl[keyring]'") from None
    found = keyring.get_keyring()
    several = getattr(found, "backends", ()) if type(found).__module__ == "keyring.backends.chainer" else (found,)
    for backend in several:
        if type(backend).__module__ in NAMED:
            return backend
    name = f"{type(found).__module__}.{type(found).__qualname__}"
    hint = "use the keyring of a desktop, a file of mode 0600, or an ssh-agent"
    raise RefusedError("this keyring is not known to encrypt what it keeps", subject=name, hint=hint)
