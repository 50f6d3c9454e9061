"""Keys of a context that say how its vehicles are reached, and how each value is checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, urlsplit

from cdctl.domain.looks import COLOURS
from cdctl.files.settings.keys import (
    SECRET_WORD,
    Key,
    WrongValueError,
    choice,
    count,
    entry,
    flag,
    path,
    seconds,
    text,
    url,
)

PLAIN_SCHEMES = frozenset({"http", "mqtt", "ws"})
"""Schemes without TLS."""
_MQTT = frozenset({"mqtt", "mqtts", "ws", "wss"})
_LEVEL = "[a-z0-9][a-z0-9_-]{0,63}"
_ROOT_LEVELS = 3
"""A topic holds at most 7 levels; region, VIN, kind and session follow the root."""
_NEVER = 0xFFFF_FFFF  # MQTT 5, section 3.1.2.11.2: the session does not expire
MOST_COLUMNS = 32
OWN_FIELDS = frozenset(
    {"vin", "region", "model", "sw", "caps", "seq", "age", "dtc", "online", "offline", "unknown"},
)
"""Names that every selection knows already."""


def broker_url(value: object, base: Path) -> str:
    """The address of an MQTT broker, without credentials in it."""
    parts = _address(text(value, base), "mqtts://host[:port]")
    if parts.scheme not in _MQTT:
        raise WrongValueError("this is not the URL of an MQTT broker", "write mqtts://, mqtt://, wss:// or ws://")
    if parts.scheme.startswith("mqtt") and parts.path not in {"", "/"}:
        raise WrongValueError(
            "the URL of a broker holds a path", "end it after the port; only ws:// and wss:// have one"
        )
    return text(value, base).rstrip("/")


def database(value: object, base: Path) -> str:
    """The address of a database, without credentials in it; a relative SQLite file starts at the folder `base`."""
    written = text(value, base)
    if (file := re.fullmatch(r"sqlite:///([^?#]+)", written)) is not None:
        return f"sqlite:///{base / Path(file[1]).expanduser()}"
    _address(written, "postgresql://host/name or sqlite:///file.db", query=True)
    return written


def _address(written: str, form: str, *, query: bool = False) -> SplitResult:
    """The parts of a URL. What is wrong with it never repeats it: it may hold a password."""
    fix = f"write {form}"
    try:
        parts = urlsplit(written)
        whom = parts.hostname or (query and parts.path)  # a database may be on a socket of this machine
        known = bool(parts.scheme and "://" in written and whom and parts.port != 0 and not re.search(r"\s", written))
    except ValueError:
        known = False
    if "@" in written.partition("?")[0]:
        raise WrongValueError("the URL holds a user or password", "write username and password_file instead")
    if not known:
        raise WrongValueError("this is not the URL of a server", fix)
    if parts.fragment or (parts.query and not query):
        raise WrongValueError("the URL holds a query or fragment", "end it after the path")
    if any(SECRET_WORD.search(name) for name, _ in parse_qsl(parts.query)):
        raise WrongValueError("the URL holds a secret", "write username and password_file instead")
    return parts


def topic_root(value: object, base: Path) -> str:
    """Where topics start: lower-case levels."""
    written = text(value, base)
    levels = written.split("/")
    if len(levels) > _ROOT_LEVELS or not all(re.fullmatch(_LEVEL, level) for level in levels):
        raise WrongValueError(
            f"{written[:60]!r} cannot be where topics start",
            f'write "cd", or up to {_ROOT_LEVELS} levels of a-z, 0-9, - and _ with / between them',
        )
    return written


def protocol(value: object, base: Path) -> str:
    """The name of a protocol."""
    written = text(value, base)
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", written):
        raise WrongValueError(
            f"{written[:60]!r} is not the name of a protocol", 'write "native", "mapped" or the name of a plugin'
        )
    return written


def client_id(value: object, base: Path) -> str:
    """The name of this client at the broker."""
    written = text(value, base)
    if not re.fullmatch(r"[!-~]{1,200}", written) or re.search(r"[#+/]", written):
        raise WrongValueError(
            f"{written[:60]!r} cannot be a client id", "use letters, digits, - and _, at most 200 in all"
        )
    return written


def session_expiry(value: object, base: Path) -> int:
    """Whole seconds, from 0 (the session ends with the connection); `12h` is understood."""
    if not isinstance(value, bool) and value == 0:
        return 0
    length = seconds(value, base)
    if length != int(length) or length > _NEVER:
        raise WrongValueError("a session expires after whole seconds", 'write "12h" or 43200')
    return int(length)


def between(least: int, most: int) -> Callable[[object, Path], int]:
    """A whole number of `least` to `most`."""
    at_least = count(least)

    def read(value: object, base: Path) -> int:
        number = at_least(value, base)
        if number > most:
            raise WrongValueError(f"{number} is more than {most}")
        return number

    return read


def signal(value: object, base: Path) -> str:
    """The path of a signal, such as Vehicle.Speed."""
    written = text(value, base)
    if not re.fullmatch(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", written) or len(written) > 256:
        raise WrongValueError(f"{written[:60]!r} is not the path of a signal", 'write "Vehicle.Speed"')
    return written


def listening(value: object, base: Path) -> str:
    """An address of ours: HOST:PORT."""
    written = text(value, base)
    host, colon, port = written.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    good = colon and re.fullmatch(r"[0-9]{1,5}", port) and int(port) <= 65_535
    if not good or not bare or (":" in bare) == (bare == host):
        raise WrongValueError(f"{written[:60]!r} is no address to listen on", 'write "127.0.0.1:8443"')
    return written


def wrong_region(name: str) -> tuple[str, str] | None:
    """Why a region cannot be called so, and the fix."""
    if name == "ops":
        return "'ops' is no region: operators' own topics are there", "use another name"
    if not re.fullmatch(_LEVEL, name):
        return f"a region cannot be called {name[:60]!r}", "it is a level of a topic: use a-z, 0-9, - and _"
    return None


def wrong_column(name: str) -> tuple[str, str] | None:
    """Why a column cannot be called so, and the fix."""
    if name in OWN_FIELDS:
        return f"every vehicle has a {name!r} already", "use another name"
    if not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", name) or len(name) > 64:
        return f"a column cannot be called {name[:60]!r}", 'use a-z, 0-9, _ and dots, such as soc or "tyre.fl"'
    return None


_TLS = {"ca": Key(path), "cert": Key(path), "key": Key(path), "plaintext": Key(flag)}
_PASSWORD = {
    "username": Key(text),
    "password_file": Key(path),
    "password_env": Key(text),
    "password_keyring": Key(entry),
}
_TOKEN = {"token_file": Key(path), "token_env": Key(text), "token_keyring": Key(entry)}

BROKER: Mapping[str, Key] = MappingProxyType(
    {
        "url": Key(broker_url),
        **_PASSWORD,
        **_TLS,
        "client_id": Key(client_id),
        "session_expiry": Key(session_expiry),
        "receive_maximum": Key(between(1, 65_535)),  # MQTT 5, section 3.1.2.11.3
        "connections": Key(between(1, 256)),
        "rate_cap": Key(count(1)),
        "bytes_cap": Key(count(1)),
    }
)
"""Keys of `[contexts.NAME.brokers.REGION]`."""

COLLECTOR: Mapping[str, Key] = MappingProxyType({"url": Key(url), **_TOKEN, **_PASSWORD, **_TLS})
"""Keys of `[contexts.NAME] collector = {...}`."""

COMMANDS: Mapping[str, Key] = MappingProxyType({**COLLECTOR, "profile": Key(path)})
"""Keys of `[contexts.NAME] commands = {...}`, beside `callback`."""

CALLBACK: Mapping[str, Key] = MappingProxyType(
    {
        "listen": Key(listening),
        "url": Key(url),
        "secret_file": Key(path),
        "secret_env": Key(text),
        "secret_keyring": Key(entry),
        **_TOKEN,
        "cert": Key(path),
        "key": Key(path),
    }
)
"""Keys of `commands = { callback = {...} }`."""

INVENTORY: Mapping[str, Key] = MappingProxyType(
    {"file": Key(path), **COLLECTOR, "sql": Key(database), "query": Key(text)}
)
"""Keys of `[contexts.NAME] inventory = {...}`: exactly one of file, url and sql, and what belongs to it."""

INVENTORY_KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "file": frozenset({"file"}),
        "url": frozenset(COLLECTOR),
        "sql": frozenset({"sql", "query", *_PASSWORD}),
    }
)
"""Which keys go with which kind of inventory."""

PLAIN_TEXTS: Mapping[str, Key] = MappingProxyType(
    {
        "protocol": Key(protocol),
        "profile": Key(path),
        "topic_root": Key(topic_root),
        "trust": Key(path),
        "policy": Key(path),
        "otlp": Key(url),
        "changes": Key(path),
        "colour": Key(choice(COLOURS)),
    }
)
"""Single values of a context."""
