"""The one module a plugin may import. What is not here is not promised."""

from cdctl.domain.boards.asking import Answer, Arrange, Arranged, Ask, Missing
from cdctl.domain.boards.drawing import ROLES, Line, Piece, fit, width_of
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.panel import Panel, PanelFactory
from cdctl.domain.boards.requests import DONE, About, Copy, Narrow, Offenders, Open, Prepare, Reply, Say
from cdctl.domain.boards.snapshot import FleetSight, SloSight, Snapshot
from cdctl.domain.boards.vehicles import Order, Vehicles
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
    "DONE",
    "MOVES",
    "ROLES",
    "About",
    "Access",
    "Answer",
    "Argument",
    "Arrange",
    "Arranged",
    "Ask",
    "Batch",
    "Belated",
    "Binding",
    "Bounds",
    "BucketRequest",
    "Buckets",
    "Budgeting",
    "CdctlError",
    "Command",
    "CommandFactory",
    "Composite",
    "Copy",
    "Divisible",
    "ErrorBudget",
    "Event",
    "Evidence",
    "Filter",
    "Finding",
    "FleetSight",
    "History",
    "Indicator",
    "Inspector",
    "Inventory",
    "InventoryFactory",
    "Key",
    "Kind",
    "Labels",
    "Line",
    "Listed",
    "Message",
    "Missing",
    "Narrow",
    "Offenders",
    "Open",
    "Order",
    "Panel",
    "PanelFactory",
    "Piece",
    "Plugin",
    "PluginError",
    "Precondition",
    "Prepare",
    "Presence",
    "Promises",
    "Query",
    "Ratio",
    "RawRatio",
    "Remarks",
    "Reply",
    "Report",
    "Risk",
    "Row",
    "Sampled",
    "Say",
    "Secret",
    "SloReport",
    "SloSight",
    "Snapshot",
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
    "Vehicles",
    "Verdict",
    "back",
    "fit",
    "reached",
    "safe",
    "width_of",
]
