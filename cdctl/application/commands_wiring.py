"""Composes what carries orders over a command API, and asks whether it answers. See `orders_wiring` for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdctl.application.fleet_wiring import finished
from cdctl.application.wiring import WallClock
from cdctl.errors import CdctlError, RefusedError, UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.orders.api import ApiProfile
    from cdctl.domain.orders.keeping import Journal, Kept
    from cdctl.domain.orders.telling import Telling
    from cdctl.domain.ports import Clock, Probe
    from cdctl.domain.settings import CallbackDoor, CommandApi, Context, Secret, Settings
    from cdctl.protocols.http.executor import HttpExecutor
    from cdctl.protocols.http.proving import Proof
    from cdctl.protocols.http.reaching import Place
    from cdctl.protocols.http.receiving import App, Ear, Listening

_SHORTEST_SECRET = 16
"""Characters."""


def api_profile(api: CommandApi) -> ApiProfile:
    """How a command API is spoken to. Raises FileError."""
    from cdctl.files import api_profiles

    return api_profiles.read(Path(api.profile))


def api_telling(api: CommandApi, context: Context) -> Telling:
    """How orders to an API are written down. Raises FileError."""
    from cdctl.protocols.http.telling import ApiTelling

    callback = _reached(api.callback) if api.callback is not None else ""
    return ApiTelling(context.topic_root, api.url, api_profile(api), callback)


def api_executor(api: CommandApi, context: str, session: str, journal: Journal, clock: Clock) -> HttpExecutor:
    """What carries the orders of a session; not connected yet. Raises FileError, UsageError and RefusedError."""
    from cdctl.protocols.http.executor import HttpExecutor, remembered

    def recall(order: str) -> str:
        return remembered([one.body for one in journal.records(kind="move", subject=order)])

    profile = api_profile(api)
    ear = api_ear(api, profile, context, journal.order, clock)
    return HttpExecutor(profile, lambda: _place(api, context), session, recall, clock, ear)


def api_ear(
    api: CommandApi, profile: ApiProfile, context: str, kept: Callable[[str], Kept | None], clock: Clock
) -> Ear | None:
    """How calls of an API are heard; None where it does not call, or the settings do not say where. Raises UsageError
    when settings and profile do not agree, and RefusedError for an address that others reach without TLS."""
    from cdctl.protocols.http.receiving import Ear

    door, subject = api.callback, f"contexts.{context}.commands.callback"
    if door is None:
        if profile.poll is None:
            hint = 'its profile has no poll: write callback = { listen = "127.0.0.1:8443", ... }'
            raise UsageError("nobody would hear what became of an order", subject=subject, hint=hint)
        return None
    _must_agree(door, profile, subject)

    def served(app: App) -> AbstractAsyncContextManager[Listening]:
        return _served(door, subject, app)

    return Ear(lambda: _proof(door, profile, subject, clock), served, kept)


def must_carry(api: CommandApi, command: str) -> None:
    """Raises RefusedError when the API has no such command, and FileError."""
    known = api_profile(api).commands
    if command not in known:
        raise RefusedError("the command API has no such command", subject=command, hint=f"it has {', '.join(known)}")


def probe_commands(settings: Settings, name: str) -> list[Probe]:
    """Whether the command API of a context answers, and where it may call. What is wrong is a probe that failed."""
    context = settings.context(name)
    if context.commands is None:
        return []
    asked = _probe(context.name, "commands", context.commands.url, _asked(context.commands, context))
    if context.commands.callback is None:
        return [asked]
    listen = context.commands.callback.listen
    return [asked, _probe(context.name, "callbacks", listen, _listened(context.commands, context.name))]


def _probe(context: str, source: str, url: str, work: Coroutine[Any, Any, str]) -> Probe:
    from cdctl.domain.ports import Probe

    try:
        return Probe(context, source, url, True, finished(work))
    except CdctlError as error:
        return Probe(context, source, url, False, str(error.message), error.hint)


async def _asked(api: CommandApi, context: Context) -> str:
    from cdctl.protocols.http.asking import probe
    from cdctl.protocols.http.reaching import Reach

    profile = api_profile(api)
    reach = Reach(_place(api, context.name), profile.pace, profile.headers, WallClock())
    try:
        return f"{profile.name}: {await probe(reach, profile)}; {len(profile.commands)} commands"
    finally:
        await reach.aclose()


def _place(api: CommandApi, context: str) -> Place:
    from cdctl.files.settings.secrets import reveal
    from cdctl.protocols.http.reaching import Place

    access, subject = api.access, f"contexts.{context}.commands"
    return Place(
        api.url,
        token=reveal(access.token, subject) if access.token else "",
        username=access.username,
        password=reveal(access.password, subject) if access.password else "",
        ca=access.ca,
        cert=access.cert,
        key=access.key,
        plaintext=access.plaintext,
    )


def _must_agree(door: CallbackDoor, profile: ApiProfile, subject: str) -> None:
    from cdctl.collector import serving

    if profile.callback is None:
        raise UsageError(
            f"the profile {profile.name} does not say how the API calls",
            subject=subject,
            hint="add callback: {...} to the profile, or leave this out",
        )
    signature = profile.callback.signature
    if signature is not None and door.secret is None:
        hint = "add secret_file, secret_env or secret_keyring: with what the API signs"
        raise UsageError(f"{profile.name} signs its calls, and nothing says with what", subject=subject, hint=hint)
    if signature is None and door.secret is not None:
        hint = "add callback: {signature: {header: ...}} to the profile"
        raise UsageError(f"the profile {profile.name} does not say where a signature is", subject=subject, hint=hint)
    try:
        serving.check(serving.host_and_port(door.listen)[0], door.cert, door.key)
    except RefusedError as error:
        raise RefusedError(error.message, subject=subject, hint="add cert and key, or listen on 127.0.0.1") from None


def _proof(door: CallbackDoor, profile: ApiProfile, subject: str, clock: Clock) -> Proof:
    from cdctl.files.settings.secrets import reveal
    from cdctl.protocols.http.proving import Proof

    def said(secret: Secret | None) -> str:
        found = reveal(secret, subject) if secret is not None else ""
        if secret is not None and len(found) < _SHORTEST_SECRET:
            hint = f"agree on one of {_SHORTEST_SECRET} characters or more, such as: openssl rand -hex 32"
            raise UnavailableError(f"{secret.where} holds a secret that can be guessed", subject=subject, hint=hint)
        return found

    signature = profile.callback.signature if profile.callback is not None else None
    return Proof(signature, clock, said(door.secret), said(door.token))


@asynccontextmanager
async def _served(door: CallbackDoor, subject: str, app: App) -> AsyncIterator[Listening]:
    """Serve an application where the settings say. Raises UnavailableError when the certificate cannot be used; that
    somebody else listens there is told."""
    from cdctl.collector import serving
    from cdctl.protocols.http.receiving import Listening

    tls = serving.tls(door.cert, door.key)
    try:
        listening = serving.bound(*serving.host_and_port(door.listen))
    except UnavailableError as error:
        found = Listening("", f"the API's calls are not heard at {door.listen}: {error.message}")
        listening = None
    if listening is None:
        yield found
        return
    task = asyncio.create_task(serving.serve(app, listening, tls))
    try:
        yield Listening(door.url or serving.url(listening, tls))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        listening.close()


def _reached(door: CallbackDoor) -> str:
    return door.url or f"{'https' if door.cert else 'http'}://{door.listen}"


async def _listened(api: CommandApi, context: str) -> str:
    """Where the API may call, and what it must show; what cannot be is raised."""
    profile = api_profile(api)
    ear = api_ear(api, profile, context, lambda _: None, WallClock())
    door = api.callback
    assert ear is not None and door is not None and profile.callback is not None
    proof = ear.proof()
    async with ear.serve(_silent) as found:
        if not found.url:
            hint = "another cdctl may listen there: until it ends, jobs are looked at instead"
            raise UnavailableError(found.why, hint=hint)
    shown = [f"signed in {proof.signature.header}"] if proof.signature is not None else []
    if proof.signature is not None and proof.signature.timestamp:
        shown.append(f"at most {proof.signature.within:g} s old")
    shown += ["with our token"] if proof.token else []
    return f"{profile.name} may call {_reached(door)}; heard at {door.listen}, {', '.join(shown)}"


async def _silent(*_: Any) -> None:
    """Hears nothing: whether one could listen was the question."""
