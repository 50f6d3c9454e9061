"""Whether a broker lets us hear a fleet: what it grants, and whether it delivers what it granted.

Some brokers grant every subscription and leave out, message by message, what their rules forbid (Mosquitto's acl_file).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cdctl.application.broker import QUIET, Ear, Gate, opened
from cdctl.domain.ports import Probe
from cdctl.domain.wire import Filter, Publish
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.domain.wire import Grant, Link, Message, Up

PATIENCE = 2.0
"""Seconds after which a message of our own that is not back will not come."""


@dataclass(frozen=True, slots=True)
class Access:
    """What one broker lets us do. grants: what it said to each filter. answered_s: from a question to its answer.
    withheld: why we may hear nothing of what it granted."""

    region: str
    url: str
    up: Up | None = None
    connected_s: float = 0.0
    answered_s: float = 0.0
    grants: tuple[Grant, ...] = ()
    withheld: str = ""
    error: str = ""
    hint: str = ""


async def knock(gate: Gate, filters: Sequence[Filter], kept: Sequence[Filter] = (), room: str = "") -> Access:
    """Connect, ask for the topics of the fleet, leave again. What fails is said, not raised. kept: topics of which a
    fleet that was ever there has left messages; when there are none, one of our own below `room` is tried."""
    loop = asyncio.get_running_loop()
    trial = Trial(kept, room)
    try:
        async with opened(gate, Ear(trial.heard)) as (link, up, took):
            began = loop.time()
            grants = await link.subscribe([replace(wanted, retained=False) for wanted in filters])
            answered = loop.time() - began
            whole = all(grant.qos is not None for grant in grants)
            withheld = await trial.run(link) if whole and kept and up.retain else ""
            return Access(gate.region, gate.url, up, took, answered, tuple(grants), withheld)
    except CdctlError as error:
        return Access(gate.region, gate.url, error=error.message, hint=error.hint)


class Trial:
    """Whether anything granted arrives."""

    def __init__(self, kept: Sequence[Filter], room: str) -> None:
        self._kept = kept
        self._own = f"{room}/{uuid.uuid4().hex}"
        self._came = asyncio.Event()

    def heard(self, messages: Sequence[Message]) -> None:
        """Any message proves that some are delivered."""
        self._came.set()

    async def run(self, link: Link) -> str:
        """Why we may hear nothing; empty when something came."""
        await link.subscribe([replace(wanted, qos=0, retained=True) for wanted in self._kept])
        if await self._comes(QUIET):
            return ""
        (grant,) = await link.subscribe([Filter(self._own, 1)])
        (receipt,) = await link.publish([Publish(self._own, b"", 1)]) if grant.qos is not None else [None]
        if receipt is None or receipt.code is None or receipt.code >= 128:
            return "but nothing came: no vehicle was ever there, or its rules (an ACL) keep them from us"
        return "" if await self._comes(PATIENCE) else "but delivers nothing: its rules (an ACL) do not let us read"

    async def _comes(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._came.wait()
        except TimeoutError:
            return False
        return True


def probed(context: str, one: Access) -> Probe:
    """What was found, as a line: fine when every topic of the fleet is granted and something is delivered."""
    source = f"broker {one.region}"
    if one.up is None:
        return Probe(context, source, one.url, False, one.error, one.hint)
    speaks = "MQTT 5" if one.up.version == 5 else "MQTT 3.1.1"
    refused = [grant for grant in one.grants if grant.qos is None]
    many = f"{len(one.grants)} topic filters" if len(one.grants) != 1 else "the topic filter"
    granted = f"grants {'all ' * (len(one.grants) != 1)}{many}{', ' * bool(one.withheld)}{one.withheld}"
    hint = f"ask for the right to read {one.grants[0].topic}, or wait for a vehicle" if one.withheld else ""
    if refused:
        why = f" ({refused[0].reason})" if refused[0].reason else ""
        granted = f"refuses {', '.join(grant.topic for grant in refused)}{why}"
        hint = "ask for the right to subscribe to them, or name an inventory"
    times = f"connected in {one.connected_s * 1000:.0f} ms, answers in {one.answered_s * 1000:.1f} ms"
    note = f"; {one.up.note}" if one.up.note else ""
    return Probe(context, source, one.url, not hint, f"{speaks}, {granted}, {times}{note}", hint)
