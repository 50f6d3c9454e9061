"""What the simulated platform measures, and what goes wrong on it. Numbers are plausible, not anybody's."""

from __future__ import annotations

from math import inf

from cdctl.errors import UsageError
from cdctl.lab.model import Incident, Latencies, Level, Metric, Outcomes, Region, Scenario

HOUR = 3600.0

REGIONS = (Region("eu", 0.45, 1.0), Region("us", 0.25, -6.0), Region("cn", 0.30, 8.0))

METRICS: tuple[Metric, ...] = (
    Outcomes(
        "remote_command_total",
        "outcome",
        1.2,
        {"succeeded": 0.985, "rejected": 0.0125, "failed": 0.0014, "timeout": 0.0011},
    ),
    Latencies("remote_command_duration_seconds", 1.2, 1.6, 0.60, (1, 5, 15)),
    Level("status_update_lag_seconds", 11.0, 0.55),
    Outcomes("status_update_total", "result", 40.0, {"stored": 0.99962, "lost": 0.00038}),
    Outcomes("mqtt_message_total", "result", 90.0, {"delivered": 0.99991, "dropped": 0.00009}, {"qos": "1"}),
    Outcomes(
        "mqtt_connect_total",
        "result",
        8.0,
        {"accepted": 0.9921, "bad_credentials": 0.0067, "unavailable": 0.0008, "timeout": 0.0004},
    ),
    Outcomes("file_transfer_total", "outcome", 0.3, {"completed": 0.965, "cancelled": 0.031, "failed": 0.004}),
    Outcomes("ota_download_total", "outcome", 0.02, {"completed": 0.9945, "failed": 0.0055}),
    Outcomes("ota_install_total", "outcome", 0.015, {"installed": 0.90, "postponed": 0.092, "failed": 0.008}),
    Outcomes("diagnostic_session_total", "outcome", 0.4, {"completed": 0.9897, "refused": 0.0095, "failed": 0.0008}),
    Level("navigation_traffic_age_seconds", 95.0, 0.42),
    Latencies("navigation_request_duration_seconds", 3.0, 0.12, 0.55, (0.1, 0.5, 2)),
    Outcomes("entertainment_stream_start_total", "outcome", 0.8, {"playing": 0.9952, "failed": 0.0048}),
    Outcomes(
        "http_requests_total",
        "code",
        25.0,
        {"200": 0.9778, "404": 0.0219, "500": 0.0001, "503": 0.0002},
        {"service": "customer-api"},
    ),
    Latencies("http_request_duration_seconds", 25.0, 0.09, 0.60, (0.1, 0.3, 1), {"service": "customer-api"}),
)

_BREACH = (
    # A short outage, over and half forgotten: it shows in the burn-down, not in the burn rates.
    Incident("remote_command_total", "eu", -17 * 24 * HOUR, -17 * 24 * HOUR + 0.7 * HOUR, {"timeout": 0.30}),
    # Two more of yesterday's troubles, each within its budget.
    Incident("mqtt_connect_total", "us", -9 * 24 * HOUR, -9 * 24 * HOUR + 0.6 * HOUR, {"unavailable": 0.12}),
    Incident("diagnostic_session_total", "cn", -12 * 24 * HOUR, -12 * 24 * HOUR + 2.2 * HOUR, {"failed": 0.20}),
    # The one that breaks the promise: it began slowly, got worse, and nobody has stopped it yet.
    Incident("remote_command_total", "eu", -62 * HOUR, -38 * HOUR, {"failed": 0.035}),
    Incident("remote_command_total", "eu", -38 * HOUR, inf, {"failed": 0.085}),
)

SCENARIOS = {
    "breach": Scenario("breach", REGIONS, METRICS, _BREACH, ("remote-command-availability", "eu")),
    "calm": Scenario("calm", REGIONS, METRICS),
}


LEAST_VEHICLES = 200_000
"""A smaller fleet is made busier: below this traffic some promises have too few events to judge by."""


def scenario(name: str) -> Scenario:
    """The scenario of this name. Raises UsageError that lists the names."""
    if name not in SCENARIOS:
        raise UsageError("no such scenario", subject=name, hint=f"one of: {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
