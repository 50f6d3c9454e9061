"""The one module a plugin may import. What is not here is not promised."""

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.inventory import Inventory, InventoryFactory, Listed, Remarks
from cdctl.domain.fleet.speech import Promises, Speech, SpeechFactory
from cdctl.domain.orders.command import Argument, Command, CommandFactory, Kind, Precondition, Risk
from cdctl.domain.orders.outcome import back, reached
from cdctl.domain.ports import (
    API,
    Belated,
    BucketRequest,
    Divisible,
    Finding,
    Inspector,
    Labels,
    Plugin,
    Report,
    Source,
    SourceAnswer,
    SourceFactory,
    SourceFailure,
)
from cdctl.domain.settings import Access, Secret
from cdctl.domain.slo.objective import Budgeting, Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.domain.slo.series import Buckets, Sampled, Span
from cdctl.domain.slo.verdict import Composite, ErrorBudget, Evidence, History, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.domain.text import safe
from cdctl.domain.wire import Filter, Message
from cdctl.errors import CdctlError, PluginError, UnavailableError, UsageError

__all__ = [
    "API",
    "Access",
    "Argument",
    "Batch",
    "Belated",
    "Bounds",
    "BucketRequest",
    "Buckets",
    "Budgeting",
    "CdctlError",
    "Command",
    "CommandFactory",
    "Composite",
    "Divisible",
    "ErrorBudget",
    "Event",
    "Evidence",
    "Filter",
    "Finding",
    "History",
    "Indicator",
    "Inspector",
    "Inventory",
    "InventoryFactory",
    "Kind",
    "Labels",
    "Listed",
    "Message",
    "Plugin",
    "PluginError",
    "Precondition",
    "Presence",
    "Promises",
    "Query",
    "Ratio",
    "RawRatio",
    "Remarks",
    "Report",
    "Risk",
    "Row",
    "Sampled",
    "Secret",
    "SloReport",
    "Source",
    "SourceAnswer",
    "SourceFactory",
    "SourceFailure",
    "Span",
    "Speech",
    "SpeechFactory",
    "Standing",
    "Threshold",
    "UnavailableError",
    "UsageError",
    "Verdict",
    "back",
    "reached",
    "safe",
]
