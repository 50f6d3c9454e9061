"""Names of OpenTelemetry's semantic conventions that cdctl knows, and which attributes have a column of their own.

https://opentelemetry.io/docs/specs/semconv/; what is renamed there keeps its old name beside the new one.
"""

from __future__ import annotations

from typing import NamedTuple


class Attribute(NamedTuple):
    """An attribute as TraceQL scopes it: `resource.service.name`, `span.http.route`."""

    scope: str
    """`resource` or `span`."""
    key: str

    def __str__(self) -> str:
        return f"{self.scope}.{self.key}"


def _of(scope: str, *keys: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(scope, key) for key in keys)


PROMOTED: tuple[Attribute, ...] = (
    *_of(
        "resource", "service.name", "service.version", "service.namespace", "deployment.environment.name",
        "cloud.region", "cloud.availability_zone", "host.name", "k8s.cluster.name",
        "k8s.namespace.name", "k8s.pod.name",
    ),
    *_of(
        "span", "region", "cell", "vehicle.id", "vehicle.model", "vehicle.software", "command.name", "command.outcome",
        "error.type", "http.request.method", "http.route", "http.response.status_code", "rpc.system", "rpc.service",
        "rpc.method", "rpc.response.status_code", "messaging.system", "messaging.operation.type",
        "messaging.destination.template", "db.system.name", "server.address",
    ),
)  # fmt: skip
"""Attributes with a column of their own in a store; all others are in its two maps."""

OLD_NAMES: dict[str, str] = {
    "http.method": "http.request.method",
    "http.status_code": "http.response.status_code",
    "rpc.grpc.status_code": "rpc.response.status_code",
    "messaging.operation": "messaging.operation.type",
    "deployment.environment": "deployment.environment.name",
    "db.system": "db.system.name",
    "net.peer.name": "server.address",
}
"""Older names and what they are called now. Both are found by either name."""


def spellings(key: str) -> tuple[str, ...]:
    """Every name of an attribute, its present one first."""
    now = OLD_NAMES.get(key, key)
    return (now, *(old for old, new in OLD_NAMES.items() if new == now))


_PROMOTED = frozenset(PROMOTED)


def present(scope: str, key: str) -> str:
    """What a store calls an attribute: by its present name where that has a column, else as it came."""
    now = OLD_NAMES.get(key, key)
    return now if Attribute(scope, now) in _PROMOTED else key


VEHICLE_IDS = ("vehicle.id", "vehicle.vin", "vin", "enduser.vehicle")
"""Attributes that may name a vehicle, the likeliest first."""
