"""Who may ask: bearer tokens from a file. A token is compared in constant time and never shown."""

from __future__ import annotations

import hmac
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from cdctl.errors import UnavailableError, UsageError

_K = TypeVar("_K")
_V = TypeVar("_V")
SHORTEST = 20
"""Characters: what is shorter can be guessed."""
BAD_A_MINUTE = 20
_ADDRESSES = 10_000
_PROVEN_SECONDS = 600.0


def ensure(path: Path) -> bool:
    """Make a file with one new token when there is none; returns whether it was made. Raises UnavailableError."""
    if path.exists():
        return False
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    except OSError as error:
        raise UnavailableError(
            f"no token can be written: {error.strerror}", subject=str(path), hint="name one: --token-file FILE"
        ) from None
    return True


def read(path: Path) -> tuple[bytes, ...]:
    """Digests of the tokens in a file, one a line; `#` begins a comment. Raises UnavailableError and UsageError, which
    never hold a token."""
    try:
        lines = [line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise UnavailableError(f"the tokens cannot be read: {why}", subject=str(path)) from None
    found = [line for line in lines if line]
    if not found:
        raise UsageError("this file holds no token", subject=str(path), hint="write one a line")
    for number, token in enumerate(lines, 1):
        if token and (len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token):
            raise UsageError(
                f"the token in line {number} is none: {SHORTEST} or more characters, plain ASCII, no spaces",
                subject=str(path),
                hint="make one: openssl rand -base64 32",
            )
    return tuple(map(_digest, found))


def open_to_others(path: Path) -> bool:
    """Whether somebody else on this machine may read the file."""
    return bool(path.stat().st_mode & 0o077)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


class Gate:
    """Lets in who has a token. `clock` gives seconds that only grow."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._digests = read(path)
        self._stamp = self._stamp_now()
        self._bad: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._proven: OrderedDict[tuple[str, int], float] = OrderedDict()
        self.refused = 0
        self.note = ""

    def renew(self) -> None:
        """Read the file again when it changed, so that a token can be taken back. Call now and then."""
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._digests, self.note = read(self._path), ""
            self._proven.clear()
        except (UnavailableError, UsageError) as error:
            self.note = f"tokens are those from before: {error.message}"

    def who(self, header: str, address: str) -> int | None:
        """Number of the token in an Authorization header; None when it is none of ours.

        Where too many bad ones came from an address, even a right one is not looked at for a while, unless it was right
        from there not long ago: nobody can guess on, and those who work go on working.
        """
        kind, _, token = header.partition(" ")
        digest = _digest(token.strip())
        found = None
        for number, known in enumerate(self._digests):  # all of them, always: time tells nothing
            if hmac.compare_digest(digest, known):
                found = number
        found = found if kind.lower() == "bearer" else None
        now = self._clock()
        if found is not None:
            proven = self._proven.get((address, found), -_PROVEN_SECONDS)
            if now - proven < _PROVEN_SECONDS or not self.blocked(address):
                self._remember(self._proven, (address, found), now)
                return found
        self.refused += 1
        level, then = self._bad.get(address, (0.0, now))
        level = max(level - (now - then) * BAD_A_MINUTE / 60, 0.0) + 1
        self._remember(self._bad, address, (min(level, BAD_A_MINUTE + 1), now))
        return None

    def blocked(self, address: str) -> bool:
        """Whether too many bad tokens came from there of late."""
        level, then = self._bad.get(address, (0.0, 0.0))
        return level - (self._clock() - then) * BAD_A_MINUTE / 60 >= BAD_A_MINUTE

    @staticmethod
    def _remember(table: OrderedDict[_K, _V], key: _K, value: _V) -> None:
        table[key] = value
        table.move_to_end(key)
        if len(table) > _ADDRESSES:
            table.popitem(last=False)

    def _stamp_now(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_size, found.st_ino)
