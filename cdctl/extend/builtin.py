"""What ships: names, and where each one is. It enters through the same loader and vetting as a stranger's.

A test proves that every line resolves.
"""

from __future__ import annotations

from cdctl import __version__
from cdctl.extend.listing import Declaration, Kind, Listing

_TABLE: dict[str, dict[str, str]] = {
    "sources": {
        "prometheus": "Prometheus and what speaks its HTTP API: Thanos, Mimir, VictoriaMetrics",
        "traces": "spans: what cdctl trace serve and import keep, a ClickHouse, or a Tempo",
    },
    "reports": {
        "table": "one line per objective and group, for a terminal",
        "wide": "the table with budget, coverage and every burn rate",
        "json": "one document, schema cdctl.report/v1",
        "jsonl": "one JSON object per line",
        "csv": "one line per objective and group, for a spreadsheet",
        "markdown": "the summary of a CI job",
        "junit": "JUnit XML: one test case per objective and group",
        "openmetrics": "metrics to push or to scrape",
        "html": "one self-contained page with charts and evidence",
    },
    "protocols": {
        "native": "the fleet protocol that cdctl defines: births, telemetry, events, orders",
        "mapped": "any fleet over MQTT, as a profile file describes it",
    },
    "inventory": {
        "births": "no list: the vehicles are those whose births the brokers keep",
        "csv": "a CSV file: vin, region, model, sw",
        "http": "a server that lists vehicles as JSON, JSON lines or CSV, in pages",
        "sql": "the rows of a database query (needs the extra sql)",
    },
    "commands": {
        "ping": "ask whether a vehicle is there",
        "lock": "lock every door",
        "unlock": "unlock every door",
        "climate": "warm or cool the inside before a trip",
        "horn": "sound the horn",
        "flash": "flash the lights",
        "locate": "ask where a vehicle is",
        "charge": "begin and end charging at a plug",
        "reboot": "start a control unit anew",
        "log-level": "how much a control unit logs",
        "parameter": "read and set a parameter",
        "diagnostics": "trouble codes, versions, network",
    },
    "panels": {
        "header": "context, rates, drops, age and whether it is live",
        "slo": "promises: verdict, budget, burn rates, how it went",
        "fleet": "vehicles, one a row: filter, sort, mark",
        "why": "who is behind what burns: causes, since when, after what",
        "waterfall": "a trace: who called whom, where the time went, what failed",
        "pivot": "vehicles by any fields: online, trouble, messages, change over 15 minutes",
        "regions": "lights, one a region: vehicles, online share, its link",
        "chart": "a PromQL query as lines over time",
        "timeline": "what happened: vehicles, trouble codes, orders, promises, alerts, changes",
        "vehicle": "one vehicle: presence, signals, trouble codes, orders",
        "messages": "the last messages of one vehicle, as its brokers hand them on",
        "orders": "rollouts by wave and plans: how far they are; pause, abort, retry",
        "log": "what the view itself said: errors, what was done",
    },
}


def declared() -> tuple[Declaration, ...]:
    """Every built-in, in the order in which it is shown."""
    return tuple(
        Declaration(
            Listing(room, name, Kind.BUILT_IN, "cdctl", __version__, summary),
            f"cdctl.{room}.{name.replace('-', '_')}:PLUGIN",
        )
        for room, table in _TABLE.items()
        for name, summary in table.items()
    )
