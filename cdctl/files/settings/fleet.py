"""What a settings file says of fleets: brokers, inventory, protocol, collector, topics and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, cast

from cdctl.domain.settings import (
    Access,
    BirthsInventory,
    Broker,
    Collector,
    CommandApi,
    Context,
    FileInventory,
    HttpInventory,
    Inventory,
    ProtocolChoice,
    Secret,
    SqlInventory,
)
from cdctl.domain.toml_places import Path
from cdctl.errors import Place
from cdctl.files.settings import rules
from cdctl.files.settings.draft import is_secret
from cdctl.files.settings.fleet_keys import (
    BROKER,
    COLLECTOR,
    COMMANDS,
    INVENTORY,
    INVENTORY_KINDS,
    MOST_COLUMNS,
    PLAIN_TEXTS,
    signal,
    wrong_column,
    wrong_region,
)
from cdctl.files.settings.keys import PLANNED, Key
from cdctl.files.settings.signing import signing_key
from cdctl.files.settings.tables import Tables

_INVENTORY_FIX = 'write { file = "fleet.csv" }, { url = "https://..." }, { sql = "...", query = "..." } or "births"'


def context(tables: Tables, name: str, table: Mapping[str, object]) -> Context:
    """The context without its sources; what is wrong is remembered in the draft."""
    where: Path = ("contexts", name)
    for key in [key for key in PLANNED if key in table]:
        _planned(tables, (*where, key), table[key])
    texts = _shown(tables, table, where, PLAIN_TEXTS)
    brokers = _brokers(tables, (*where, "brokers"), table)
    collector = _collector(tables, (*where, "collector"), table.get("collector"))
    found = Context(
        name,
        brokers=brokers,
        inventory=_inventory(tables, (*where, "inventory"), table.get("inventory")),
        protocol=_protocol(tables, where, texts),
        collector=collector,
        topic_root=_text(texts, "topic_root") or "cd",
        signing_key=signing_key(tables, (*where, "signing_key"), table.get("signing_key")),
        trust=_text(texts, "trust"),
        policy=_text(texts, "policy"),
        otlp=_text(texts, "otlp"),
        commands=_commands(tables, (*where, "commands"), table.get("commands")),
    )
    if brokers or collector:
        _defaults(tables, name, found)
    return found


def columns(tables: Tables, data: Mapping[str, object]) -> None:
    """`[fleet.columns]`: `tyre.fl = ...` and `"tyre.fl" = ...` name the same column."""
    fleet = tables.table(data, ("fleet",))
    tables.known(fleet, ("fleet",), ("columns",), "in [fleet]")
    where: Path = ("fleet", "columns")
    for path, written in _leaves(tables.table(fleet, where), where):
        name = ".".join(path[2:])
        wrong = wrong_column(name)
        if not wrong and name in tables.draft.columns:
            wrong = f"the column {name!r} is there twice", "remove one"
        if not wrong and len(tables.draft.columns) == MOST_COLUMNS:
            wrong = f"there are more than {MOST_COLUMNS} columns", "keep those that you look at"
        if wrong:
            tables.draft.wrong(tables.key_place(path), *wrong)
            continue
        value = tables.draft.checked(Key(signal), written, tables.base, tables.value_place(path))
        if value is not None:
            tables.draft.columns[name] = str(value)
            tables.draft.fleet[f"fleet.columns.{name}"] = value
            tables.came(*path)


def _leaves(table: Mapping[str, object], where: Path) -> Iterator[tuple[Path, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*where, key))
        else:
            yield (*where, key), value


def _planned(tables: Tables, path: Path, value: object) -> None:
    place = tables.key_place(path)
    for inner, _ in _leaves(value if isinstance(value, dict) else {}, path):
        if is_secret(inner[-1]):
            tables.secret(inner)
    tables.draft.warn(place, f"{path[-1]!r} is known, but not used by this version of cdctl")


def _defaults(tables: Tables, name: str, found: Context) -> None:
    """Show what holds without being written, where vehicles are reached."""
    for key, value in (("protocol", found.protocol.name), ("topic_root", found.topic_root), ("inventory", "births")):
        dotted = f"contexts.{name}.{key}"
        if not any(known == dotted or known.startswith(f"{dotted}.") for known in tables.draft.spots):
            tables.draft.fleet[dotted] = value
            tables.draft.origins[dotted] = "default"


def _protocol(tables: Tables, where: Path, texts: Mapping[str, object]) -> ProtocolChoice:
    name, profile = _text(texts, "protocol") or "native", _text(texts, "profile")
    if profile and name == "native":
        fix = 'write protocol = "mapped", or remove it'
        tables.draft.wrong(tables.key_place((*where, "profile")), "the native protocol has no profile", fix)
    if name == "mapped" and not profile:
        fix = 'add profile = "fleet.profile.yaml": how this fleet speaks'
        tables.draft.wrong(tables.value_place((*where, "protocol")), "a mapped protocol without a profile", fix)
    return ProtocolChoice(name, profile)


def _brokers(tables: Tables, where: Path, context: Mapping[str, object]) -> dict[str, Broker]:
    found = {}
    regions = tables.table(context, where)
    if "brokers" in context and context["brokers"] == {}:
        tables.draft.wrong(
            tables.key_place(where), "'brokers' names no region", 'write { eu = { url = "mqtts://..." } }'
        )
    for region, written in regions.items():
        at = (*where, region)
        if wrong := wrong_region(region):
            tables.draft.wrong(tables.key_place(at), *wrong)
            continue
        if not isinstance(written, dict):
            fix = 'write { url = "mqtts://..." }'
            tables.draft.wrong(tables.value_place(at), f"the broker of {region!r} is not a table", fix)
            continue
        if written.get("url") == "...":  # as examples have it
            place = tables.value_place((*at, "url"))
            tables.draft.warn(place, f"the broker of {region!r} is still to be filled in and left out until then")
            continue
        values = _server(tables, written, at, BROKER, "of a broker")
        if "url" in values:
            found[region] = _broker(region, values)
    return found


def _broker(region: str, values: Mapping[str, object]) -> Broker:
    return Broker(
        region,
        _text(values, "url"),
        _access(values),
        client_id=_text(values, "client_id"),
        session_expiry=_number(values, "session_expiry"),
        receive_maximum=_number(values, "receive_maximum"),
        connections=_number(values, "connections") or 1,
        rate_cap=_number(values, "rate_cap"),
        bytes_cap=_number(values, "bytes_cap"),
    )


def _collector(tables: Tables, where: Path, written: object) -> Collector | None:
    """`"https://..."`, or a table when it wants to know who asks."""
    if written is None:
        return None
    if isinstance(written, str):
        url = tables.draft.checked(COLLECTOR["url"], written, tables.base, tables.value_place(where))
        if url is None:
            return None
        tables.came(*where)
        tables.draft.fleet[".".join(where)] = url
        _judge(tables, where, {"url": url})
        return Collector(str(url))
    if not isinstance(written, dict):
        tables.draft.wrong(tables.value_place(where), "this is no collector", 'write "https://..." or { url = "..." }')
        return None
    values = _server(tables, written, where, COLLECTOR, "of collector")
    return Collector(_text(values, "url"), _access(values)) if "url" in values else None


def _commands(tables: Tables, where: Path, written: object) -> CommandApi | None:
    fix = 'write { url = "https://...", profile = "api.yaml", token_file = "..." }'
    if written is None:
        return None
    if not isinstance(written, dict):
        tables.draft.wrong(tables.value_place(where), "this is no command API", fix)
        return None
    values = _server(tables, written, where, COMMANDS, "of commands")
    if "profile" not in written:
        tables.draft.wrong(tables.key_place(where), "a command API without a profile", fix)
    return CommandApi(_text(values, "url"), _text(values, "profile"), _access(values)) if "url" in values else None


def _inventory(tables: Tables, where: Path, written: object) -> Inventory:
    if written is None:
        return BirthsInventory()
    if written == "births":
        tables.came(*where)
        tables.draft.fleet[".".join(where)] = written
        return BirthsInventory()
    kinds = [kind for kind in INVENTORY_KINDS if isinstance(written, dict) and kind in written]
    if not isinstance(written, dict) or len(kinds) != 1:
        said = f"the inventory has {' and '.join(kinds)}" if kinds else "this is no inventory"
        tables.draft.wrong(tables.value_place(where), said, _INVENTORY_FIX)
        return BirthsInventory()
    return _inventory_of(kinds[0], tables, where, written)


def _inventory_of(kind: str, tables: Tables, where: Path, written: Mapping[str, object]) -> Inventory:
    keys = {key: rule for key, rule in INVENTORY.items() if key in INVENTORY_KINDS[kind]}
    values = _server(tables, written, where, keys, f"of an inventory with {kind}", main=kind)
    if kind == "sql" and "query" not in written:
        fix = 'add query = "SELECT ...": it lists the vehicles'
        tables.draft.wrong(tables.key_place(where), "a database without a query", fix)
    if kind == "file":
        return FileInventory(_text(values, "file"))
    if kind == "sql":
        return SqlInventory(_text(values, "sql"), _text(values, "query"), _access(values))
    return HttpInventory(_text(values, "url"), _access(values))


def _server(
    tables: Tables, written: Mapping[str, object], where: Path, keys: Mapping[str, Key], what: str, main: str = "url"
) -> dict[str, object]:
    """The checked keys of a table that says whom to ask, and whether they go together."""
    tables.known(written, where, keys, what)
    values = _shown(tables, written, where, keys)
    if main not in written:
        said = f"{'.'.join(where)} has no {main}"
        tables.draft.wrong(tables.key_place(where), said, f'write {main} = "{_EXAMPLES.get(what, "https://...")}"')
    elif main in values:
        _judge(tables, where, values)
    return values


_EXAMPLES = {"of a broker": "mqtts://broker.example:8883"}


def _judge(tables: Tables, where: Path, values: Mapping[str, object]) -> None:
    def place(key: str) -> Place:
        at = (*where, key)
        return tables.key_place(at if at in tables.places.keys else where)

    def tell(key: str, message: str, fix: str) -> None:
        tables.draft.wrong(place(key), message, fix)

    def exposed(key: str, message: str, fix: str) -> None:
        tables.draft.exposes(where[1], place(key), message, fix)

    rules.one_way_in(values, tell)
    if "url" in values:
        rules.encrypted(_text(values, "url"), values, tell, exposed)


def _shown(tables: Tables, written: Mapping[str, object], where: Path, keys: Mapping[str, Key]) -> dict[str, object]:
    values = tables.keyed(written, where, keys)
    tables.draft.fleet |= {".".join((*where, key)): value for key, value in values.items()}
    return values


def _access(values: Mapping[str, object]) -> Access:
    return Access(
        username=_text(values, "username"),
        password=_secret(values, "password"),
        token=_secret(values, "token"),
        ca=_text(values, "ca"),
        cert=_text(values, "cert"),
        key=_text(values, "key"),
        plaintext=values.get("plaintext") is True,
    )


def _secret(values: Mapping[str, object], name: str) -> Secret | None:
    kinds: tuple[Literal["file", "env", "keyring"], ...] = ("file", "env", "keyring")
    said = [Secret(kind, _text(values, f"{name}_{kind}")) for kind in kinds if f"{name}_{kind}" in values]
    return said[0] if said else None


def _text(values: Mapping[str, object], key: str) -> str:
    return str(values.get(key, ""))


def _number(values: Mapping[str, object], key: str) -> int | None:
    return cast("int | None", values.get(key))
