"""The one module a plugin may import. What is not here is not promised."""

from cdctl.domain.ports import (
    API,
    BucketRequest,
    Finding,
    Inspector,
    Plugin,
    Report,
    Source,
    SourceAnswer,
    SourceFactory,
    SourceFailure,
)
from cdctl.domain.slo.objective import Budgeting, Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.series import Buckets, Span
from cdctl.domain.slo.verdict import Composite, ErrorBudget, Evidence, History, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.domain.text import safe
from cdctl.errors import CdctlError, PluginError, UnavailableError, UsageError

__all__ = [
    "API",
    "Bounds",
    "BucketRequest",
    "Buckets",
    "Budgeting",
    "CdctlError",
    "Composite",
    "ErrorBudget",
    "Evidence",
    "Finding",
    "History",
    "Indicator",
    "Inspector",
    "Plugin",
    "PluginError",
    "Query",
    "Ratio",
    "RawRatio",
    "Report",
    "Row",
    "SloReport",
    "Source",
    "SourceAnswer",
    "SourceFactory",
    "SourceFailure",
    "Span",
    "Threshold",
    "UnavailableError",
    "UsageError",
    "Verdict",
    "safe",
]
