"""Every key that may be set, and how its value is checked. What this version does not honour is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from cdctl.domain import duration
from cdctl.domain.address import masked
from cdctl.domain.looks import THEMES


class WrongValueError(Exception):
    """A value is wrong: why, and the fix. The caller knows the place."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Key:
    """`read(value, base)` gives the checked value or raises WrongValueError; relative paths start at the folder `base`.

    `parse` turns the text of a CDCTL_ variable into what a file would hold.
    """

    read: Callable[[object, Path], object]
    parse: Callable[[str], object] = str


def text(value: object, _base: Path) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise WrongValueError(f"{_shown(value)} is not a text", 'write it in quotes: "..."')
    return value


def path(value: object, base: Path) -> str:
    """A path: `~` expanded, relative to the folder of the file that names it."""
    return str(base / Path(text(value, base)).expanduser())


def paths(value: object, base: Path) -> tuple[str, ...]:
    """A list of paths."""
    if not isinstance(value, list):
        raise WrongValueError(f"{_shown(value)} is not a list of folders", 'write ["plugins"]')
    return tuple(path(item, base) for item in value)


def url(value: object, base: Path) -> str:
    """The address of a server, without credentials in it."""
    written = text(value, base)
    try:
        parts = urlsplit(written)
        known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise WrongValueError(
            f"{_shown(masked(written))} is not the URL of a server", "write https://host[:port][/path]"
        )
    if "@" in parts.netloc:
        raise WrongValueError(
            "the URL holds a user or password", "write username and password_file (or token_file) instead"
        )
    if parts.query or parts.fragment:
        raise WrongValueError("the URL holds a query or fragment", "end it after the path")
    return written.rstrip("/")


def seconds(value: object, _base: Path) -> float:
    """A length of time: a number of seconds, or a text such as `30s`."""
    try:
        length = duration.seconds(value) if isinstance(value, str) else _number(value)
    except ValueError as error:
        raise WrongValueError(str(error)) from None
    if not 0 < length <= 86400 * 366:
        raise WrongValueError(f"{_shown(value)} is not a time above zero", 'write seconds or "30s"')
    return length


def count(least: int) -> Callable[[object, Path], int]:
    """A whole number of at least `least`."""

    def read(value: object, _base: Path) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise WrongValueError(f"{_shown(value)} is not a whole number of at least {least}")
        return value

    return read


def choice(known: Sequence[str]) -> Callable[[object, Path], str]:
    """One of some words."""

    def read(value: object, base: Path) -> str:
        written = text(value, base)
        if written not in known:
            raise WrongValueError(f"{_shown(value)} is not one of {', '.join(known)}")
        return written

    return read


def flag(value: object, _base: Path) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise WrongValueError(f"{_shown(value)} is neither true nor false")
    return value


def headers(value: object, base: Path) -> dict[str, str]:
    """Names and values of HTTP headers that are no secrets."""
    table = _table(value)
    for name, content in table.items():
        _header_name(name)
        if SECRET_WORD.search(name):
            raise WrongValueError(
                f"the header {name} is a secret", f'write header_files = {{ {name} = "/path/to/file" }}'
            )
        if not text(content, base).isprintable():
            raise WrongValueError(f"the header {name} holds control characters")
    return {name: str(content) for name, content in table.items()}


def header_files(value: object, base: Path) -> dict[str, str]:
    """Names of HTTP headers, and the files that hold their values."""
    table = _table(value)
    for name in table:
        _header_name(name)
    return {name: path(content, base) for name, content in table.items()}


def entry(value: object, base: Path) -> str:
    """A keyring entry: service/user."""
    written = text(value, base)
    if not all(written.rpartition("/")):
        raise WrongValueError(f"{_shown(value)} names no keyring entry", 'write "service/user"')
    return written


def _header_name(name: str) -> None:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):  # RFC 9110, section 5.6.2: token
        raise WrongValueError(f"{_shown(name)} is not the name of a header")


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise WrongValueError(f"{_shown(value)} is not a table", 'write { Name = "value" }')
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{_shown(value)} is neither a number of seconds nor a duration")
    return float(value)


def _shown(value: object) -> str:
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:59]}…"


def _parse_flag(written: str) -> object:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(written.lower(), written)


def _parse_count(written: str) -> object:
    return int(written) if written.isdecimal() else written


def _parse_seconds(written: str) -> object:
    return float(written) if re.fullmatch(r"\d+(\.\d+)?", written) else written


def _parse_table(written: str) -> object:
    pairs = (part.partition("=") for part in written.split(",") if part.strip())
    return {name.strip(): content.strip() for name, _, content in pairs}


SECRET_WORD = re.compile(r"(authorization|cookie|token|secret|password|credential|api[-_]?key)s?$", re.IGNORECASE)
"""Names whose value must not stand in a settings file; `token_file` and its like are no secrets."""

PROMETHEUS: Mapping[str, Key] = MappingProxyType(
    {
        "url": Key(url),
        "token_file": Key(path),
        "token_env": Key(text),
        "token_keyring": Key(entry),
        "username": Key(text),
        "password_file": Key(path),
        "password_env": Key(text),
        "password_keyring": Key(entry),
        "ca": Key(path),
        "cert": Key(path),
        "key": Key(path),
        "headers": Key(headers, _parse_table),
        "header_files": Key(header_files, _parse_table),
        "timeout": Key(seconds, _parse_seconds),
        "deadline": Key(seconds, _parse_seconds),
        "concurrency": Key(count(1), _parse_count),
        "retries": Key(count(0), _parse_count),
        "plaintext": Key(flag, _parse_flag),
    }
)
"""Keys of `[contexts.NAME] prometheus = {...}`; the variable of each is CDCTL_PROMETHEUS_ and the key in capitals."""

PATHS: Mapping[str, Key] = MappingProxyType(
    {"slo_specs": Key(path), "dashboards": Key(path), "plugins": Key(paths), "cache": Key(path), "journal": Key(path)}
)
"""Keys of `[paths]`. CDCTL_SLO_SPECS, CDCTL_DASHBOARDS, CDCTL_PLUGINS (with `:` between folders), CDCTL_CACHE,
CDCTL_JOURNAL."""

HABITS: Mapping[str, Key] = MappingProxyType({"board": Key(text), "theme": Key(choice(THEMES)), "keys": Key(path)})
"""Keys of `[top]`."""

PLANNED: tuple[str, ...] = ()
"""Keys of a context that later versions use: a file that has them is good, and a warning says that they do nothing."""
CONTEXT = (
    "prometheus",
    "sources",
    "brokers",
    "inventory",
    "protocol",
    "profile",
    "collector",
    "topic_root",
    "signing_key",
    "trust",
    "policy",
    "otlp",
    "changes",
    "commands",
    "traces",
    "colour",
    *PLANNED,
)
TOP = ("default_context", "contexts", "paths", "fleet", "top")
