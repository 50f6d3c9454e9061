"""What `cdctl broker` shows of brokers themselves: facts and round trips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from cdctl.cli import records
from cdctl.domain.duration import brief

if TYPE_CHECKING:
    from cdctl.application.broker import Facts, Pings

_BARS = "▁▂▃▄▅▆▇█"
_WIDEST = 40
_SYS = {
    "version": ("version",),
    "uptime": ("uptime",),
    "clients": ("clients/connected", "stats/connections/count"),
    "clients_known": ("clients/total", "stats/sessions/count"),
    "subscriptions": ("subscriptions/count", "stats/subscriptions/count"),
    "received_per_min": ("load/publish/received/1min",),
    "sent_per_min": ("load/publish/sent/1min",),
    "dropped_per_min": ("load/publish/dropped/1min",),
    "dropped": ("publish/messages/dropped", "metrics/messages/dropped", "metrics/delivery/dropped"),
    "stored": ("store/messages/count", "messages/stored"),
    "stored_bytes": ("store/messages/bytes",),
    "retained": ("retained messages/count", "stats/retained/count"),
    "memory_bytes": ("heap/current",),
}
"""Facts by the ends of the topics that tell them: those of Mosquitto first, then those of EMQX."""


def fact(one: Facts) -> dict[str, object]:
    """One broker for programs."""
    up = one.up
    known: dict[str, object] = {
        "region": one.region,
        "url": one.url,
        "ok": not one.error,
        "error": one.error,
        "hint": one.hint,
        "protocol": None if up is None else "MQTT 5" if up.version == 5 else "MQTT 3.1.1",
        "connected_ms": None if one.connected_s is None else round(one.connected_s * 1000, 1),
    }
    known |= {name: _told(one.sys, ends) for name, ends in _SYS.items()}
    known["uptime_s"] = _seconds(known.pop("uptime"))
    for name in ("received", "sent", "dropped"):
        a_minute = known.pop(f"{name}_per_min")
        known[f"{name}_per_s"] = round(a_minute / 60, 1) if isinstance(a_minute, int | float) else None
    if up:
        known |= {"receive_maximum": up.receive_maximum, "maximum_packet": up.maximum_packet}
        known |= {"wildcards": up.wildcards, "retain": up.retain, "shared": up.shared}
    known["sys_topics"] = len(one.sys)
    known["note"] = "; ".join(filter(None, (f"no $SYS: {one.silence}" if one.silence else "", up.note if up else "")))
    return known


_TITLES = {"uptime_s": "uptime"}


def untold(one: Facts) -> str:
    """Figures that a Mosquitto has and did not tell; empty for other brokers."""
    if not any(topic.startswith("$SYS/broker/load/") for topic in one.sys):
        return ""
    names = ("clients", "subscriptions", "stored", "retained")
    return ", ".join(name for name in names if _told(one.sys, _SYS[name]) is None)


def _told(sys: dict[str, str], ends: Sequence[str]) -> object:
    for end in ends:
        for topic, text in sys.items():
            if topic.endswith(f"/{end}"):
                return _number(text)
    return None


def _seconds(uptime: object) -> object:
    """Mosquitto says `123 seconds`, EMQX `1 hours, 2 minutes, 3 seconds`: only the former is one number."""
    number = _number(uptime.removesuffix(" seconds")) if isinstance(uptime, str) else uptime
    return number if isinstance(number, int | float) else None


def _number(text: str) -> object:
    """A number, where the text is one and nothing else (`0x10`, `nan` and versions stay texts)."""
    try:
        value = float(text) if set(text) <= set("0123456789.-") and text.count(".") < 2 else math.nan
    except ValueError:
        return text
    return text if not math.isfinite(value) else int(value) if value.is_integer() and "." not in text else value


def facts(found: Sequence[Facts], form: str, width: int | None) -> str:
    """Brokers side by side in a table, one a record in the other formats."""
    rows = [fact(one) for one in found]
    if form not in {"table", "wide"}:
        return records.render(rows, [records.Column(key) for key in _keys(rows)], form, width)
    names = [str(row["region"]) for row in rows]
    shown = [key for key in _keys(rows) if key not in {"region", "ok", "error", "hint", "note"}]
    shown = [key for key in shown if form == "wide" or key not in {"wildcards", "retain", "shared", "sys_topics"}]
    lines = [
        {
            "fact": _TITLES.get(key, key).replace("_", " "),
            **{name: _shown(key, row.get(key)) for name, row in zip(names, rows, strict=True)},
        }
        for key in shown
        if any(row.get(key) is not None for row in rows)
    ]
    lines.insert(0, {"fact": "answers", **{name: _answers(row) for name, row in zip(names, rows, strict=True)}})
    return records.render(
        lines, [records.Column("fact"), *(records.Column(name, shrinks=True) for name in names)], form, width
    )


def _answers(row: records.Record) -> str:
    return "yes" if row["ok"] else "no"


def _keys(rows: Sequence[records.Record]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _shown(key: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if key == "uptime_s":
            return brief(value)
        if key.endswith("bytes"):
            return amount(value)
        return f"{value:,}"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def pinged(one: Pings) -> dict[str, object]:
    """Round trips through one broker at one QoS; milliseconds, by nearest rank."""
    back = [second * 1000 for second in one.arrived]
    sent = len(one.seconds)
    return {
        "region": one.region,
        "url": one.url,
        "qos": one.qos,
        "sent": sent,
        "received": len(back),
        "loss": (sent - len(back)) / sent if sent else None,
        "p50_ms": _rank(back, 0.5),
        "p90_ms": _rank(back, 0.9),
        "p99_ms": _rank(back, 0.99),
        "max_ms": _rank(back, 1),
        "history": spark(one.seconds),
        "error": one.error or one.refused,
    }


def _rank(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 3) if ordered else None


def spark(values: Sequence[float | None]) -> str:
    """A bar for each value from nothing to the largest, x for one that was lost; of many, the worst of neighbours."""
    largest = max((value for value in values if value is not None), default=0.0)
    each = max(1, math.ceil(len(values) / _WIDEST))
    drawn = ""
    for begin in range(0, len(values), each):
        some = values[begin : begin + each]
        known = [value for value in some if value is not None]
        level = int(max(known, default=0.0) / largest * (len(_BARS) - 1) + 0.5) if largest else 0
        drawn += "x" if len(known) < len(some) else _BARS[level]
    return drawn


def pings(rows: Sequence[records.Record], form: str, width: int | None) -> str:
    """Round trips in a format of a list."""
    text = partial(_milliseconds)
    return records.render(
        rows,
        [
            records.Column("region"),
            records.Column("url", wide=True),
            records.Column("qos"),
            records.Column("sent"),
            records.Column("received"),
            records.Column("loss", text=_loss),
            *(records.Column(name, text=partial(text, name)) for name in ("p50_ms", "p90_ms", "p99_ms", "max_ms")),
            records.Column("history"),
            records.Column("error", wide=True),
        ],
        form,
        width,
    )


def _milliseconds(name: str, row: records.Record) -> str:
    value = row[name]
    return f"{value:.2f}" if isinstance(value, float) else ""


def _loss(row: records.Record) -> str:
    return f"{row['loss']:.0%}" if isinstance(row["loss"], float) else ""


def amount(value: object) -> str:
    """Bytes for people: `640 B`, `1.2 kB`; empty when not known."""
    if not isinstance(value, int | float):
        return ""
    size = float(value)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "B" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"
