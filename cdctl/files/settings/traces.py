"""What a settings file says of traces: where a context's spans are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path as FilePath
from types import MappingProxyType

from cdctl.domain.settings import Traces, TracesKind
from cdctl.domain.toml_places import Path
from cdctl.files.settings import rules
from cdctl.files.settings.keys import PROMETHEUS, Key, WrongValueError, path, text, url
from cdctl.files.settings.tables import Tables

_FIX = 'write { store = "folder" }, or { clickhouse = "https://..." }, { tempo = "..." }, { jaeger = "..." }'


def identifier(value: object, base: FilePath) -> str:
    """The name of a database or a table."""
    written = text(value, base)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", written):
        raise WrongValueError(f"{written[:60]!r} is not the name of a table", "use letters, digits and _")
    return written


_SERVER: Mapping[str, Key] = MappingProxyType({name: key for name, key in PROMETHEUS.items() if name != "url"})

TRACES: Mapping[TracesKind, Mapping[str, Key]] = MappingProxyType(
    {
        "store": {"store": Key(path)},
        "clickhouse": {"clickhouse": Key(url), "database": Key(identifier), "table": Key(identifier), **_SERVER},
        "tempo": {"tempo": Key(url), **_SERVER},
        "jaeger": {"jaeger": Key(url), **_SERVER},
    }
)
"""Keys of `[contexts.NAME] traces = {...}`: exactly one of the four, and what belongs to it."""


def read(tables: Tables, where: Path, written: object) -> Traces | None:
    """Where spans are asked for; None when it is not said, or wrong, which is remembered in the draft."""
    if written is None:
        return None
    kinds = [kind for kind in TRACES if isinstance(written, dict) and kind in written]
    if not isinstance(written, dict) or len(kinds) != 1:
        said = f"traces are in {' and '.join(kinds)}" if kinds else "this says not where traces are"
        tables.draft.wrong(tables.value_place(where), said, _FIX)
        return None
    kind = kinds[0]
    tables.known(written, where, TRACES[kind], f"of traces in {'a store' if kind == 'store' else kind}")
    values = tables.keyed(written, where, TRACES[kind])
    tables.draft.fleet |= {".".join((*where, key)): value for key, value in values.items()}
    if kind not in values:
        return None
    if kind != "store":
        _judge(tables, where, kind, values)
    options = {key: value for key, value in values.items() if key != kind}
    found = Traces(kind, str(values[kind]), options)
    tables.draft.contexts[where[1]]["traces"] = dict(found.table)
    return found


def _judge(tables: Tables, where: Path, kind: str, values: Mapping[str, object]) -> None:
    def place(key: str) -> Path:
        return (*where, kind if key == "url" else key)

    def tell(key: str, message: str, fix: str) -> None:
        tables.draft.wrong(tables.key_place(place(key)), message, fix)

    def exposed(key: str, message: str, fix: str) -> None:
        tables.draft.exposes(where[1], tables.key_place(place(key)), message, fix)

    rules.one_way_in(values, tell)
    rules.encrypted(str(values[kind]), values, tell, exposed)
