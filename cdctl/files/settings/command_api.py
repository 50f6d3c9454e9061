"""What a settings file says of a command API: whom to ask, how it is spoken to, and where it may call us."""

from __future__ import annotations

from collections.abc import Mapping

from cdctl.domain.address import is_loopback
from cdctl.domain.settings import CallbackDoor, CommandApi
from cdctl.domain.toml_places import Path
from cdctl.errors import Place
from cdctl.files.settings import rules
from cdctl.files.settings.fleet_keys import CALLBACK, COMMANDS
from cdctl.files.settings.servers import access, secret, server, shown, text
from cdctl.files.settings.tables import Tables

_FIX = 'write { url = "https://...", profile = "api.yaml", token_file = "..." }'
_CALLBACK_FIX = 'write { listen = "127.0.0.1:8443", url = "https://...", secret_file = "..." }'
_OPEN, _OPEN_FIX = "the API would call us without TLS", "use https://"
_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - refused without a certificate


def read(tables: Tables, where: Path, written: object) -> CommandApi | None:
    """`commands` of a context; None when it has none, or it is wrong."""
    if written is None:
        return None
    if not isinstance(written, dict):
        tables.draft.wrong(tables.value_place(where), "this is no command API", _FIX)
        return None
    values = server(tables, written, where, COMMANDS, "of commands", beside=("callback",))
    if "profile" not in written:
        tables.draft.wrong(tables.key_place(where), "a command API without a profile", _FIX)
    callback = _callback(tables, (*where, "callback"), written.get("callback"))
    if "url" not in values:
        return None
    return CommandApi(text(values, "url"), text(values, "profile"), access(values), callback)


def _callback(tables: Tables, where: Path, written: object) -> CallbackDoor | None:
    if written is None:
        return None
    if not isinstance(written, dict):
        tables.draft.wrong(tables.value_place(where), "this says not where the API calls", _CALLBACK_FIX)
        return None
    tables.known(written, where, CALLBACK, "of callback")
    values = shown(tables, written, where, CALLBACK)
    if "listen" not in written:
        tables.draft.wrong(tables.key_place(where), f"{'.'.join(where)} has no listen", _CALLBACK_FIX)
    if "listen" not in values:
        return None
    _judge(tables, where, values)
    return CallbackDoor(
        text(values, "listen"),
        text(values, "url"),
        secret(values, "secret"),
        secret(values, "token"),
        text(values, "cert"),
        text(values, "key"),
    )


def _judge(tables: Tables, where: Path, values: Mapping[str, object]) -> None:
    """Only who proves who he is is heard, and nobody else can listen."""

    def place(key: str) -> Place:
        at = (*where, key)
        return tables.key_place(at if at in tables.places.keys else where)

    def tell(key: str, message: str, fix: str) -> None:
        tables.draft.wrong(place(key), message, fix)

    rules.one_way_in(values, tell)
    secrets = [key for key in values if key.startswith("secret_")]
    if len(secrets) > 1:
        tell(secrets[1], f"{' and '.join(secrets)} say the same thing twice", "keep one")
    if not any(key.startswith(("secret_", "token_")) for key in values):
        tell("listen", "anybody could call: nothing proves who does", "add secret_file = ..., with which the API signs")
    host, url = text(values, "listen").rpartition(":")[0].strip("[]"), text(values, "url")
    if not is_loopback(host) and "cert" not in values:
        fix = "add cert and key, or listen on 127.0.0.1"
        tables.draft.exposes(where[1], place("listen"), f"{host} can be reached by others, and without TLS", fix)
    if host in _ANYWHERE and not url:
        tell("listen", "nothing says at which address the API reaches us", 'add url = "https://..."')
    if url:
        rules.encrypted(url, {}, tell, lambda key, _, __: tables.draft.exposes(where[1], place(key), _OPEN, _OPEN_FIX))
