"""What `cdctl lab up` printed, as the context `lab`: checked by nobody but the lab, which wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cdctl.domain.settings import LAB, Broker, Context, ProtocolChoice, SigningKey, Traces


class Found(NamedTuple):
    """The context without its sources, its sources, and the columns of its vehicles."""

    context: Context
    sources: Mapping[str, Mapping[str, object]]
    columns: Mapping[str, str]


def read(path: Path) -> Found | None:
    """The context of the lab that this file tells of, or None: none is there, or it is not ready."""
    try:
        return found(json.loads(path.read_text(encoding="utf-8"))["context"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def found(document: Mapping[str, Any]) -> Found:
    """The context in the JSON that `cdctl lab up` prints. Raises KeyError, TypeError or AttributeError for others."""
    brokers = {region: Broker(region, str(one["url"])) for region, one in document.get("brokers", {}).items()}
    context = Context(
        LAB,
        brokers=brokers,
        protocol=ProtocolChoice(str(document.get("protocol", "native"))),
        topic_root=str(document.get("topic_root", "cd")),
        signing_key=SigningKey("file", str(document["signing_key"]["file"])) if "signing_key" in document else None,
        trust=str(document.get("trust", "")),
        policy=str(document.get("policy", "")),
        otlp=str(document.get("otlp", "")),
        traces=Traces("store", str(document["traces"]["store"])) if "store" in document.get("traces", {}) else None,
    )
    columns = {str(name): str(path) for name, path in document.get("fleet", {}).get("columns", {}).items()}
    sources: dict[str, Mapping[str, object]] = {"prometheus": {"url": str(document["prometheus"]["url"])}}
    if context.traces:
        sources["traces"] = context.traces.table
    return Found(context, sources, columns)


def shown(lab: Found) -> Iterator[tuple[str, object]]:
    """What `config show` says of its vehicles: dotted keys and values."""
    for region, broker in lab.context.brokers.items():
        yield f"contexts.{LAB}.brokers.{region}.url", broker.url
    if lab.context.brokers:
        yield f"contexts.{LAB}.protocol", lab.context.protocol.name
        yield f"contexts.{LAB}.topic_root", lab.context.topic_root
    if lab.context.signing_key:
        yield f"contexts.{LAB}.signing_key.file", lab.context.signing_key.where
    for key, path in (("trust", lab.context.trust), ("policy", lab.context.policy)):
        if path:
            yield f"contexts.{LAB}.{key}", path
