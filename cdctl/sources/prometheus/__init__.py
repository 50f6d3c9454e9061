"""SLIs from the Prometheus query API: Prometheus itself, Thanos, Mimir, VictoriaMetrics."""

from cdctl.domain.ports import API, Plugin
from cdctl.sources.prometheus.source import make

PLUGIN = Plugin(
    api=API,
    room="sources",
    name="prometheus",
    version="1",
    summary="Any server with the Prometheus query API",
    make=make,
)
