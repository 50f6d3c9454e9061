"""Names of groups in a promise, and which attributes of spans they mean.

`span.x` and `resource.x` mean that attribute. A bare name means the attribute of the span, and that of the resource
where the span has none; a few short names stand for what the semantic conventions call longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cdctl.domain.traces.attributes import OLD_NAMES, PROMOTED, Attribute

_SCOPES = ("span", "resource")


def _span(*keys: str) -> tuple[Attribute, ...]:
    return tuple(Attribute("span", key) for key in keys)


def _resource(*keys: str) -> tuple[Attribute, ...]:
    return tuple(Attribute("resource", key) for key in keys)


SHORT: Mapping[str, tuple[Attribute, ...]] = MappingProxyType(
    {
        "region": _span("region") + _resource("cloud.region"),
        "zone": _span("zone") + _resource("cloud.availability_zone"),
        "service": _resource("service.name"),
        "version": _resource("service.version"),
        "environment": _resource("deployment.environment.name"),
        "cluster": _resource("k8s.cluster.name"),
        "namespace": _resource("k8s.namespace.name"),
        "model": _span("vehicle.model", "model"),
        "software": _span("vehicle.software", "software"),
        "sw": _span("vehicle.software", "sw"),
        "command": _span("command.name", "command"),
        "outcome": _span("command.outcome", "outcome"),
    }
)
"""Short names and the attributes they mean; the first that a span has counts."""


def attributes(name: str) -> tuple[Attribute, ...]:
    """Where the value of a group's name is looked for, the likeliest first; never empty."""
    if name in SHORT:
        return SHORT[name]
    scope, _, key = name.partition(".")
    if scope in _SCOPES and key:
        return (Attribute(scope, OLD_NAMES.get(key, key)),)
    key = OLD_NAMES.get(name, name)
    known = tuple(one for one in PROMOTED if one.key == key)
    return known or (Attribute("span", key), Attribute("resource", key))
