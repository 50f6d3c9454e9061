"""What a settings file says of fleets: brokers, inventory, protocol, collector, topics and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdctl.domain.settings import (
    BirthsInventory,
    Broker,
    Collector,
    Context,
    FileInventory,
    HttpInventory,
    Inventory,
    ProtocolChoice,
    SqlInventory,
)
from cdctl.domain.toml_places import Path
from cdctl.files.settings import command_api
from cdctl.files.settings.draft import is_secret
from cdctl.files.settings.fleet_keys import (
    BROKER,
    COLLECTOR,
    INVENTORY,
    INVENTORY_KINDS,
    MOST_COLUMNS,
    PLAIN_TEXTS,
    signal,
    wrong_column,
    wrong_region,
)
from cdctl.files.settings.keys import PLANNED, Key
from cdctl.files.settings.servers import access, judge, number, server, shown, text
from cdctl.files.settings.signing import signing_key
from cdctl.files.settings.tables import Tables

_INVENTORY_FIX = 'write { file = "fleet.csv" }, { url = "https://..." }, { sql = "...", query = "..." } or "births"'


def context(tables: Tables, name: str, table: Mapping[str, object]) -> Context:
    """The context without its sources; what is wrong is remembered in the draft."""
    where: Path = ("contexts", name)
    for key in [key for key in PLANNED if key in table]:
        _planned(tables, (*where, key), table[key])
    texts = shown(tables, table, where, PLAIN_TEXTS)
    brokers = _brokers(tables, (*where, "brokers"), table)
    collector = _collector(tables, (*where, "collector"), table.get("collector"))
    found = Context(
        name,
        brokers=brokers,
        inventory=_inventory(tables, (*where, "inventory"), table.get("inventory")),
        protocol=_protocol(tables, where, texts),
        collector=collector,
        topic_root=text(texts, "topic_root") or "cd",
        signing_key=signing_key(tables, (*where, "signing_key"), table.get("signing_key")),
        trust=text(texts, "trust"),
        policy=text(texts, "policy"),
        otlp=text(texts, "otlp"),
        changes=text(texts, "changes"),
        colour=text(texts, "colour"),
        commands=command_api.read(tables, (*where, "commands"), table.get("commands")),
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
    name, profile = text(texts, "protocol") or "native", text(texts, "profile")
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
        values = server(tables, written, at, BROKER, "of a broker")
        if "url" in values:
            found[region] = _broker(region, values)
    return found


def _broker(region: str, values: Mapping[str, object]) -> Broker:
    return Broker(
        region,
        text(values, "url"),
        access(values),
        client_id=text(values, "client_id"),
        session_expiry=number(values, "session_expiry"),
        receive_maximum=number(values, "receive_maximum"),
        connections=number(values, "connections") or 1,
        rate_cap=number(values, "rate_cap"),
        bytes_cap=number(values, "bytes_cap"),
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
        judge(tables, where, {"url": url})
        return Collector(str(url))
    if not isinstance(written, dict):
        tables.draft.wrong(tables.value_place(where), "this is no collector", 'write "https://..." or { url = "..." }')
        return None
    values = server(tables, written, where, COLLECTOR, "of collector")
    return Collector(text(values, "url"), access(values)) if "url" in values else None


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
    values = server(tables, written, where, keys, f"of an inventory with {kind}", main=kind)
    if kind == "sql" and "query" not in written:
        fix = 'add query = "SELECT ...": it lists the vehicles'
        tables.draft.wrong(tables.key_place(where), "a database without a query", fix)
    if kind == "file":
        return FileInventory(text(values, "file"))
    if kind == "sql":
        return SqlInventory(text(values, "sql"), text(values, "query"), access(values))
    return HttpInventory(text(values, "url"), access(values))
