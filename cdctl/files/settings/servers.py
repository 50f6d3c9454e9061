"""What tables have in common that name a server: whom to ask, who we are, and whether that goes together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from cdctl.domain.settings import Access, Secret
from cdctl.domain.toml_places import Path
from cdctl.errors import Place
from cdctl.files.settings import rules
from cdctl.files.settings.keys import Key
from cdctl.files.settings.tables import Tables

_EXAMPLES = {"of a broker": "mqtts://broker.example:8883"}


def server(
    tables: Tables,
    written: Mapping[str, object],
    where: Path,
    keys: Mapping[str, Key],
    what: str,
    *,
    main: str = "url",
    beside: tuple[str, ...] = (),
) -> dict[str, object]:
    """The checked keys of a table that says whom to ask, and whether they go together. main: the key that it must have.
    beside: keys that somebody else reads."""
    tables.known(written, where, (*keys, *beside), what)
    values = shown(tables, written, where, keys)
    if main not in written:
        said = f"{'.'.join(where)} has no {main}"
        tables.draft.wrong(tables.key_place(where), said, f'write {main} = "{_EXAMPLES.get(what, "https://...")}"')
    elif main in values:
        judge(tables, where, values)
    return values


def judge(tables: Tables, where: Path, values: Mapping[str, object]) -> None:
    """Remember what does not go together."""

    def place(key: str) -> Place:
        at = (*where, key)
        return tables.key_place(at if at in tables.places.keys else where)

    def tell(key: str, message: str, fix: str) -> None:
        tables.draft.wrong(place(key), message, fix)

    def exposed(key: str, message: str, fix: str) -> None:
        tables.draft.exposes(where[1], place(key), message, fix)

    rules.one_way_in(values, tell)
    if "url" in values:
        rules.encrypted(text(values, "url"), values, tell, exposed)


def shown(tables: Tables, written: Mapping[str, object], where: Path, keys: Mapping[str, Key]) -> dict[str, object]:
    """The checked values of a table, which `config show` prints."""
    values = tables.keyed(written, where, keys)
    tables.draft.fleet |= {".".join((*where, key)): value for key, value in values.items()}
    return values


def access(values: Mapping[str, object]) -> Access:
    """Who we are there."""
    return Access(
        username=text(values, "username"),
        password=secret(values, "password"),
        token=secret(values, "token"),
        ca=text(values, "ca"),
        cert=text(values, "cert"),
        key=text(values, "key"),
        plaintext=values.get("plaintext") is True,
    )


def secret(values: Mapping[str, object], name: str) -> Secret | None:
    """Where a secret is kept; None when it is not said."""
    kinds: tuple[Literal["file", "env", "keyring"], ...] = ("file", "env", "keyring")
    said = [Secret(kind, text(values, f"{name}_{kind}")) for kind in kinds if f"{name}_{kind}" in values]
    return said[0] if said else None


def text(values: Mapping[str, object], key: str) -> str:
    """A value that is a text; empty when it is not said."""
    return str(values.get(key, ""))


def number(values: Mapping[str, object], key: str) -> int | None:
    """A value that is a number."""
    return cast("int | None", values.get(key))
