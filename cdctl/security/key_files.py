"""Private keys in files that nobody else may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cdctl.errors import RefusedError, UnavailableError, UsageError
from cdctl.security import pkcs8
from cdctl.security.ed25519 import PrivateKey

_MOST = 4096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read(path: Path) -> PrivateKey:
    """The key in a file. Raises UnavailableError when it cannot be read, RefusedError when others can read it, too,
    UsageError when it is no key."""
    try:
        with path.open("rb") as stream:
            state = os.fstat(stream.fileno())
            content = stream.read(_MOST + 1)
    except OSError as error:
        hint = "make one: cdctl keys new NAME --file FILE"
        raise UnavailableError(f"cannot read the key: {error.strerror}", subject=str(path), hint=hint) from None
    if stat.S_IMODE(state.st_mode) & _OTHERS:
        mode = f"{stat.S_IMODE(state.st_mode):04o}"
        raise RefusedError(f"others may use this key: its mode is {mode}", subject=str(path), hint=f"chmod 600 {path}")
    try:
        return PrivateKey(pkcs8.parse(content.decode("ascii") if len(content) <= _MOST else ""))
    except UnicodeDecodeError:
        wrong = "it is not PEM text"
    except ValueError as error:
        wrong = str(error)
    raise UsageError(f"this is no key to sign with: {wrong}", subject=str(path))


def write(path: Path, key: PrivateKey) -> None:
    """Put a key into a new file, mode 0600. Raises UsageError when there is one already or the folder cannot be
    written, UnavailableError when the disk is full or broken."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise UsageError(
            "there is a file already", subject=str(path), hint="name another; a key is never replaced"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot write the key: {error.strerror}", subject=str(path)) from None
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(pkcs8.written(key.seed))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise UnavailableError(f"cannot write the key: {error.strerror}", subject=str(path)) from None
