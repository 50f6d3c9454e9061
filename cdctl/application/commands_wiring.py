"""Composes what carries orders over a command API, and asks whether it answers. See `orders_wiring` for the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application.fleet_wiring import finished
from cdctl.application.wiring import WallClock
from cdctl.errors import CdctlError, RefusedError

if TYPE_CHECKING:
    from cdctl.domain.orders.api import ApiProfile
    from cdctl.domain.orders.keeping import Journal
    from cdctl.domain.orders.telling import Telling
    from cdctl.domain.ports import Clock, Probe
    from cdctl.domain.settings import CommandApi, Context, Settings
    from cdctl.protocols.http.executor import HttpExecutor
    from cdctl.protocols.http.reaching import Place


def api_profile(api: CommandApi) -> ApiProfile:
    """How a command API is spoken to. Raises FileError."""
    from cdctl.files import api_profiles

    return api_profiles.read(Path(api.profile))


def api_telling(api: CommandApi, context: Context) -> Telling:
    """How orders to an API are written down. Raises FileError."""
    from cdctl.protocols.http.telling import ApiTelling

    return ApiTelling(context.topic_root, api.url, api_profile(api))


def api_executor(api: CommandApi, context: str, session: str, journal: Journal, clock: Clock) -> HttpExecutor:
    """What carries the orders of a session; not connected yet. Raises FileError."""
    from cdctl.protocols.http.executor import HttpExecutor, remembered

    def recall(order: str) -> str:
        return remembered([one.body for one in journal.records(kind="move", subject=order)])

    return HttpExecutor(api_profile(api), lambda: _place(api, context), session, recall, clock)


def must_carry(api: CommandApi, command: str) -> None:
    """Raises RefusedError when the API has no such command, and FileError."""
    known = api_profile(api).commands
    if command not in known:
        raise RefusedError("the command API has no such command", subject=command, hint=f"it has {', '.join(known)}")


def probe_commands(settings: Settings, name: str) -> list[Probe]:
    """Whether the command API of a context answers. What is wrong is a probe that failed."""
    from cdctl.domain.ports import Probe

    context = settings.context(name)
    if context.commands is None:
        return []
    url = context.commands.url
    try:
        return [Probe(context.name, "commands", url, True, finished(_asked(context.commands, context)))]
    except CdctlError as error:
        return [Probe(context.name, "commands", url, False, str(error.message), error.hint)]


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
