"""What a query answers at one instant: for guards, which compare numbers and keep none."""

from __future__ import annotations

from collections.abc import Mapping

from cdctl.errors import UnavailableError
from cdctl.sources.prometheus.client import AskError, Client
from cdctl.sources.prometheus.endpoint import endpoint


async def values(settings: Mapping[str, object], query: str, at: float) -> list[float]:
    """The value of every series at an instant (epoch seconds), none where there is none; NaN and infinity as they are.

    settings: a `prometheus` table. A range of one point, because that answers scalars and vectors alike. Raises
    UsageError for settings that are wrong, UnavailableError when the server does not answer, or refuses the query.
    """
    client = Client(endpoint(settings))
    instant = f"{at:.3f}"
    asked = {"query": query, "start": instant, "end": instant, "step": "60"}
    try:
        body = await client.ask("/api/v1/query_range", asked)
    except AskError as error:
        raise UnavailableError(error.reason, hint=error.hint) from error
    finally:
        await client.aclose()
    return [float(series.values[-1][1]) for series in (body.data.result if body.data else ()) if series.values]
