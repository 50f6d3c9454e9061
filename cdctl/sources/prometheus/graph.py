"""What a query answers over a span, for those who draw it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from cdctl.domain.slo.series import Span
from cdctl.errors import UnavailableError, UsageError
from cdctl.sources.prometheus.answers import Series, matrix
from cdctl.sources.prometheus.client import AskError, Client
from cdctl.sources.prometheus.endpoint import endpoint


async def graph(settings: Mapping[str, object], query: str, span: Span) -> tuple[list[Series], tuple[str, ...]]:
    """Every series at the ends of the span's buckets, and what the server warns of. settings: a `prometheus` table.

    It is asked once: whoever draws asks again soon. Raises UsageError for settings or a query that are wrong,
    UnavailableError when there is no answer.
    """
    client = await asyncio.to_thread(_ready, settings)
    first, last, step = str(span.start + span.step), str(span.end), str(span.step)
    asked = {"query": query, "start": first, "end": last, "step": step}
    try:
        body = await client.ask("/api/v1/query_range", asked)
    except AskError as error:
        wrong = UsageError if error.mine else UnavailableError
        raise wrong(error.reason, hint=error.hint) from error
    finally:
        await client.aclose()
    return matrix(body, span), tuple(f"server: {text}" for text in body.warnings)


def _ready(settings: Mapping[str, object]) -> Client:
    """Certificates and secrets are read beside whoever waits for nothing."""
    client = Client(replace(endpoint(settings), retries=0))
    client.prepare()
    return client
