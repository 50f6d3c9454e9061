"""`cdctl keys`: the keys that sign orders, and whose keys are believed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import completion, exits, output
from cdctl.cli.options import OutputOption, Run, noun, run_of
from cdctl.cli.records import Column, Record
from cdctl.cli.settings import settings_of
from cdctl.domain.fleet.privacy import masked
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.domain.settings import Settings, SigningKey
    from cdctl.security.key_changes import KeyChange
    from cdctl.security.key_list import KeyListing

app = noun("Make, list, rotate and revoke the keys that sign orders.")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}")
_FILE = typer.Option(metavar="FILE", help="Keep the private key there, mode 0600.")
_KEYRING = typer.Option(metavar="SERVICE/NAME", help="Keep the private key in the keyring.")
FileOption = Annotated[str, _FILE]
KeyringOption = Annotated[str, _KEYRING]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The operator.")]


def _roles(record: Record) -> str:
    return ", ".join(str(role) for role in _sequence(record["roles"]))


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


_LIST = (
    Column("owner"),
    Column("fingerprint"),
    Column("roles", text=_roles),
    Column("state"),
    Column("until"),
    Column("revoked"),
    Column("private", shrinks=True),
    Column("public", wide=True),
    Column("note", shrinks=True),
)
_SHOW = (*_LIST[:6], Column("public"), Column("private", wide=True))
_CHANGE = (
    Column("what"),
    Column("owner"),
    Column("fingerprint"),
    Column("trusted", text=lambda record: "yes" if record["trusted"] else "no"),
    Column("until"),
    Column("private", shrinks=True),
    Column("public", wide=True),
    Column("reason", shrinks=True),
)


@app.command("new", epilog="Example: cdctl keys new alice --role engineer")
def new(
    ctx: typer.Context,
    name: NameArgument,
    file: FileOption = "",
    keyring: KeyringOption = "",
    roles: Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            metavar="ROLE",
            help="Repeatable; puts the operator into the trust file of the context.",
            autocompletion=completion.roles,
        ),
    ] = None,
    outputs: OutputOption = None,
) -> None:
    """Make a key for an operator. The private part is kept for you alone; without --role nobody trusts it yet."""
    from cdctl.application import keys_wiring

    run = run_of(ctx)
    settings = settings_of(run)
    made = keys_wiring.new_key(settings, _named(name), _place(name, file, keyring), tuple(roles or ()))
    _changed(run, outputs, made)
    for role in keys_wiring.strange_roles(settings, tuple(roles or ())):
        exits.insist(f"the policy speaks of no role {role}: it allows nothing; cdctl policy check")
    if not made.trusted:
        lines = keys_wiring.trust_lines(name, made.public, ("oncall",)).rstrip()
        exits.note(run, f"nobody trusts it yet; for the trust file, with roles of your own:\n{lines}")
    _use(run, settings, made)


@app.command("ls", epilog="Example: cdctl keys ls -o json")
def list_keys(ctx: typer.Context, outputs: OutputOption = None) -> None:
    """List operators' keys, who has them and until when, and the private keys that are found here.

    Private keys are looked for where the settings say, and where `keys new` puts them. Nothing secret is shown.
    """
    from cdctl.application import keys_wiring

    run = run_of(ctx)
    found, trust = keys_wiring.keys_of(settings_of(run))
    output.show(run, outputs, [_row(one) for one in found], _LIST)
    if trust is None:
        exits.note(run, 'the context names no trust file: write trust = "trust.toml" in it')
    elif len(trust.vehicles.vins):
        ended = f", of which {int(trust.vehicles.revoked.sum()):,} are revoked" if trust.vehicles.revoked.any() else ""
        exits.note(run, f"and {len(trust.vehicles.vins):,} keys of vehicles{ended}")


@app.command("show", epilog="Example: cdctl keys show --agent alice@laptop")
def show(
    ctx: typer.Context,
    file: Annotated[str, typer.Option(metavar="FILE", help="A private key in a file.")] = "",
    keyring: Annotated[str, typer.Option(metavar="SERVICE/NAME", help="One in the keyring.")] = "",
    agent: Annotated[str, typer.Option(metavar="KEY", help="One of the ssh-agent: its fingerprint or comment.")] = "",
    outputs: OutputOption = None,
) -> None:
    """Show the public part of a key, as the trust file wants it: the context's own, unless another is named."""
    from cdctl.application import keys_wiring, security_wiring
    from cdctl.domain.settings import SigningKey

    run = run_of(ctx)
    settings = settings_of(run)
    if sum(map(bool, (file, keyring, agent))) > 1:
        raise UsageError("--file, --keyring and --agent name different keys", hint="keep one")
    context = settings.context() if settings.default_context else None
    kept = context.signing_key if context else None
    if agent:
        kept = SigningKey("agent", agent)
    elif file or keyring:
        kept = _place("", file, keyring)
    if kept is None:
        raise UsageError("which key? The context has no signing_key", hint="--file, --keyring or --agent names one")
    trust = security_wiring.trust_of(context) if context and context.trust else None
    output.show(run, outputs, [_row(keys_wiring.public_key(kept, trust))], _SHOW)


@app.command("rotate", epilog="Example: cdctl keys rotate alice --overlap 7d")
def rotate(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The operator.", autocompletion=completion.operators)],
    overlap: Annotated[str, typer.Option(metavar="DURATION", help="How long the old key is still believed.")] = "7d",
    file: FileOption = "",
    keyring: KeyringOption = "",
    outputs: OutputOption = None,
) -> None:
    """Make another key for an operator of the trust file; the old one is believed until the overlap is over.

    Everybody, and every vehicle, needs the new trust file before the overlap is over.
    """
    from cdctl.application import keys_wiring
    from cdctl.cli.values import span

    run = run_of(ctx)
    settings, length = settings_of(run), span(overlap, "--overlap")
    made = keys_wiring.rotate_key(settings, _named(name), _place(name, file, keyring), length)
    _changed(run, outputs, made)
    _use(run, settings, made)


@app.command("revoke", epilog='Example: cdctl keys revoke e0502fac5ccdd3cf --reason "laptop lost"')
def revoke(
    ctx: typer.Context,
    key: Annotated[
        str,
        typer.Argument(
            metavar="FINGERPRINT",
            help="Of an operator's or a vehicle's key.",
            autocompletion=completion.fingerprints,
        ),
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; goes into the trust file.")] = "",
    outputs: OutputOption = None,
) -> None:
    """Believe a key no more: at once here, elsewhere as soon as the trust file has arrived there.

    Nothing holds it up: exit 4 when it is done, but the journal could not be written.
    """
    from cdctl.application import keys_wiring

    run = run_of(ctx)
    made, unwritten = keys_wiring.revoke_key(settings_of(run), key, reason)
    _changed(run, outputs, made)
    if unwritten:
        exits.insist(f"the key is revoked, and that is not in the journal: {unwritten}")
        exits.leave(exits.Code.PARTLY)


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no operator's name", hint="use letters, digits and _ . @ + -")
    return name


def _place(name: str, file: str, keyring: str) -> SigningKey:
    from cdctl.application import keys_wiring
    from cdctl.domain.settings import SigningKey

    if file and keyring:
        raise UsageError("--file and --keyring are two places", hint="keep one")
    if keyring:
        return SigningKey("keyring", keyring)
    return SigningKey("file", file or str(keys_wiring.next_file(_named(name))))


def _row(one: KeyListing) -> Mapping[str, object]:
    return {
        "owner": one.owner,
        "fingerprint": one.fingerprint,
        "roles": list(one.roles),
        "state": one.state,
        "until": _instant(one.until),
        "revoked": _instant(one.revoked),
        "private": one.private,
        "public": one.public,
        "note": one.note,
    }


def _instant(at: float | None) -> str:
    return datetime.fromtimestamp(int(at), UTC).isoformat().replace("+00:00", "Z") if at else ""


def _changed(run: Run, outputs: list[str] | None, made: KeyChange) -> None:
    facts = {
        "what": made.what,
        "owner": masked(made.owner) if made.vehicle else made.owner,
        "fingerprint": made.fingerprint,
        "trusted": made.trusted,
        "until": _instant(made.until),
        "private": f"{made.kept.kind} {made.kept.where}" if made.kept else "",
        "public": made.public,
        "reason": made.reason,
    }
    output.show(run, outputs, [facts], _CHANGE)


def _use(run: Run, settings: Settings, made: KeyChange) -> None:
    """Say how to sign with a new key from now on."""
    if made.kept is None or (settings.default_context and settings.context().signing_key == made.kept):
        return
    where = _beside(settings, made.kept.where) if made.kept.kind == "file" else made.kept.where
    exits.note(run, f'to sign with it: signing_key = {{ {made.kept.kind} = "{where}" }} in the context')


def _beside(settings: Settings, file: str) -> str:
    """A file as the settings name it: they read it beside their own file, not where somebody stands."""
    path, folder = Path(file).expanduser().absolute(), Path(settings.file or "/").absolute().parent
    return str(path.relative_to(folder)) if settings.file and path.is_relative_to(folder) else str(path)
