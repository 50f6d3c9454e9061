"""Reads a secret where the settings say it is kept, when it is first needed."""

from __future__ import annotations

import os
from pathlib import Path

from cdctl.domain.settings import Secret
from cdctl.errors import UnavailableError


def reveal(secret: Secret, subject: str) -> str:
    """The secret, without white space around it. `subject` is who needs it: a setting's dotted key or a URL.

    Raises UnavailableError, which never holds the secret, when it is not there or empty.
    """
    read = {"file": _file, "env": _variable, "keyring": _keyring}[secret.kind]
    found = read(secret.where, subject).strip()
    if not found:
        raise UnavailableError(
            f"the {_WORDS[secret.kind]} {secret.where} is empty", subject=subject, hint="write the secret there"
        )
    return found


_WORDS = {"file": "file", "env": "variable", "keyring": "keyring entry"}


def _file(path: str, subject: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not text"
        hint = "write the secret there, readable for you alone"
        raise UnavailableError(f"cannot read {path}: {reason}", subject=subject, hint=hint) from None


def _variable(name: str, subject: str) -> str:
    if name not in os.environ:
        raise UnavailableError(f"the variable {name} is not set", subject=subject, hint=f"export {name}")
    return os.environ[name]


def _keyring(entry: str, subject: str) -> str:
    service, _, user = entry.rpartition("/")
    try:
        import keyring

        found = keyring.get_password(service, user)
    except ImportError:
        hint = "pip install 'cdctl[keyring]'"
        raise UnavailableError("keyring is not installed", subject=subject, hint=hint) from None
    except Exception as error:  # every backend has errors of its own, and what they say may be the secret
        raise UnavailableError(f"the keyring failed: {type(error).__name__}", subject=subject) from None
    if found is None:
        hint = f"keyring set {service} {user}"
        raise UnavailableError(f"the keyring has no entry {entry!r}", subject=subject, hint=hint)
    return found
