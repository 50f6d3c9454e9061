"""Where our own spans go: to the collector that the settings or the usual variables name, else nowhere."""

from __future__ import annotations

import os

from cdctl.application.spans import Traces, Untraced
from cdctl.domain.settings import Context

_OTLP = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def traces_of(context: Context) -> Traces:
    """What hands spans on, or nothing."""
    if not context.otlp and not any(os.environ.get(name) for name in _OTLP):
        return Untraced()
    from cdctl.application.otlp import OtlpTraces

    return OtlpTraces(context.otlp)
