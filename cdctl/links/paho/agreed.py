"""What a broker agreed to in its CONNACK, as paho tells it."""

from __future__ import annotations

from paho.mqtt.client import ConnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cdctl.domain.wire import Address, Up
from cdctl.errors import UnavailableError
from cdctl.links.carrier import OldBrokerError, Opened
from cdctl.links.endpoint import Endpoint
from cdctl.links.paho.notes import text_of
from cdctl.links.reasons import NOT_SUPPORTED, cure, words

_OLD = "MQTT 3.1.1: no reply topics, no expiry, and a refused publish looks like one that was taken"


def refusal(reason: ReasonCode, properties: Properties | None, end: Endpoint) -> UnavailableError:
    """Why the broker does not want us."""
    if reason.value == NOT_SUPPORTED:
        return OldBrokerError("the broker speaks MQTT 3.1.1 only", subject=str(end))
    said = f"the broker refused us: {words(reason.value, text_of(properties))}"
    return UnavailableError(said, subject=str(end), hint=cure(reason.value))


def agreed(flags: ConnectFlags, properties: Properties | None, address: Address, client_id: str) -> Opened:
    """Limits and what is missing; MQTT 3.1.1 has no words for either."""

    def of(name: str, default: int) -> int:
        return int(getattr(properties, name, default))

    wildcards, retain = of("WildcardSubscriptionAvailable", 1), of("RetainAvailable", 1)
    qos = of("MaximumQoS", 1)
    missing = {"no wildcards": not wildcards, "no retained messages": not retain, "QoS 0 only": not qos}
    notes = ", ".join(note for note, is_missing in missing.items() if is_missing)
    up = Up(
        version=address.version,
        client_id=getattr(properties, "AssignedClientIdentifier", "") or client_id,
        session_present=bool(flags.session_present),
        receive_maximum=of("ReceiveMaximum", address.receive_maximum if address.version == 4 else 65_535),
        maximum_packet=getattr(properties, "MaximumPacketSize", None),
        wildcards=bool(wildcards),
        retain=bool(retain),
        shared=bool(of("SharedSubscriptionAvailable", int(address.version == 5))),
        note=_OLD if address.version == 4 else f"this broker has {notes}" if notes else "",
    )
    return Opened(up, of("ServerKeepAlive", address.keep_alive), min(qos, 1))
