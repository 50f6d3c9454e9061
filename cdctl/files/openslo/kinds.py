"""The kinds of OpenSLO v1 documents and the shape of each."""

from __future__ import annotations

from cdctl.files.openslo.alert_shape import CONDITION_SPEC, POLICY_SPEC, TARGET_SPEC
from cdctl.files.openslo.indicator_shape import DESCRIPTION, INDICATOR_SPEC
from cdctl.files.openslo.metadata import metadata_shape
from cdctl.files.openslo.slo_shape import SLO_SPEC
from cdctl.files.shapes.containers import Fields
from cdctl.files.shapes.scalars import Text
from cdctl.files.shapes.shape import Anything, Shape

VERSION = "openslo/v1"


def _document(kind: str, spec: Shape, doc: str, required: tuple[str, ...] = ("spec",)) -> Fields:
    keys = {
        "apiVersion": Text("Always openslo/v1.", choices=(VERSION,)),
        "kind": Text("What this document is.", choices=(kind,)),
        "metadata": metadata_shape(f"metadata of the {kind}", f"Name of the {kind}.", promise=kind == "SLO"),
        "spec": spec,
    }
    return Fields(kind, doc, keys, ("apiVersion", "kind", "metadata", *required), ref=kind)


_DATA_SOURCE_SPEC = Fields(
    "spec of the DataSource",
    "Kind of source and connection details.",
    {
        "description": DESCRIPTION,
        "type": Text("Kind of source, such as Prometheus.", filled=True, meaning="a source"),
        "connectionDetails": Anything("For other tools; cdctl connects with its own settings."),
    },
    ("type",),
)
_SERVICE_SPEC = Fields("spec of the Service", "What the service is.", {"description": DESCRIPTION})
_SERVICE_SPEC.nullable = True

KINDS = {
    "SLO": _document("SLO", SLO_SPEC, "A promise: an indicator, a window and targets."),
    "SLI": _document("SLI", INDICATOR_SPEC, "An indicator that several promises can refer to."),
    "Service": _document("Service", _SERVICE_SPEC, "A service that makes promises.", ()),
    "DataSource": _document("DataSource", _DATA_SOURCE_SPEC, "A source of numbers that indicators refer to."),
    "AlertPolicy": _document("AlertPolicy", POLICY_SPEC, "Which condition alerts, when and whom."),
    "AlertCondition": _document("AlertCondition", CONDITION_SPEC, "When to alert."),
    "AlertNotificationTarget": _document("AlertNotificationTarget", TARGET_SPEC, "Whom to tell."),
}
