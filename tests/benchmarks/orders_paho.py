"""What somebody writes who has paho-mqtt and PyNaCl: signed orders to many vehicles, verified answers, no memory.

python orders_paho.py '{"port": ..., "seed": HEX, "keys": CSV, "vins": [[REGION, VIN], ...]}'    prints what it came to
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nacl import bindings
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ORDER = "application/vnd.cdctl.order.v1+json"
REPLY = "application/vnd.cdctl.reply.v1+json"
SESSION = "0123456789abcdef"
WINDOW = 100
EXPIRY = 300
PATIENCE = 120.0


class FanOut:
    """One run."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        public, self._secret = bindings.crypto_sign_seed_keypair(bytes.fromhex(told["seed"]))
        self._keyid = hashlib.sha256(public).hexdigest()[:16]
        rows = list(csv.reader(Path(told["keys"]).read_text().splitlines()))[1:]
        self._keys = {vin: base64.b64decode(key.removeprefix("ed25519:")) for vin, key, *_ in rows}
        self._vins = [tuple(one) for one in told["vins"]]
        self._plan = os.urandom(32).hex()
        self._open: dict[str, bool] = {}
        self.acked = self.succeeded = 0
        self.client = client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._granted = False
        client.max_inflight_messages_set(WINDOW)
        client.on_connect = lambda *_: client.subscribe(f"cd/+/+/reply/{SESSION}", 1)
        client.on_subscribe = self._subscribed
        client.on_message = self._heard
        client.connect("127.0.0.1", told["port"])
        while not self._granted:
            client.loop(1.0)

    def _subscribed(self, *_: object) -> None:
        self._granted = True

    def run(self) -> None:
        """All orders, until every vehicle has answered."""
        for region, vin in self._vins:
            self._send(region, vin)
        until = time.monotonic() + PATIENCE
        while self._open:
            self.client.loop(1.0)
            if time.monotonic() > until:
                raise SystemExit(f"{len(self._open)} vehicles never answered")

    def _send(self, region: str, vin: str) -> None:
        now, name = time.time_ns() // 1_000_000, os.urandom(13).hex()
        reply = f"cd/{region}/{vin}/reply/{SESSION}"
        order = {
            "v": 1, "id": name, "key": f"{self._plan[:16]}-{vin}", "vin": vin, "region": region, "command": "ping",
            "args": {}, "nonce": os.urandom(16).hex(), "nbf": now, "exp": now + EXPIRY * 1000, "timeout": 60_000,
            "created": now, "plan": self._plan, "reply": reply,
        }  # fmt: skip
        payload = json.dumps(order, separators=(",", ":")).encode()
        signature = bindings.crypto_sign(_pae(ORDER, payload), self._secret)[:64]
        envelope = {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": ORDER,
            "signatures": [{"keyid": self._keyid, "sig": base64.b64encode(signature).decode()}],
        }
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic, properties.CorrelationData = reply, name.encode()
        properties.MessageExpiryInterval = EXPIRY
        self._open[name] = False
        self.client.publish(f"cd/{region}/{vin}/cmd", json.dumps(envelope), 1, properties=properties)

    def _heard(self, client: Client, data: object, message: MQTTMessage) -> None:
        vin = message.topic.split("/")[2]
        envelope = json.loads(message.payload)
        payload = base64.b64decode(envelope["payload"])
        signature = base64.b64decode(envelope["signatures"][0]["sig"])
        bindings.crypto_sign_open(signature + _pae(REPLY, payload), self._keys[vin])
        word = json.loads(payload)
        if word["vin"] != vin or word["order"] not in self._open:
            return
        if word["state"] == "acked":
            self.acked += 1
        elif word["state"] != "running":
            self.succeeded += word["state"] == "succeeded"
            del self._open[word["order"]]


def _pae(kind: str, payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def cpu() -> float:
    """Seconds of processor time of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(told: Mapping[str, Any]) -> None:
    """One run, and what it came to."""
    fan_out = FanOut(told)
    spent, began = cpu(), time.perf_counter()
    fan_out.run()
    found = {"cpu": cpu() - spent, "wall": time.perf_counter() - began}
    print(json.dumps(found | {"acked": fan_out.acked, "succeeded": fan_out.succeeded}))
    fan_out.client.disconnect()


if __name__ == "__main__":
    main(json.loads(sys.stdin.read()))
