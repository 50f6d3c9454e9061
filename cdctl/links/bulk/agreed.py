"""What a broker agreed to in its CONNACK (MQTT 5.0, section 3.2)."""

from __future__ import annotations

import mqtt5

from cdctl.domain.wire import Address, Up
from cdctl.errors import UnavailableError
from cdctl.links.carrier import OldBrokerError, Opened
from cdctl.links.endpoint import Endpoint
from cdctl.links.reasons import NOT_SUPPORTED, cure, words

OLD_BROKER = "the broker speaks MQTT 3.1.1 only"


def agreed(answer: mqtt5.ConnAckPacket, address: Address, client_id: str, end: Endpoint) -> Opened:
    """Limits and what is missing. Raises OldBrokerError, and UnavailableError for any other refusal."""
    code = int(answer.reason_code)
    if code == NOT_SUPPORTED:
        raise OldBrokerError(OLD_BROKER, subject=str(end))
    if code:
        said = f"the broker refused us: {words(code, answer.reason_str or '')}"
        raise UnavailableError(said, subject=str(end), hint=cure(code))
    missing = {
        "no wildcards": not answer.wildcard_subscription_available,
        "no retained messages": not answer.retain_available,
        "QoS 0 only": int(answer.max_qos) == 0,
    }
    notes = ", ".join(note for note, is_missing in missing.items() if is_missing)
    up = Up(
        version=5,
        client_id=answer.assigned_client_id or client_id,
        session_present=answer.session_present,
        receive_maximum=answer.receive_max,
        maximum_packet=answer.max_packet_size,
        wildcards=answer.wildcard_subscription_available,
        retain=answer.retain_available,
        shared=answer.shared_subscription_available,
        note=f"this broker has {notes}" if notes else "",
    )
    keep_alive = address.keep_alive if answer.server_keep_alive is None else answer.server_keep_alive
    return Opened(up, keep_alive, min(1, int(answer.max_qos)))
