"""A page of triage as plain JSON values: the shape `cdctl.triage/v1` (triage.schema.json beside this file)."""

from __future__ import annotations

from typing import Any

from cdctl.domain.triage.page import Page
from cdctl.reports.document import number, row_values
from cdctl.reports.why.document import document as why_document
from cdctl.reports.words import rfc3339

SCHEMA = "cdctl.triage/v1"


def document(page: Page) -> dict[str, Any]:
    """The whole page; numbers are numbers or null, never NaN."""
    cause = page.cause
    return {
        "schema": SCHEMA,
        "asked": page.asked,
        "because": page.because,
        "context": page.context,
        "at": rfc3339(page.at),
        "since": rfc3339(int(page.since)) if page.since is not None else None,
        "onset": {
            "at": rfc3339(page.onset.at),
            "rate_before": number(page.onset.before),
            "rate_since": number(page.onset.since),
            "score": number(page.onset.score),
        }
        if page.onset is not None
        else None,
        "runs_out_s": number(page.runs_out),
        "slos": [row_values(row) for row in page.rows],
        "filter": cause.picked.where if cause is not None else "",
        "why": why_document(page.why) if page.why is not None else None,
        "why_not": page.silent or None,
        "changes": [
            {
                "at": rfc3339(int(one.change.at)),
                "before_s": number(one.ahead) if page.since is not None else None,
                "kind": one.change.kind,
                "title": one.change.title,
                "service": one.change.service,
                "version": one.change.version,
                "region": one.change.region,
                "by": one.change.by,
                "labels": dict(one.change.labels),
                "source": one.change.source,
                "related": one.related,
            }
            for one in page.changes
        ],
        "states": [{"name": one.name, "ok": one.ok, "text": one.text, "hint": one.hint} for one in page.states],
        "next": [{"command": one.command, "what": one.what} for one in page.next],
        "notes": list(page.notes),
        "took_s": number(page.took),
    }
